import { get, set } from "../state/store";
import { curve, line } from "./curves";
import { anchor, keepTool } from "./floating";
import { bucket, eyedropper } from "./labels";
import { magneticLasso } from "./magnetic";
import { move } from "./move";
import { hand, zoom } from "./navigate";
import { objectSelect } from "./object";
import { pencil } from "./pencil";
import { points } from "./points";
import { removeTool } from "./remove";
import { lasso, outlineSelect, rectangle, region } from "./select";
import { copyMarks } from "./sources";
import { brush, eraser } from "./strokes";
import type { Tool } from "./tool";

/** All tools, in the order of the tool rail. */
export const TOOLS: readonly Tool[] = [
  move,
  rectangle,
  lasso,
  magneticLasso,
  objectSelect,
  region,
  outlineSelect,
  points,
  pencil,
  eraser,
  line,
  curve,
  brush,
  bucket,
  removeTool,
  copyMarks,
  eyedropper,
  hand,
  zoom,
];

/** Those that are offered here. */
export function offeredTools(): readonly Tool[] {
  return get().served ? TOOLS : TOOLS.filter(({ asksServer }) => !asksServer);
}

export function toolById(id: string): Tool {
  return TOOLS.find((tool) => tool.id === id)!;
}

/** Change tools: a floating selection is anchored, anything else that was begun is discarded. */
export function chooseTool(id: string): void {
  const { tool } = get();
  keepTool();
  if (tool === id) return;
  if (tool !== move.id) toolById(tool).cancel();
  if (id !== move.id) anchor();
  set({ tool: id });
  toolById(id).chosen?.();
}
