import { crop, pasteRect } from "../raster/copy";
import { bounds } from "../raster/mask";
import { type Look, matchLabels } from "../raster/matchLabels";
import { DRAWN, FIRST, type OriginData, type OriginPlane, REMOVED, UNMOVED } from "../raster/origin";
import { movedPiece, type Piece } from "../raster/pieces";
import { createPlane, type Plane } from "../raster/plane";
import type { Rect } from "../raster/rect";
import type { Drawing } from "./drawing";
import type { LayerRole } from "./layers";
import { type Margins, sameMargins } from "./margins";
import { get, type Selection, set } from "./store";

type Size = Pick<Plane, "width" | "height">;

/** A part of a drawing that was copied: everything that is needed to paste it into any other. */
export interface Clip {
  readonly project: string;
  /** Of the drawing it was copied from. */
  readonly width: number;
  readonly height: number;
  readonly margins: Margins;
  readonly scope: Selection["scope"];
  readonly rect: Rect;
  readonly mask: Uint8Array;
  readonly labels: Uint8Array | null;
  /** What these labels look like; in a painting, its colours. */
  readonly looks: readonly Look[];
  /** Whether `looks` has the labels' colours in the photo, not just those they are shown in. */
  readonly seen: boolean;
  readonly edges: Uint8Array | null;
  readonly origin: OriginData | null;
  /** The size of the picture that it is, if it is a whole one. */
  readonly picture?: Size;
}

/** What is pasted, in the labels of the drawing that it is pasted into. Planes have the size of the drawing it comes from. */
export interface Part {
  readonly scope: Selection["scope"];
  readonly mask: Plane;
  readonly planes: Partial<Record<LayerRole, Plane>>;
  /** Null where lines alone are copied and the photo is not moved. */
  readonly origin: OriginPlane | null;
  /** What could not be kept; empty if everything was. */
  readonly lost: string;
}

/** Labels as others would recognise them: by their names and their colours in the photo. */
function looks(drawing: Drawing): Look[] {
  const { project, photoColours } = get();
  if (drawing.paintingColours) return drawing.paintingColours.map((colour) => ({ name: "", colour }));
  return (project?.labels ?? []).map(({ name, colour }, i) => ({ name, colour: photoColours?.[i] ?? colour }));
}

export function copied({ mask, scope }: Selection): Clip | null {
  const { drawing, project } = get();
  if (!drawing || !project) return null;
  const rect = bounds(mask);
  const of = (role: LayerRole) => {
    const plane = scope === "all" || scope === role ? drawing.layer(role)?.plane : undefined;
    return plane ? crop(plane, rect) : null;
  };
  const [labels, edges] = [of("labels"), of("edges")];
  const leads = drawing.labels ? labels : edges;
  return {
    project: project.id,
    width: drawing.width,
    height: drawing.height,
    margins: drawing.margins,
    scope,
    rect,
    mask: crop(mask, rect),
    labels,
    looks: looks(drawing),
    seen: get().photoColours !== null,
    edges,
    origin: leads && drawing.origin.copy(rect),
  };
}

/** The ids that pictures of another project have in this one. Null stands for its photo. */
export type Brought = ReadonlyMap<string | null, string>;

/** The pictures of another project that a clip's pixels come from, among them its photo. */
export function picturesOf({ origin, mask }: Clip): Set<string | null> {
  if (!origin) return new Set();
  const used = valuesOf(origin).filter((value, i) => mask[i] && value !== DRAWN && value !== REMOVED);
  return new Set(
    [...new Set(used)].map((value) => (value === UNMOVED ? null : pieceOf(origin, value).picture) ?? null),
  );
}

function valuesOf({ bytes }: OriginData): number[] {
  return Array.from({ length: bytes.length / 2 }, (_, i) => bytes[2 * i] | (bytes[2 * i + 1] << 8));
}

function pieceOf({ pieces }: OriginData, value: number): Piece {
  return value === UNMOVED ? { transforms: [] } : pieces[value - FIRST];
}

/** A clip as a part of the open drawing. Null if they have no layer in common. */
export function partOf(clip: Clip, brought: Brought = new Map()): Part | null {
  const { drawing, project } = get();
  if (!drawing || !project) return null;
  const whole = (values: Uint8Array) => {
    const plane = createPlane(clip.width, clip.height);
    pasteRect(plane, clip.rect, values);
    return plane;
  };
  const planes: Part["planes"] = {};
  const lost: string[] = [];
  if (clip.edges && drawing.edges) planes.edges = whole(clip.edges);
  if (clip.labels && drawing.labels) {
    const { values, changed } = matched(clip, drawing);
    planes.labels = whole(values);
    if (changed) lost.push(changed);
  }
  if (!planes.labels && !planes.edges) return null;
  const sameProject = clip.project === project.id;
  const sameCanvas = sameMargins(clip.margins, drawing.margins);
  const samePhoto = sameProject && sameCanvas && clip.width === drawing.width && clip.height === drawing.height;
  const leads = drawing.labels ? planes.labels : planes.edges;
  const along = clip.origin && [...picturesOf(clip)].every((picture) => brought.has(picture));
  if (leads && !samePhoto && !along) {
    const from = sameProject && !sameCanvas ? "on a canvas of another size" : "from another photo";
    lost.push(`It was copied ${from}, whose pixels could not come along: what is pasted counts as drawn.`);
  }
  return {
    scope: clip.scope,
    mask: whole(clip.mask),
    planes,
    origin: leads ? originOf(clip, drawing, samePhoto ? null : brought) : null,
    lost: lost.join(" "),
  };
}

/** Where the pixels of a clip come from. Those of another photo come from what was brought. */
function originOf(clip: Clip, drawing: Drawing, brought: Brought | null): OriginPlane {
  const { width, height, rect, origin } = clip;
  const plane = { width, height, data: new Uint16Array(width * height).fill(DRAWN) };
  if (origin) pasteRect(plane, rect, drawing.origin.read(brought ? elsewhere(clip, origin, drawing, brought) : origin));
  return plane;
}

/** The origin of another drawing, as that of this one, in whose shares the places of a clip are. */
function elsewhere({ width, height }: Clip, origin: OriginData, drawing: Drawing, brought: Brought): OriginData {
  const matrix: [number, number, number, number, number, number] = [
    drawing.width / width,
    0,
    0,
    drawing.height / height,
    0,
    0,
  ];
  const pieces: Piece[] = [];
  const numbers = new Map<number, number>([
    [DRAWN, DRAWN],
    [REMOVED, DRAWN],
  ]);
  const number = (value: number) => {
    const piece = pieceOf(origin, value);
    const picture = brought.get(piece.picture ?? null);
    const moved = picture && movedPiece({ ...piece, picture }, { kind: "affine", matrix });
    return moved ? FIRST + pieces.push(moved) - 1 : DRAWN;
  };
  const bytes = new Uint8Array(origin.bytes.length);
  valuesOf(origin).forEach((value, i) => {
    if (!numbers.has(value)) numbers.set(value, number(value));
    const now = numbers.get(value)!;
    bytes[2 * i] = now & 255;
    bytes[2 * i + 1] = now >> 8;
  });
  return { bytes, pieces };
}

/** The clip's labels as those of a drawing, and a sentence if they are other ones. */
function matched(clip: Clip, drawing: Drawing): { values: Uint8Array; changed: string | null } {
  const values = clip.labels!;
  if (drawing.isPainting) {
    const table = clip.looks.map(({ colour }) => drawing.colourPosition(colour));
    return { values: values.map((value) => table[value]), changed: null };
  }
  const to = looks(drawing);
  if (clip.project === get().project?.id && sameLabels(clip, to)) return { values, changed: null };
  const table = matchLabels(clip.looks, to);
  const used = [...new Set(values.filter((_, i) => clip.mask[i]))];
  const pairs = used.map((value) => `${called(clip.looks[value], value)} → ${called(to[table[value]], table[value])}`);
  return {
    values: values.map((value) => table[value]),
    changed: `Its labels became the nearest ones of this drawing: ${listed(pairs)}.`,
  };
}

/** Whether the labels are those that were copied; they are not if the drawing was extracted again meanwhile. */
function sameLabels(clip: Clip, now: readonly Look[]): boolean {
  if (clip.looks.length !== now.length) return false;
  const colours = (looks: readonly Look[]) => JSON.stringify(looks.map(({ colour }) => colour));
  return !clip.seen || get().photoColours === null || colours(clip.looks) === colours(now);
}

const LISTED = 4;

function listed(texts: readonly string[]): string {
  const more = texts.length - LISTED;
  return texts.slice(0, LISTED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function called(look: Look, position: number): string {
  return look.name.trim() || `Label ${position + 1}`;
}

/** Tabs of one studio share what was copied. */
const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("primage.clipboard");

/** Keep it for this tab and the others. */
export function keepClip(clip: Clip): void {
  set({ clip });
  // A picture that another program has copied before must not be pasted instead.
  void globalThis.navigator?.clipboard?.writeText("A part of a drawing in Primage").catch(() => {});
  channel?.postMessage(clip);
}

/** Receive what other tabs copy, and tell new tabs what was copied. */
export function shareClipboard(): () => void {
  const listen = ({ data }: MessageEvent<Clip | "asked">) => {
    if (data !== "asked") set({ clip: data });
    else if (get().clip) channel?.postMessage(get().clip);
  };
  channel?.addEventListener("message", listen);
  channel?.postMessage("asked");
  return () => channel?.removeEventListener("message", listen);
}
