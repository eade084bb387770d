import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Project = Schemas["Project"];
export type ProjectSummary = Schemas["ProjectSummary"];
export type Info = Schemas["Info"];
export type Sample = Schemas["Sample"];
export type ExtractSettings = Schemas["ExtractSettings"];
export type Learning = Schemas["Learning"];
export type Label = Schemas["Label"];
export type Snapshot = Schemas["Snapshot"];
export type Animation = Schemas["Animation"];
export type HistoryState = Schemas["HistoryState"];
export type Problem = Schemas["Problem"];

/** A request that the server refused; the message is for the user. */
export class Refusal extends Error {
  readonly code: string;

  constructor(problem: Partial<Problem> | undefined, status = 0) {
    super(problem?.message ?? `The studio's server answered with an error (${status}).`);
    this.code = problem?.code ?? "unknown";
  }
}

type Method = "get" | "post" | "put" | "patch" | "delete";
/** The paths that have a method. */
type With<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends { responses: object } ? P : never;
}[keyof paths];
type Json<R> = R extends { content: { "application/json": infer T } } ? T : undefined;
type Success<O> = O extends { responses: infer R } ? Json<R[Extract<keyof R, 200 | 201 | 202 | 204>]> : never;
type Part<O, K extends "path" | "query"> = O extends { parameters: infer P }
  ? K extends keyof P
    ? P[K]
    : never
  : never;
type Body<O> = O extends { requestBody: { content: infer C } }
  ? C extends { "application/json": infer T }
    ? T
    : Blob
  : undefined;
interface Request<O> {
  path?: NonNullable<Part<O, "path">>;
  query?: NonNullable<Part<O, "query">>;
  body?: Body<O>;
}

/** One request. Path, parameters, body and response are typed by the server's OpenAPI document. */
export async function call<M extends Method, P extends With<M>>(
  method: M,
  address: P,
  { path, query, body }: Request<paths[P][M]> = {},
): Promise<Success<paths[P][M]>> {
  const values = (path ?? {}) as Record<string, string>;
  const filled = address.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name]));
  const search = query ? `?${new URLSearchParams(query as Record<string, string>)}` : "";
  const response = await send(filled + search, {
    ...(body !== undefined && posted(body)),
    method: method.toUpperCase(),
  });
  return (response.status === 204 ? undefined : await response.json()) as Success<paths[P][M]>;
}

/** A file, or data as JSON. */
function posted(body: unknown): RequestInit {
  const file = body instanceof Blob;
  return {
    method: "POST",
    headers: { "Content-Type": file ? "application/octet-stream" : "application/json" },
    body: file ? body : JSON.stringify(body),
  };
}

/** Request pixels, which arrive in a frame (see `frames.ts`). */
export async function fetchFrame(
  address: string,
  { body, signal }: { body?: object | Blob; signal?: AbortSignal } = {},
): Promise<ArrayBuffer> {
  const response = await send(address, {
    ...(body && posted(body)),
    ...(signal && { signal }),
  });
  return response.arrayBuffer();
}

/** Request an image, for a canvas. */
export async function fetchImage(address: string, signal: AbortSignal): Promise<ImageBitmap> {
  return createImageBitmap(await (await send(address, { signal })).blob());
}

async function send(address: string, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, init);
  } catch {
    throw new Refusal({ code: "offline", message: "The studio’s server cannot be reached. Is it still running?" });
  }
  if (!response.ok) throw new Refusal(await response.json().catch(() => undefined), response.status);
  return response;
}

export function projectUrl(id: string, rest = ""): string {
  return `/api/projects/${encodeURIComponent(id)}${rest}`;
}
