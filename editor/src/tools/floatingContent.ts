import { crop } from "../raster/copy";
import { fillMask } from "../raster/fill";
import { type OriginPlane, REMOVED } from "../raster/origin";
import type { Plane } from "../raster/plane";
import { EMPTY, type Rect } from "../raster/rect";
import { type Cutout, cutOut } from "../raster/transform";
import { absorbed } from "../state/absorbing";
import type { Part } from "../state/clipboard";
import {
  baseOf,
  cloneSheet,
  contentOf,
  originOf,
  paste,
  type Sheet,
  selectionOf,
  shown,
  sourceOf,
} from "../state/composing";
import type { Drawing } from "../state/drawing";
import type { Layer, LayerType } from "../state/layers";
import { type Objects, type Placed, unplaced } from "../state/objects";
import { get, type Selection } from "../state/store";
import { nameOf } from "./naming";

interface FloatingLayer {
  type: LayerType;
  plane: Plane;
  /** Where the part is pasted from. */
  source: Plane;
  /** The layer before the selection was floated. */
  original: Plane;
  /** The layer without the selection. */
  backdrop: Plane;
}

/** The same of the origin. */
interface FloatingOrigin {
  source: OriginPlane;
  original: OriginPlane;
  backdrop: OriginPlane;
}

/** The object that floats, or that what floats becomes, among the others. */
interface Lifted {
  placed: Placed;
  /** Whether it was one before. */
  existed: boolean;
  /** All objects before it was floated. */
  earlier: Objects;
  /** The drawing without any objects. */
  base: Sheet;
  /** The drawing below it, with the objects there. */
  backdrop: Sheet;
  /** What is below it, and the others above it. */
  beneath: Objects;
  above: readonly Placed[];
}

/** What floats, and over what. */
export interface Content {
  cutout: Cutout;
  scope: Selection["scope"];
  layers: FloatingLayer[];
  origin: FloatingOrigin | null;
  object: Lifted;
  /** The selection that comes back when it is cancelled. */
  before: Selection | null;
  /** What was changed when it was cut out. */
  hole: Rect;
}

/** A selection, cut out of the drawing or copied. */
export function lifted(drawing: Drawing, selection: Selection, keepSource: boolean): Content {
  const { mask, scope } = selection;
  const cutout = cutOut(mask);
  const original = cloneSheet(shown(drawing));
  const backdrop = cloneSheet(original);
  const editable = new Set(editableLayers(drawing, scope).map(({ type }) => type));
  const moves = movesOrigin(drawing, scope);
  if (!keepSource) {
    for (const { type, plane } of backdrop.layers) if (editable.has(type)) type.clear(plane, mask);
    if (moves) fillMask(backdrop.origin, mask, REMOVED);
  }
  const layers = drawing.layers.flatMap(({ type, plane }) => {
    if (!editable.has(type)) return [];
    const of = (sheet: Sheet) => sheet.layers.find((one) => one.type === type)!.plane;
    return [{ type, plane, source: of(original), original: of(original), backdrop: of(backdrop) }];
  });
  const origin = moves ? { source: original.origin, original: original.origin, backdrop: backdrop.origin } : null;
  const object = onTop(drawing, cutout, layers, origin?.source ?? null, original, backdrop);
  return { cutout, scope, layers, origin, object, before: selection, hole: cutout.box };
}

/** A part that comes from elsewhere. Layers that it lacks are left as they are. */
export function pasted(drawing: Drawing, part: Part): Content {
  const original = cloneSheet(shown(drawing));
  const layers = editableLayers(drawing, part.scope).flatMap(({ type, plane }) => {
    const source = part.planes[type.follows ?? type.role];
    const before = original.layers.find((one) => one.type === type)!.plane;
    return source ? [{ type, plane, source, original: before, backdrop: before }] : [];
  });
  const leads = movesOrigin(drawing, part.scope) && layers.some(({ type }) => type.role === leadingRole(drawing));
  const origin =
    leads && part.origin ? { source: part.origin, original: original.origin, backdrop: original.origin } : null;
  const cutout = cutOut(part.mask, drawing);
  return {
    cutout,
    scope: part.scope,
    layers,
    origin,
    object: onTop(drawing, cutout, layers, origin?.source ?? null, original, original),
    before: get().selection,
    hole: EMPTY,
  };
}

/** What becomes an object above all others. */
function onTop(
  drawing: Drawing,
  cutout: Cutout,
  layers: readonly FloatingLayer[],
  origin: OriginPlane | null,
  original: Sheet,
  backdrop: Sheet,
): Lifted {
  const earlier = drawing.objects.current;
  // Where something is cut out of objects, they have a hole from now on.
  const beneath = original === backdrop ? earlier : absorbed(drawing, earlier, original, backdrop, cutout.box);
  const own = layers.filter(({ type }) => !type.follows).map(({ type, source }) => ({ type, plane: source }));
  const content = contentOf(drawing, { layers: own, origin }, cutout.box, crop(cutout.mask, cutout.box));
  const placed = unplaced(content, nameOf(drawing, cutout.mask));
  const base = baseOf(drawing, backdrop, beneath.below);
  return { placed, existed: false, earlier, base, backdrop, beneath, above: [] };
}

/** An object that is placed anew, or a copy of it. */
export function refloated(drawing: Drawing, placed: Placed, copy: Placed | null): Content {
  const earlier = drawing.objects.current;
  const at = earlier.placed.indexOf(placed);
  const beneath = earlier.placed.slice(0, copy ? at + 1 : at);
  const above = earlier.placed.slice(at + 1);
  const original = cloneSheet(shown(drawing));
  const base = baseOf(drawing, original, earlier.below);
  const backdrop = cloneSheet(base);
  for (const one of beneath) if (one.visible) paste(one, drawing, backdrop);
  const { cutout, planes } = sourceOf(placed.content, drawing);
  const layers = drawing.layers.flatMap(({ type, plane }) => {
    const source = planes[type.follows ?? type.role];
    if (type.ofPhoto || !source) return [];
    const of = (sheet: Sheet) => sheet.layers.find((one) => one.type === type)!.plane;
    return [{ type, plane, source, original: of(original), backdrop: of(backdrop) }];
  });
  const source = originOf(placed.content, drawing);
  const selection = selectionOf(placed, drawing);
  return {
    cutout,
    scope: selection.scope,
    layers,
    origin: source && { source, original: original.origin, backdrop: backdrop.origin },
    object: {
      placed: copy ?? placed,
      existed: true,
      earlier,
      base,
      backdrop,
      beneath: { placed: beneath, below: earlier.below },
      above,
    },
    before: selection,
    hole: earlier.below?.rect ?? EMPTY,
  };
}

/** The layers that an edit of a selection changes: those in its scope that are not locked. */
export function editableLayers(drawing: Drawing, scope: Selection["scope"]): Layer[] {
  const { layers } = get();
  return drawing.layers.filter(({ type }) => {
    const role = type.follows ?? type.role;
    return !type.ofPhoto && drawing.layer(role) && (scope === "all" || scope === role) && !layers[role].locked;
  });
}

/** Whether an edit of a selection moves what the photo shows: lines alone do so only in a drawing without areas. */
export function movesOrigin(drawing: Drawing, scope: Selection["scope"]): boolean {
  return editableLayers(drawing, scope).some(({ type }) => type.role === leadingRole(drawing));
}

function leadingRole(drawing: Drawing): LayerType["role"] {
  return drawing.labels ? "labels" : "edges";
}
