import { create } from "zustand";
import type { ExtractSettings, Info, Label, Project } from "../api/client";
import type { Combine } from "../raster/mask";
import type { Plane } from "../raster/plane";
import type { Drawing } from "./drawing";
import type { Picture } from "./picture";

export type ToolId =
  | "pencil"
  | "eraser"
  | "brush"
  | "bucket"
  | "eyedropper"
  | "line"
  | "curve"
  | "rectangle"
  | "lasso"
  | "region"
  | "outline"
  | "move"
  | "hand"
  | "zoom";

export interface Selection {
  mask: Plane;
  /** A selected line takes its line along, and nothing of the labels under it. */
  scope: "both" | "edges";
}

export type LayerId = "labels" | "edges" | "photo";

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

export interface ToolOptions {
  brushSize: number;
  eraserSize: number;
  pressure: boolean;
  linesToo: boolean;
  stopAtLines: boolean;
  allOfLabel: boolean;
  combine: Combine;
}

export interface Notice {
  id: number;
  tone: "info" | "problem";
  text: string;
}

export type Layout = "beside" | "over" | "drawing" | "result";

export interface StudioState {
  info: Info | null;
  page: "start" | "loading" | "project";
  project: Project | null;
  drawing: Drawing | null;
  picture: Picture | null;
  /** A new photo is first made into a drawing, then edited. */
  phase: "prepare" | "edit";
  settings: ExtractSettings | null;
  extracting: boolean;
  /** Labels of a drawing that is only tried; the project's are others. */
  trial: Label[] | null;
  /** Learning was asked for, and begins as soon as there is a network. */
  learningSoon: boolean;
  connection: "online" | "connecting";
  /** Milliseconds from the last edit to its picture. */
  latency: number | null;
  rendering: boolean;
  renderedSteps: number | null;
  /** How many pictures came: tells that there is a newer one. */
  renders: number;

  tool: ToolId;
  options: ToolOptions;
  label: number;
  selection: Selection | null;
  /** A selection in hand: being moved, or warped. */
  floating: "none" | "transform" | "warp";
  pointer: { x: number; y: number } | null;

  view: View;
  layers: Record<LayerId, LayerView>;
  layout: Layout;
  /** Where the divider stands, as a share of the width. */
  divider: number;
  before: boolean;
  /** Whether the result shows where the painter is unsure. */
  unsure: boolean;
  panels: boolean;
  theme: "light" | "dark";
  dialog: "none" | "shortcuts" | "export" | "replace" | "addLabel";
  notices: Notice[];
}

export const DEFAULT_OPTIONS: ToolOptions = {
  brushSize: 12,
  eraserSize: 8,
  pressure: true,
  linesToo: false,
  stopAtLines: false,
  allOfLabel: false,
  combine: "replace",
};

export const DEFAULT_LAYERS: Record<LayerId, LayerView> = {
  labels: { visible: true, opacity: 1, locked: false },
  edges: { visible: true, opacity: 1, locked: false },
  photo: { visible: false, opacity: 0.4, locked: true },
};

function firstTheme(): "light" | "dark" {
  const kept = globalThis.localStorage?.getItem("primage.theme");
  if (kept === "light" || kept === "dark") return kept;
  return globalThis.matchMedia?.("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

export const useStudio = create<StudioState>(() => ({
  info: null,
  page: "start",
  project: null,
  drawing: null,
  picture: null,
  phase: "edit",
  settings: null,
  extracting: false,
  trial: null,
  learningSoon: false,
  connection: "connecting",
  latency: null,
  rendering: false,
  renderedSteps: null,
  renders: 0,
  tool: "pencil",
  options: DEFAULT_OPTIONS,
  label: 0,
  selection: null,
  floating: "none",
  pointer: null,
  view: { zoom: 1, x: 0, y: 0 },
  layers: DEFAULT_LAYERS,
  layout: "beside",
  divider: 0.5,
  before: false,
  unsure: false,
  panels: true,
  theme: firstTheme(),
  dialog: "none",
  notices: [],
}));

export const get = useStudio.getState;
export const set = useStudio.setState;

let lastNotice = 0;

/** Say a sentence. Problems stay longer, since they have to be read. */
export function say(sentence: string, tone: Notice["tone"] = "info"): void {
  const id = ++lastNotice;
  const text = sentence.charAt(0).toUpperCase() + sentence.slice(1) + (/[.!?…]$/.test(sentence) ? "" : ".");
  set(({ notices }) => ({ notices: [...notices.filter((n) => n.text !== text).slice(-2), { id, tone, text }] }));
  globalThis.setTimeout(() => hush(id), tone === "problem" ? 12000 : 5000);
}

export function hush(id: number): void {
  set(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}

export function setOption<K extends keyof ToolOptions>(name: K, value: ToolOptions[K]): void {
  set(({ options }) => ({ options: { ...options, [name]: value } }));
}

export function setLayer(id: LayerId, change: Partial<LayerView>): void {
  set(({ layers }) => ({ layers: { ...layers, [id]: { ...layers[id], ...change } } }));
}

export function setTheme(theme: "light" | "dark"): void {
  globalThis.localStorage?.setItem("primage.theme", theme);
  set({ theme });
}
