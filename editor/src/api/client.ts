import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type Schemas = components["schemas"];
export type Project = Schemas["Project"];
export type ProjectSummary = Schemas["ProjectSummary"];
export type Info = Schemas["Info"];
export type Sample = Schemas["Sample"];
export type ExtractSettings = Schemas["ExtractSettings"];
export type Learning = Schemas["Learning"];
export type Label = Schemas["Label"];
export type Layer = Schemas["Layer"];
export type Snapshot = Schemas["Snapshot"];
export type HistoryState = Schemas["HistoryState"];
export type Problem = Schemas["Problem"];

/** A refusal of the server's: its sentence is for people. */
export class Refusal extends Error {
  readonly code: string;

  constructor(problem: Partial<Problem> | undefined, status = 0) {
    super(problem?.message ?? `The studio's server answered with an error (${status}).`);
    this.code = problem?.code ?? "unknown";
  }
}

export const api = createClient<paths>({ baseUrl: "" });

interface Answer<T> {
  data?: T;
  error?: Problem;
  response: Response;
}

/** The data of an answer, or a `Refusal`. */
export async function answered<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await request;
  } catch {
    throw new Refusal({ code: "offline", message: "The studio's server cannot be reached. Is it still running?" });
  }
  if (answer.error !== undefined || !answer.response.ok) throw new Refusal(answer.error, answer.response.status);
  return answer.data as T;
}

/** As it is: `openapi-fetch` would turn a file into JSON. */
export const rawBody = { bodySerializer: (body: unknown) => body as BodyInit } as const;

export function projectUrl(id: string, rest = ""): string {
  return `/api/projects/${encodeURIComponent(id)}${rest}`;
}
