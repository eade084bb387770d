import { call, fetchFrame, type Label, type Project, projectUrl, Refusal } from "../api/client";
import { readFrame, splitLayers } from "../api/frames";
import type { components } from "../api/schema";
import { Drawing } from "./drawing";
import { createFromFile, previewSettings, report } from "./projects";
import { dismiss, get, notify, set } from "./store";

type Header = components["schemas"]["OpenedFile"];
export type Part = "auto" | "drawing" | "segments" | "edges" | "colours";
/** The layers that a file can hold. */
type Drawn = "segments" | "edges" | "colours";

/** Values of the last plane of an opened file. */
export const NEAREST = 1;
export const DOUBTFUL = 2;
export const SLIGHT = 3;

/** Files that the server has read, or refused: shown in a dialog before anything is changed. */
export interface Opening {
  files: readonly File[];
  /** Whether the files become the training drawing, or replace the one that is edited. */
  training: boolean;
  part: Part;
  /** Whether what is in doubt gets the nearest label. */
  snap: boolean;
  answer: Read | Refusal;
}

export interface Read {
  header: Header;
  /** The drawing as it would be. */
  drawing: Drawing;
  /** One byte per pixel: 0, `NEAREST`, `DOUBTFUL`, or `SLIGHT`. */
  snapped: Uint8Array;
}

const NAMES: Record<string, string> = { segments: "labels", edges: "lines", colours: "painting" };
/** A file that takes longer than this to read is announced. */
const SLOW_MS = 500;

let newest = 0;

/** The layers that a file holds, in words. */
export function layersInWords(layers: readonly string[]): string {
  return layers.map((name) => NAMES[name]).join(" and ");
}

/** The layers that stay as they are when a file is opened, in words; empty if there are none. */
export function othersInWords({ layers, replaced }: Pick<Header, "layers" | "replaced">): string {
  return layersInWords(layers.map(({ name }) => name).filter((name) => !replaced.includes(name)));
}

/** Whether a file was read exactly, so that it can be applied without a question. */
export function isExact({ said, nearest, unsure }: Pick<Header, "said" | "nearest" | "unsure">): boolean {
  return said.length === 0 && nearest === 0 && !unsure;
}

/** The parameters of a request that reads files: names, and lengths if they follow one another in the body. */
export function query(files: readonly { name: string; size: number }[], rest: Record<string, string>): string {
  const all = new URLSearchParams(rest);
  for (const file of files) {
    all.append("name", file.name.slice(-200) || "file");
    if (files.length > 1) all.append("length", String(file.size));
  }
  return String(all);
}

/**
 * Read files as a drawing, or as a part of one. If they were read exactly, they are applied; otherwise a dialog shows what
 * was read, or why not. Several files are one mask for each label.
 */
export async function openFiles(files: readonly File[], part: Part = "auto", snap = false): Promise<void> {
  const { project, phase, settings, dialog } = get();
  if (!project || files.length === 0) return;
  const mine = ++newest;
  const training = phase === "prepare";
  const rest: Record<string, string> =
    training && settings
      ? { kind: settings.kind, size_px: String(settings.size_px), part }
      : { part, snap: String(snap) };
  let notice: number | null = null;
  const slow = setTimeout(() => {
    notice = notify(`Reading ${name(files)} …`);
  }, SLOW_MS);
  let answer: Read | Refusal;
  try {
    const address = projectUrl(project.id, `/${training ? "own" : "drawing"}?${query(files, rest)}`);
    answer = read(await fetchFrame(address, { body: new Blob([...files]) }));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    answer = error;
  } finally {
    clearTimeout(slow);
    if (notice !== null) dismiss(notice);
  }
  if (mine !== newest || get().project?.id !== project.id || (get().phase === "prepare") !== training) return;
  const opening = { files, training, part, snap, answer };
  // A choice in the dialog is shown there, even if nothing is left to say.
  if (!(answer instanceof Refusal) && isExact(answer.header) && dialog !== "opening") await apply(opening);
  else set({ opening, dialog: "opening" });
}

function name(files: readonly File[]): string {
  return files.length === 1 ? `“${files[0].name}”` : `${files.length} files`;
}

function read(frame: ArrayBuffer): Read {
  const { header, body } = readFrame<Header>(frame);
  const { width, height } = header.size;
  const drawing = new Drawing(width, height, splitLayers(header.layers, width, height, body, []));
  return { header, drawing, snapped: body.slice(body.length - width * height) };
}

/** The labels of an opened file: its own for training, those of the project otherwise. */
export function labelsOf({ header }: Read): readonly Pick<Label, "colour">[] {
  return header.labels.length ? header.labels : (get().project?.labels ?? []);
}

/** Take over what was read. */
export async function apply({ files, training, answer }: Opening): Promise<void> {
  const { project, settings } = get();
  if (!project || answer instanceof Refusal) return;
  closeOpening();
  const { header } = answer;
  if (training) {
    if (!settings) return;
    const own = Object.fromEntries(header.replaced.map((layer) => [`own_${layer}`, header.id]));
    set((state) => ({ ownNames: { ...state.ownNames, [header.id]: header.name } }));
    notify(`The ${layersInWords(header.replaced)} of ${name(files)} are used.`);
    await previewSettings({ ...settings, ...own });
    return;
  }
  if (header.changed === 0) {
    notify(`${name(files)} is the drawing as it is, so nothing was changed.`);
    return;
  }
  try {
    await call("post", "/api/projects/{project_id}/drawing/{file_id}", {
      path: { project_id: project.id, file_id: header.id },
    });
    notify(replacedInWords(header, name(files)));
  } catch (error) {
    report(error);
  }
}

function replacedInWords(header: Header, file: string): string {
  const others = othersInWords(header);
  if (!others) return `${file} is the drawing now.`;
  return `${file} holds ${layersInWords(header.replaced)} alone: these were replaced, the ${others} stay as they were.`;
}

/** Use an extracted layer again, instead of one's own. */
export function forgetOwn(layer: Drawn): void {
  const { settings } = get();
  if (settings) void previewSettings({ ...settings, [`own_${layer}`]: null });
}

export function closeOpening(): void {
  newest++;
  set({ opening: null, dialog: "none" });
}

/** Make a project of a file, or open the project that it holds. */
export async function openAsProject({ files }: Opening): Promise<void> {
  closeOpening();
  await createFromFile(files[0]);
}

/** Whether drawings of this kind have labels as well as lines, so that a file may hold one of them alone. */
export function hasParts(project: Pick<Project, "settings"> | null, kind?: string): boolean {
  return (kind ?? project?.settings.kind) === "super";
}
