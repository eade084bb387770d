import { EMPTY } from "../raster/rect";
import { absorbed } from "../state/absorbing";
import { baseOf, cloneSheet, compose, paste, selectionOf, shown } from "../state/composing";
import type { Drawing } from "../state/drawing";
import { named, type Placed } from "../state/objects";
import { session } from "../state/session";
import { get, set } from "../state/store";
import { anchor, cancelFloating, floatObject, objectsLocked } from "./floating";

/** Show other objects in the drawing, as one step. */
function change(title: string, drawing: Drawing, placed: readonly Placed[]): void {
  compose(drawing, baseOf(drawing, shown(drawing), drawing.objects.current.below), placed);
  session()?.commit(title);
}

function replaced(drawing: Drawing, placed: Placed, by: Partial<Placed>): Placed[] {
  return drawing.objects.current.placed.map((one) => (one === placed ? { ...one, ...by } : one));
}

/** Work with an object: the tools move, transform and delete it. */
export function selectObject(id: string): void {
  anchor();
  const { drawing } = get();
  const placed = drawing?.objects.find(id);
  if (drawing && placed) set({ selection: selectionOf(placed, drawing) });
}

export function showObject(id: string, visible: boolean): void {
  anchor();
  const { drawing } = get();
  const placed = drawing?.objects.find(id);
  if (!drawing || !placed || objectsLocked([placed])) return;
  change(visible ? `Show ${placed.name}` : `Hide ${placed.name}`, drawing, replaced(drawing, placed, { visible }));
}

export function renameObject(id: string, name: string): void {
  const { drawing } = get();
  const placed = drawing?.objects.find(id);
  if (!drawing || !placed || !name.trim() || placed.name === named(name)) return;
  const { below } = drawing.objects.current;
  drawing.objects.set({ placed: replaced(drawing, placed, { name: named(name) }), below });
  session()?.commit("Rename object");
}

/** Move an object up or down among the others. */
export function reorderObject(id: string, by: 1 | -1): void {
  anchor();
  const { drawing } = get();
  const placed = drawing?.objects.find(id);
  if (!drawing || !placed || objectsLocked([placed])) return;
  const all = [...drawing.objects.current.placed];
  const at = all.indexOf(placed);
  if (!all[at + by]) return;
  [all[at], all[at + by]] = [all[at + by], placed];
  change(by > 0 ? `Raise ${placed.name}` : `Lower ${placed.name}`, drawing, all);
}

/** Delete an object: what was below it is seen again. False if one of its layers is locked. */
export function deleteObject(placed: Placed): boolean {
  const { drawing } = get();
  if (!drawing || objectsLocked([placed])) return false;
  change(
    `Delete ${placed.name}`,
    drawing,
    drawing.objects.current.placed.filter((one) => one !== placed),
  );
  return true;
}

export function deleteObjectById(id: string): void {
  cancelFloating();
  const { drawing, selection } = get();
  const placed = drawing?.objects.find(id);
  if (placed && deleteObject(placed) && selection?.object === id) set({ selection: null });
}

/** A copy of an object, beside it, which floats. */
export function duplicateObject(id: string): void {
  anchor();
  const placed = get().drawing?.objects.find(id);
  const copy = placed && floatObject(placed, true);
  copy?.shift(12, 12);
  copy?.rest();
}

/** Make an object part of what is below it: of other objects where it lies on them, else of the drawing. */
export function mergeObject(id: string): void {
  anchor();
  const { drawing, selection } = get();
  const placed = drawing?.objects.find(id);
  if (!drawing || !placed) return;
  const { placed: all, below } = drawing.objects.current;
  const at = all.indexOf(placed);
  const [beneath, above] = [all.slice(0, at), all.slice(at + 1)];
  const base = baseOf(drawing, shown(drawing), below);
  const from = cloneSheet(base);
  for (const one of beneath) if (one.visible) paste(one, drawing, from);
  const to = cloneSheet(from);
  const rect = placed.visible ? paste(placed, drawing, to) : EMPTY;
  const merged = absorbed(drawing, { placed: beneath, below }, from, to, rect);
  compose(drawing, baseOf(drawing, base, merged.below), [...merged.placed, ...above]);
  session()?.commit(`Merge ${placed.name}`);
  if (selection?.object === id) set({ selection: { mask: selection.mask, scope: selection.scope } });
}

/** Merge all objects: the drawing stays as it is. */
export function mergeAllObjects(): void {
  anchor();
  const { drawing, selection } = get();
  if (!drawing?.objects.current.placed.length) return;
  drawing.objects.set({ placed: [], below: null });
  session()?.commit("Merge all objects");
  if (selection?.object) set({ selection: { mask: selection.mask, scope: selection.scope } });
}
