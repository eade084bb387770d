import { multiply, scaling } from "../raster/affine";
import { fillMask, paintMask } from "../raster/fill";
import { bounds, invert, labelMask, rectangleMask } from "../raster/mask";
import { REMOVED } from "../raster/origin";
import { placeOf, within } from "../raster/pose";
import { EMPTY, type Rect } from "../raster/rect";
import { type Brought, type Clip, copied, keepClip, partOf } from "../state/clipboard";
import type { Drawing } from "../state/drawing";
import { bring, clipOfPicture } from "../state/foreignPicture";
import { labelName } from "../state/labels";
import { session } from "../state/session";
import { dismiss, get, notify, type Selection, set } from "../state/store";
import {
  anchor,
  borrowMoveTool,
  cancel,
  cancelFloating,
  type FloatingMode,
  floating,
  floatPart,
  floatSelection,
} from "./floating";
import { editableLayers, movesOrigin } from "./floatingContent";
import { deleteObject } from "./objects";
import { canDraw } from "./tool";

export function undo(): void {
  // The newest change is to the floating selection, so that is what undo reverts.
  if (floating()) cancel();
  else if (get().project?.history.undo) session()?.step("undo");
}

export function redo(): void {
  anchor();
  if (get().project?.history.redo) session()?.step("redo");
}

export function selectAll(): void {
  const { drawing } = get();
  if (!drawing) return;
  anchor();
  const mask = rectangleMask(drawing, { x: 0, y: 0 }, { x: drawing.width - 1, y: drawing.height - 1 });
  set({ selection: { mask, scope: "all" } });
}

export function deselect(): void {
  anchor();
  set({ selection: null });
}

export function invertSelection(): void {
  anchor();
  const { selection, drawing } = get();
  if (!drawing || !selection) return;
  const mask = invert(selection.mask);
  set({ selection: bounds(mask) === EMPTY ? null : { mask, scope: "all" } });
}

export function selectLabel(position: number): void {
  const { drawing } = get();
  anchor();
  if (!drawing?.labels) return;
  const mask = labelMask(drawing.labels, position);
  if (bounds(mask) === EMPTY) notify("No pixels have this label.");
  else set({ selection: { mask, scope: "all" } });
}

function needSelection(): boolean {
  if (get().selection) return true;
  notify(
    "Select something first, with a rectangle (M), the lasso (L), Select object (O), Select area (W) or Select line (K).",
  );
  return false;
}

export function deleteSelection(): void {
  if (floating()) cancelFloating();
  const { selection } = get();
  if (!needSelection() || !selection) return;
  if (removeSelected(selection, "Delete selection")) set({ selection: null });
}

/** Remove the object that a selection is, or what it covers. False if nothing was removed. */
function removeSelected(selection: Selection, title: string): boolean {
  const placed = get().drawing?.objects.find(selection.object);
  return placed ? deleteObject(placed) : remove(selection, title);
}

/** Remove what a selection covers, and close the drawing behind it. False if nothing would be left. */
export function remove({ mask, scope }: Selection, title: string): boolean {
  const { drawing } = get();
  if (!drawing) return false;
  const layers = editableLayers(drawing, scope);
  if (layers.some(({ type }) => type.opaque) && !mask.data.includes(0)) {
    notify("The whole drawing cannot be deleted, because nothing would be left to fill it from.");
    return false;
  }
  for (const { type, plane } of layers) type.clear(plane, mask);
  if (movesOrigin(drawing, scope)) fillMask(drawing.origin.plane, mask, REMOVED);
  drawing.touch(bounds(mask));
  session()?.commit(title);
  return true;
}

/** Keep the selection for pasting. False if nothing is selected. */
export function copySelection(): boolean {
  anchor();
  const { selection } = get();
  const clip = needSelection() && selection && copied(selection);
  if (!clip) return false;
  keepClip(clip);
  return true;
}

export function cutSelection(): void {
  if (!copySelection()) return;
  const { selection } = get();
  if (selection && removeSelected(selection, "Cut selection")) set({ selection: null });
}

/** Paste what was copied, in the middle of the view or where it was copied. It floats until it is applied. */
export async function paste(inPlace = false): Promise<void> {
  const { clip, project, served } = get();
  if (clip && project && served && clip.project !== project.id) await pasteForeign(clip, project.id, inPlace);
  else if (clip) pasteClip(clip, inPlace);
  else
    notify(
      "Nothing was copied yet: select something and press Ctrl+C, or copy a picture in another program and press Ctrl+V.",
    );
}

/** Paste a picture on the system's clipboard, if there is one and the browser lets pages look; else what was copied here. */
export async function pasteFromSystem(): Promise<void> {
  const { project, served } = get();
  const picture = served ? await pictureOnClipboard() : null;
  if (get().project?.id !== project?.id) return;
  if (picture && project) await pastePicture(picture, project.id);
  else await paste();
}

async function pictureOnClipboard(): Promise<Blob | null> {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((one) => one.startsWith("image/"));
      if (type) return await item.getType(type);
    }
  } catch {
    // Not allowed, or not by this browser.
  }
  return null;
}

/** Paste a picture that another program has copied, with its pixels. */
export async function pastePicture(picture: Blob, project: string): Promise<void> {
  const notice = notify("The picture is drawn like the photo …");
  try {
    const clip = await clipOfPicture(picture, project);
    if (clip) await pasteForeign(clip, project, false);
    else notify("The picture is transparent everywhere, so there is nothing to paste.");
  } catch (error) {
    notify((error as Error).message, "problem");
  } finally {
    dismiss(notice);
  }
}

/** Paste what comes from elsewhere into the project that is open, unless another one was opened meanwhile. */
async function pasteForeign(clip: Clip, project: string, inPlace: boolean): Promise<void> {
  const brought = await bring(clip, project);
  if (get().project?.id === project) pasteClip(clip, inPlace, brought);
}

/** The least size of a pasted picture, as a share of the shorter side of the drawing. */
const LEAST_SIZE = 0.25;

/** A picture is as large as its pixels are in the photo, unless it would be too small to see. */
function scaleOf({ picture, width }: Clip, { x0, y0, x1, y1 }: Rect, drawing: Drawing): number {
  const photo = get().project?.photo;
  if (!picture || !photo) return 1;
  const least = (LEAST_SIZE * Math.min(drawing.width, drawing.height)) / Math.max(x1 - x0, y1 - y0);
  return Math.max(least, (picture.width / photo.width) * (drawing.width / width));
}

function pasteClip(clip: Clip, inPlace: boolean, brought?: Brought): void {
  anchor();
  const part = partOf(clip, brought);
  const pasted = part && floatPart(part, "Paste");
  if (!pasted) {
    notify("What was copied has no layer that can be edited here. It may be locked: see the Layers panel.");
    return;
  }
  borrowMoveTool();
  const { cutout, drawing } = pasted;
  pasted.transform(placeOf(cutout.box, clip, drawing, inPlace ? null : get().view, scaleOf(clip, cutout.box, drawing)));
  pasted.rest();
  if (part.lost) notify(part.lost);
}

export function duplicate(): void {
  anchor();
  if (!needSelection()) return;
  const copy = floatSelection("Duplicate selection", true);
  borrowMoveTool();
  copy?.shift(12, 12);
  copy?.rest();
}

export function flip(axis: "horizontal" | "vertical"): void {
  if (!needSelection()) return;
  const already = floating();
  if (already?.mode === "warp") {
    notify("Apply the warp first (Enter).");
    return;
  }
  const flipped =
    already ?? floatSelection(axis === "horizontal" ? "Flip selection horizontally" : "Flip selection vertically");
  if (!flipped) return;
  const about = within(flipped.cutout.box, flipped.pivot);
  const mirror = axis === "horizontal" ? scaling(-1, 1, about) : scaling(1, -1, about);
  flipped.transform(multiply(flipped.matrix, mirror));
  if (already) flipped.rest();
  else anchor();
}

/** Float the selection if it does not float yet, and start a transform. */
export function startTransform(): void {
  if (!needSelection()) return;
  const transformed = floating() ?? floatSelection("Transform selection");
  if (!transformed || transformed.mode === "warp") return;
  transformed.begin("transform");
  enter("transform");
}

export function startWarp(side = 3): void {
  if (!needSelection()) return;
  const warped = floating() ?? floatSelection("Warp selection");
  if (!warped) return;
  warped.beginWarp(side);
  enter("warp");
}

function enter(mode: FloatingMode): void {
  borrowMoveTool();
  set({ floating: mode });
}

export function nudge(dx: number, dy: number): void {
  if (!get().selection) return;
  const nudged = floating() ?? floatSelection();
  nudged?.shift(dx, dy);
  nudged?.rest();
}

/** Give everything that is selected the current label. */
export function fillSelection(): void {
  anchor();
  const { drawing, selection, label, project } = get();
  if (!needSelection() || !selection || !canDraw("labels") || !drawing?.labels) return;
  const rect = bounds(selection.mask);
  paintMask(drawing.labels, selection.mask, rect, label);
  paintMask(drawing.marks, selection.mask, rect, 0);
  drawing.touch(rect);
  session()?.commit(`Fill with ${labelName(project?.labels ?? [], label)}`);
}

export function acceptHoles(): void {
  anchor();
  const { drawing } = get();
  if (!drawing) return;
  const rect = bounds(drawing.marks);
  if (rect === EMPTY) return;
  drawing.marks.data.fill(0);
  drawing.touch(rect);
  session()?.commit("Accept filled holes");
}
