import type { Label } from "../api/client";
import { paintMask } from "../raster/fill";
import { bounds } from "../raster/mask";
import { farthestColour, hex, nearestColour, type Rgb } from "../raster/palette";
import { anchor } from "../tools/floating";
import { session } from "./session";
import { get, type StudioState, set } from "./store";

export function labelName(labels: readonly Label[], position: number): string {
  return labels[position]?.name || `Label ${position + 1}`;
}

/** The colours that labels are shown in: those of a painting, of the photo, or their own. */
export function shownColours({ drawing, project, previewLabels, mutedColours, vivid }: StudioState): readonly Rgb[] {
  if (drawing?.paintingColours) return drawing.paintingColours;
  const own = (previewLabels ?? project?.labels ?? []).map(({ colour }) => colour);
  return vivid || !mutedColours ? own : own.map((colour, position) => mutedColours[position] ?? colour);
}

/** While the drawing is corrected: a new label, for what is selected, if something is. */
export function addLabel(name = ""): void {
  anchor();
  const { drawing, project, selection } = get();
  if (!drawing?.labels || !project) return;
  const position = project.labels.length;
  if (selection) {
    const rect = bounds(selection.mask);
    paintMask(drawing.labels, selection.mask, rect, position);
    paintMask(drawing.marks, selection.mask, rect, 0);
    drawing.touch(rect);
  }
  const colour = farthestColour(project.labels.map((label) => label.colour));
  session()?.relabel("New label", [...project.labels, { name, colour: [...colour] }]);
  set({ label: position });
}

export function rename(position: number, name: string): void {
  const labels = get().project?.labels;
  if (!labels || labels[position].name === name.trim()) return;
  session()?.relabel(
    "Rename label",
    labels.map((label, i) => (i === position ? { ...label, name: name.trim() } : label)),
  );
}

export function recolour(position: number, colour: Rgb): void {
  const labels = get().project?.labels;
  if (!labels || hex(labels[position].colour) === hex(colour)) return;
  session()?.relabel(
    "Recolour label",
    labels.map((label, i) => (i === position ? { ...label, colour: [...colour] } : label)),
  );
}

/** Turn all of one label into another. The network still knows both. */
export function merge(from: number, into: number): void {
  anchor();
  const { drawing, project } = get();
  if (!drawing?.labels || !project || from === into) return;
  const { data } = drawing.labels;
  for (let i = 0; i < data.length; i++) if (data[i] === from) data[i] = into;
  drawing.touch(drawing.frame);
  session()?.commit(`Merge ${labelName(project.labels, from)} into ${labelName(project.labels, into)}`);
  set({ label: into });
}

/** How many pixels each label has. */
export function countPixels(data: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (const value of data) counts[value]++;
  return counts;
}

export type PaintColour = { ok: true; position: number } | { ok: false; reason: string; nearest: number };

/** The label that has a colour. Where labels are fixed, any other colour is refused, with the nearest label. */
export function paintColour(colour: Rgb): PaintColour {
  const { project, drawing } = get();
  if (drawing?.isPainting) return { ok: true, position: drawing.colourPosition(colour) };
  const labels = project?.labels ?? [];
  const shown = shownColours(get());
  const { position, exact } = nearestColour(shown, colour);
  if (exact) return { ok: true, position };
  return {
    ok: false,
    nearest: position,
    reason:
      `The network only knows the ${labels.length} labels of this photo, and ${hex(colour)} is not one of them. ` +
      `The nearest is “${labelName(labels, position)}” (${hex(shown[position])}).`,
  };
}
