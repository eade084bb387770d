import { multiply, scaling, translation } from "../raster/affine";
import { bounds, invert, labelMask, rectangleMask } from "../raster/mask";
import { EMPTY } from "../raster/rect";
import { session } from "../state/session";
import { get, say, set } from "../state/store";
import { drop, empty, floating, lift, settle } from "./floating";
import { move } from "./move";

export function undo(): void {
  // What is in hand is the newest thing done, so it is what undo takes back.
  if (floating()) drop();
  else if (get().project?.history.undo) session()?.step("undo");
}

export function redo(): void {
  settle();
  if (get().project?.history.redo) session()?.step("redo");
}

export function selectAll(): void {
  const { drawing } = get();
  if (!drawing) return;
  settle();
  const mask = rectangleMask(drawing, { x: 0, y: 0 }, { x: drawing.width - 1, y: drawing.height - 1 });
  set({ selection: { mask, scope: "both" } });
}

export function deselect(): void {
  settle();
  set({ selection: null });
}

export function invertSelection(): void {
  settle();
  const { selection, drawing } = get();
  if (!drawing || !selection) return;
  const mask = invert(selection.mask);
  set({ selection: bounds(mask) === EMPTY ? null : { mask, scope: "both" } });
}

export function selectLabel(position: number): void {
  const { drawing } = get();
  settle();
  if (!drawing?.labels) return;
  const mask = labelMask(drawing.labels, position);
  if (bounds(mask) === EMPTY) say("No pixel has this label.");
  else set({ selection: { mask, scope: "both" } });
}

function needSelection(): boolean {
  if (get().selection) return true;
  say("Select something first: with a rectangle (M), a lasso (L), an area (W) or by a line (K).");
  return false;
}

export function deleteSelection(): void {
  if (floating()) drop();
  const { drawing, selection, layers } = get();
  if (!drawing || !needSelection() || !selection) return;
  const labels = selection.scope === "both" && !layers.labels.locked ? drawing.labels : null;
  const edges = layers.edges.locked ? null : drawing.edges;
  if (labels && !selection.mask.data.includes(0)) {
    say("All of the drawing cannot be deleted: nothing would be left to fill it from.");
    return;
  }
  drawing.touch(empty({ labels, edges, marks: drawing.marks }, selection.mask));
  session()?.commit("Delete selection");
  set({ selection: null });
}

export function duplicate(): void {
  settle();
  if (!needSelection()) return;
  const piece = lift("Duplicate selection", true);
  set({ tool: "move" });
  piece?.shift(12, 12);
  piece?.rest();
  move.changed();
}

export function flip(axis: "horizontal" | "vertical"): void {
  if (!needSelection()) return;
  const inHand = floating();
  const piece = inHand ?? lift(axis === "horizontal" ? "Flip selection" : "Flip selection upside down");
  if (!piece) return;
  const { x0, y0, x1, y1 } = piece.piece.box;
  const about = { x: (x0 + x1) / 2, y: (y0 + y1) / 2 };
  const mirror = axis === "horizontal" ? scaling(-1, 1, about) : scaling(1, -1, about);
  piece.transform(multiply(piece.matrix, mirror));
  if (inHand) {
    piece.rest();
    move.changed();
  } else settle();
}

export function startTransform(): void {
  if (!needSelection()) return;
  if (!floating()) lift();
  set({ tool: "move" });
}

export function startWarp(side = 3): void {
  if (!needSelection()) return;
  const piece = floating() ?? lift("Warp selection");
  if (!piece) return;
  piece.beginWarp(side);
  set({ tool: "move", floating: "warp" });
  move.changed();
}

export function nudge(dx: number, dy: number): void {
  if (!get().selection) return;
  const piece = floating() ?? lift();
  piece?.transform(multiply(translation(dx, dy), piece.matrix));
  piece?.rest();
  move.changed();
}

export function acceptHoles(): void {
  settle();
  const { drawing } = get();
  if (!drawing) return;
  const rect = bounds(drawing.marks);
  if (rect === EMPTY) return;
  drawing.marks.data.fill(0);
  drawing.touch(rect);
  session()?.commit("Accept filled holes");
}
