import type { Label } from "../api/client";
import { hex, nearestColour, type Rgb } from "../raster/palette";
import { settle } from "../tools/floating";
import { session } from "./session";
import { get, set } from "./store";

export function labelName(labels: readonly Label[], position: number): string {
  return labels[position]?.name || `Label ${position + 1}`;
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

/** All of one label becomes another. The network still knows both. */
export function merge(from: number, into: number): void {
  settle();
  const { drawing, project } = get();
  if (!drawing?.labels || !project || from === into) return;
  const { data } = drawing.labels;
  for (let i = 0; i < data.length; i++) if (data[i] === from) data[i] = into;
  drawing.touch(drawing.frame);
  session()?.commit(`Merge ${labelName(project.labels, from)} into ${labelName(project.labels, into)}`);
  set({ label: into });
}

/** How many pixels each label has. */
export function census(data: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (const value of data) counts[value]++;
  return counts;
}

export type Wish = { ok: true; position: number } | { ok: false; reason: string; nearest: number };

/** A colour somebody wants to paint with: only what the network has learned means anything to it. */
export function wish(colour: Rgb): Wish {
  const { project, drawing } = get();
  if (drawing?.painting) return { ok: true, position: drawing.painting.position(...colour) };
  const labels = project?.labels ?? [];
  const { position, exact } = nearestColour(
    labels.map((label) => label.colour),
    colour,
  );
  if (exact) return { ok: true, position };
  const near = labels[position];
  return {
    ok: false,
    nearest: position,
    reason:
      `The network knows this photo by ${labels.length} labels, and ${hex(colour)} is none of them, so it would not ` +
      `know what to paint there. The nearest it knows is “${labelName(labels, position)}” (${near ? hex(near.colour) : ""}).`,
  };
}
