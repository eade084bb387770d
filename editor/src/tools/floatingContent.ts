import { fillMask } from "../raster/fill";
import { type OriginPlane, REMOVED } from "../raster/origin";
import { clonePlane, type Plane } from "../raster/plane";
import { EMPTY, type Rect } from "../raster/rect";
import { type Cutout, cutOut } from "../raster/transform";
import type { Part } from "../state/clipboard";
import type { Drawing } from "../state/drawing";
import type { Layer, LayerType } from "../state/layers";
import { get, type Selection } from "../state/store";

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

/** What floats, and over what. */
export interface Content {
  cutout: Cutout;
  scope: Selection["scope"];
  layers: FloatingLayer[];
  origin: FloatingOrigin | null;
  /** The selection that comes back when it is cancelled. */
  before: Selection | null;
  /** What was changed when it was cut out. */
  hole: Rect;
}

/** A selection, cut out of the drawing or copied. */
export function lifted(drawing: Drawing, selection: Selection, keepSource: boolean): Content {
  const { mask, scope } = selection;
  const cutout = cutOut(mask);
  const layers = editableLayers(drawing, scope).map(({ type, plane }) => {
    const original = clonePlane(plane);
    const backdrop = clonePlane(plane);
    if (!keepSource) type.clear(backdrop, mask);
    return { type, plane, source: original, original, backdrop };
  });
  let origin: FloatingOrigin | null = null;
  if (movesOrigin(drawing, scope)) {
    const original = clonePlane(drawing.origin.plane);
    const backdrop = clonePlane(original);
    if (!keepSource) fillMask(backdrop, mask, REMOVED);
    origin = { source: original, original, backdrop };
  }
  return { cutout, scope, layers, origin, before: selection, hole: cutout.box };
}

/** A part that comes from elsewhere. Layers that it lacks are left as they are. */
export function pasted(drawing: Drawing, part: Part): Content {
  const layers = editableLayers(drawing, part.scope).flatMap(({ type, plane }) => {
    const source = part.planes[type.follows ?? type.role];
    const original = clonePlane(plane);
    return source ? [{ type, plane, source, original, backdrop: original }] : [];
  });
  const leads = movesOrigin(drawing, part.scope) && layers.some(({ type }) => type.role === leadingRole(drawing));
  const original = clonePlane(drawing.origin.plane);
  return {
    cutout: cutOut(part.mask, drawing),
    scope: part.scope,
    layers,
    origin: leads && part.origin ? { source: part.origin, original, backdrop: original } : null,
    before: get().selection,
    hole: EMPTY,
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
