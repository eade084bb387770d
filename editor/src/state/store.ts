import { create } from "zustand";
import type { ExtractSettings, Info, Label, Project } from "../api/client";
import type { Rgb } from "../raster/palette";
import type { Plane } from "../raster/plane";
import { type Guides, NO_GUIDES } from "../raster/snap";
import type { Clip } from "./clipboard";
import type { Drawing } from "./drawing";
import type { Part } from "./effect";
import { LAYER_TYPES, type LayerRole } from "./layers";
import type { Opening } from "./opening";
import type { Picture } from "./picture";

export interface Selection {
  mask: Plane;
  /** Which layers it selects: a selected line moves alone, without the labels below it. */
  scope: "all" | LayerRole;
  /** The object that it is: then moving it moves the object. */
  object?: string;
}

/** Rows of the Layers panel: the drawing's layers, the photo over the drawing, and the drawing over the result. */
export type LayerId = LayerRole | "photo" | "overlay";

export interface LayerView {
  visible: boolean;
  opacity: number;
  locked: boolean;
}

export interface View {
  zoom: number;
  x: number;
  y: number;
}

export type OptionValue = number | boolean | string;

export interface Notice {
  id: number;
  tone: "info" | "problem";
  text: string;
}

export type Layout = "beside" | "over" | "drawing" | "result";

export interface StudioState {
  /** Whether the studio's server answers this page. A page of `primage export --web` has none. */
  served: boolean;
  info: Info | null;
  page: "start" | "loading" | "project";
  project: Project | null;
  drawing: Drawing | null;
  picture: Picture | null;
  /** A new photo is first turned into a drawing, then edited. */
  phase: "prepare" | "edit";
  settings: ExtractSettings | null;
  extracting: boolean;
  /** Labels of a preview with other extraction settings; the project keeps its own. */
  previewLabels: Label[] | null;
  /** Learning was requested and starts as soon as there is a network. */
  learningQueued: boolean;
  /** `expired`: the server was restarted and no longer accepts this tab's cookie. */
  connection: "online" | "connecting" | "expired";
  /** Milliseconds from the last edit to its render. */
  latency: number | null;
  rendering: boolean;
  /** Whether a polished picture of the drawing follows, and milliseconds from the last edit to its arrival. */
  synthesising: boolean;
  synthesisLatency: number | null;
  renderedSteps: number | null;
  /** Edits that the picture does not show, and whether they are outlined. */
  withoutEffect: Part[];
  outlined: boolean;
  /** Whether the edits are outlined that may no longer fit corrections of the drawing. */
  unsettledOutlined: boolean;
  /** The number of renders received: a change means that there is a newer one. */
  renders: number;

  /** The active tool's id. */
  tool: string;
  /** Tool options that were changed, by the option's id. */
  options: Readonly<Record<string, OptionValue>>;
  label: number;
  selection: Selection | null;
  /** What was copied, in this tab or another one. */
  clip: Clip | null;
  /** Mean colours of the labels in the photo, once they are known; a painting has none. */
  photoColours: readonly (Rgb | null)[] | null;
  /** These colours made tellable: what labels are shown in unless `vivid`. */
  mutedColours: readonly Rgb[] | null;
  /** Labels are shown in their own colours. */
  vivid: boolean;
  /** What is being done with the floating selection, if there is one. */
  floating: "none" | "move" | "transform" | "warp";
  /** Grows whenever the floating selection is placed or its pivot moves. */
  placed: number;
  /** What the floating selection is aligned with at the moment. */
  guides: Guides;
  pointer: { x: number; y: number } | null;

  view: View;
  layers: Record<LayerId, LayerView>;
  layout: Layout;
  /** Whether drawing and result are one above the other; null: whatever shows them larger, which is `autoStacked`. */
  stacked: boolean | null;
  autoStacked: boolean;
  /** The divider's position, as a fraction of the width. */
  divider: number;
  before: boolean;
  /** Whether the uncertainty map is shown over the result. */
  uncertainty: boolean;
  panels: boolean;
  /** Whether the timeline is shown, the frame of it that is shown instead of the result, and whether it plays. */
  timeline: boolean;
  frame: { number: number; image: ImageBitmap | null } | null;
  playing: boolean;
  theme: "light" | "dark";
  /** A file is being dragged over the window. */
  dragging: boolean;
  dialog: "none" | "shortcuts" | "export" | "replace" | "addLabel" | "nameRegion" | "opening" | "canvas";
  /** Files that were read and are not applied yet. */
  opening: Opening | null;
  /** Names of files that were given instead of extracted layers, by the server's ids. */
  ownNames: Readonly<Record<string, string>>;
  notices: Notice[];
}

export const DEFAULT_LAYERS = {
  ...Object.fromEntries(LAYER_TYPES.map(({ role }) => [role, { visible: true, opacity: 1, locked: false }])),
  photo: { visible: false, opacity: 0.4, locked: true },
  overlay: { visible: false, opacity: 0.6, locked: true },
} as Record<LayerId, LayerView>;

function initialTheme(): "light" | "dark" {
  const kept = globalThis.localStorage?.getItem("primage.theme");
  if (kept === "light" || kept === "dark") return kept;
  return globalThis.matchMedia?.("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

export const useStudio = create<StudioState>(() => ({
  served: true,
  info: null,
  page: "start",
  project: null,
  drawing: null,
  picture: null,
  phase: "edit",
  settings: null,
  extracting: false,
  previewLabels: null,
  learningQueued: false,
  connection: "connecting",
  latency: null,
  rendering: false,
  synthesising: false,
  synthesisLatency: null,
  renderedSteps: null,
  withoutEffect: [],
  outlined: false,
  unsettledOutlined: false,
  renders: 0,
  tool: "pencil",
  options: {},
  label: 0,
  selection: null,
  clip: null,
  photoColours: null,
  mutedColours: null,
  vivid: globalThis.localStorage?.getItem("primage.vivid") === "yes",
  floating: "none",
  placed: 0,
  guides: NO_GUIDES,
  pointer: null,
  view: { zoom: 1, x: 0, y: 0 },
  layers: DEFAULT_LAYERS,
  layout: "beside",
  stacked: null,
  autoStacked: false,
  divider: 0.5,
  before: false,
  uncertainty: false,
  // On a phone they would cover the drawing.
  panels: !globalThis.matchMedia?.("(max-width: 700px)").matches,
  timeline: false,
  frame: null,
  playing: false,
  theme: initialTheme(),
  dragging: false,
  dialog: "none",
  opening: null,
  ownNames: {},
  notices: [],
}));

export const get = useStudio.getState;
export const set = useStudio.setState;

let lastNotice = 0;

/** Show a message. Problems stay longer. Returns its number, for `dismiss`. */
export function notify(message: string, tone: Notice["tone"] = "info"): number {
  const id = ++lastNotice;
  const text = message.charAt(0).toUpperCase() + message.slice(1) + (/[.!?…]$/.test(message) ? "" : ".");
  set(({ notices }) => ({ notices: [...notices.filter((n) => n.text !== text).slice(-2), { id, tone, text }] }));
  globalThis.setTimeout(() => dismiss(id), tone === "problem" ? 12000 : 5000);
  return id;
}

export function dismiss(id: number): void {
  set(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}

export function setLayer(id: LayerId, change: Partial<LayerView>): void {
  set(({ layers }) => ({ layers: { ...layers, [id]: { ...layers[id], ...change } } }));
}

/** Put drawing and result one above the other or side by side: the other way than now. */
export function toggleStacked(): void {
  set(({ stacked, autoStacked }) => {
    const next = !(stacked ?? autoStacked);
    return { stacked: next === autoStacked ? null : next };
  });
}

export function setTheme(theme: "light" | "dark"): void {
  globalThis.localStorage?.setItem("primage.theme", theme);
  set({ theme });
}

export function setVivid(vivid: boolean): void {
  globalThis.localStorage?.setItem("primage.vivid", vivid ? "yes" : "no");
  set({ vivid });
  get().drawing?.repaint();
}
