import { copyRect, crop, pasteRect } from "../raster/copy";
import { DRAWN, type OriginPlane, REMOVED } from "../raster/origin";
import { clonePlane, createPlane, inside, type Plane, type Point } from "../raster/plane";
import { aligned } from "../raster/pose";
import { Dirty, EMPTY, isEmpty, type Rect, union } from "../raster/rect";
import {
  type Cutout,
  cutOut,
  type Landing,
  type Placement,
  placeAffine,
  placeWarp,
  transformCutout,
} from "../raster/transform";
import type { Drawing } from "./drawing";
import type { LayerName, LayerRole, LayerType } from "./layers";
import { type Content, newId, type Placed } from "./objects";
import type { Selection } from "./store";

/** Planes of a drawing: those that show anything, and the origin. */
export interface Sheet {
  readonly layers: readonly { readonly type: LayerType; readonly plane: Plane }[];
  readonly origin: OriginPlane;
}

/** The planes that are shown. */
export function shown(drawing: Drawing): Sheet {
  return { layers: drawing.layers.filter(({ type }) => !type.ofPhoto), origin: drawing.origin.plane };
}

/** The planes that the server has. */
export function known(drawing: Drawing): Sheet {
  const layers = drawing.layers.filter(({ type }) => !type.ofPhoto);
  return { layers: layers.map(({ type, base }) => ({ type, plane: base })), origin: drawing.origin.base };
}

export function cloneSheet({ layers, origin }: Sheet): Sheet {
  return { layers: layers.map(({ type, plane }) => ({ type, plane: clonePlane(plane) })), origin: clonePlane(origin) };
}

export function copySheet(from: Sheet, to: Sheet, rect: Rect): void {
  from.layers.forEach(({ plane }, i) => {
    copyRect(plane, to.layers[i].plane, rect);
  });
  copyRect(from.origin, to.origin, rect);
}

/** What a part is pasted from: planes of the drawing that it comes from. */
export interface Source {
  readonly cutout: Cutout;
  readonly planes: Partial<Record<LayerRole, Plane>>;
}

const sources = new WeakMap<Content, Source>();
const landings = new WeakMap<Placed, Landing>();

/** A content as planes. */
export function sourceOf(content: Content, drawing: Drawing): Source {
  let source = sources.get(content);
  if (!source || source.cutout.onto !== drawing) {
    const { rect } = content;
    const width = Math.max(drawing.width, rect.x1);
    const height = Math.max(drawing.height, rect.y1);
    const whole = (values: Uint8Array) => {
      const plane = createPlane(width, height);
      pasteRect(plane, rect, values);
      return plane;
    };
    const planes: Source["planes"] = {};
    for (const { type } of drawing.layers) {
      const values = content.planes[type.name];
      if (values) planes[type.role] = whole(values);
    }
    source = { cutout: cutOut(whole(content.mask), drawing), planes };
    sources.set(content, source);
  }
  return source;
}

/** The origin of a content, in the numbers that a drawing's origin has now. */
export function originOf(content: Content, drawing: Drawing): OriginPlane | null {
  if (!content.origin) return null;
  const { width, height } = sourceOf(content, drawing).cutout.mask;
  const plane = { width, height, data: new Uint16Array(width * height).fill(DRAWN) };
  pasteRect(plane, content.rect, drawing.origin.read(content.origin));
  return plane;
}

export function placementOf(cutout: Cutout, { matrix, warp }: Pick<Placed, "matrix" | "warp">): Placement | null {
  return warp ? placeWarp(cutout, warp.from, warp.to) : placeAffine(cutout, aligned(matrix));
}

/** Where an object lands. Null if it covers nothing. */
export function landingOf(placed: Placed, drawing: Drawing): Landing | null {
  const { cutout } = sourceOf(placed.content, drawing);
  const found = landings.get(placed);
  if (found && found.mask.width === drawing.width && found.mask.height === drawing.height) return found;
  const placement = placementOf(cutout, placed);
  const landing = placement && transformCutout(cutout, placement);
  if (landing) landings.set(placed, landing);
  return landing;
}

/** Paste an object. Returns what was touched. */
export function paste(placed: Placed, drawing: Drawing, onto: Sheet): Rect {
  const landing = landingOf(placed, drawing);
  if (!landing) return EMPTY;
  const { cutout, planes } = sourceOf(placed.content, drawing);
  let rect = landing.rect;
  for (const { type, plane } of onto.layers) {
    const source = planes[type.follows ?? type.role];
    if (source) rect = union(rect, type.paste(source, cutout, landing, plane));
  }
  const origin = originOf(placed.content, drawing);
  if (origin) drawing.origin.paste(origin, landing, onto.origin);
  return rect;
}

/** The drawing without its objects. */
export function baseOf(drawing: Drawing, from: Sheet, below: Content | null): Sheet {
  const base = cloneSheet(from);
  if (!below) return base;
  const { rect, mask } = below;
  const put = (plane: Plane<Uint8Array | Uint16Array>, values: Uint8Array | Uint16Array) => {
    each(rect, (k, x, y) => {
      if (mask[k]) plane.data[y * plane.width + x] = values[k];
    });
  };
  for (const { type, plane } of base.layers) {
    const values = below.planes[type.name];
    if (values) put(plane, values);
  }
  if (below.origin) put(base.origin, drawing.origin.read(below.origin));
  return base;
}

/** Visit the pixels of a rectangle, row by row. */
export function each(rect: Rect, visit: (k: number, x: number, y: number) => void): void {
  let k = 0;
  for (let y = rect.y0; y < rect.y1; y++) for (let x = rect.x0; x < rect.x1; x++, k++) visit(k, x, y);
}

/** Where objects differ from what is below them, the drawing was drawn, unless they say where they come from. */
export function markDrawn(base: Sheet, whole: Sheet, rect: Rect): void {
  const { width } = whole.origin;
  for (let y = rect.y0; y < rect.y1; y++) {
    for (let i = y * width + rect.x0, end = i + rect.x1 - rect.x0; i < end; i++) {
      if (whole.origin.data[i] !== base.origin.data[i] || whole.origin.data[i] === REMOVED) continue;
      if (
        whole.layers.some(
          ({ type, plane }, n) => type.role !== "marks" && plane.data[i] !== base.layers[n].plane.data[i],
        )
      )
        whole.origin.data[i] = DRAWN;
    }
  }
}

/** What lies below objects: everything that they cover or change, all of which is `within` a rectangle. */
export function belowOf(
  drawing: Drawing,
  base: Sheet,
  whole: Sheet,
  placed: readonly Placed[],
  within: Rect,
): Content | null {
  const covers = placed.flatMap((one) => (one.visible ? (landingOf(one, drawing)?.mask ?? []) : []));
  const { width, height } = drawing;
  const mask = createPlane(width, height);
  const dirty = new Dirty();
  const [below, above] = [base, whole].map((sheet) => [
    sheet.origin.data,
    ...sheet.layers.map(({ plane }) => plane.data),
  ]);
  each(within, (_, x, y) => {
    const i = y * width + x;
    let covered = covers.some(({ data }) => data[i]);
    for (let n = 0; n < below.length && !covered; n++) covered = below[n][i] !== above[n][i];
    if (!covered) return;
    mask.data[i] = 1;
    dirty.pixel(x, y);
  });
  const { rect } = dirty;
  if (isEmpty(rect)) return null;
  return contentOf(drawing, base, rect, crop(mask, rect));
}

/** A rectangle of planes as a content. */
export function contentOf(
  drawing: Drawing,
  { layers, origin }: { layers: Sheet["layers"]; origin: OriginPlane | null },
  rect: Rect,
  mask: Uint8Array,
): Content {
  const planes: Partial<Record<LayerName, Uint8Array>> = {};
  for (const { type, plane } of layers) planes[type.name] = crop(plane, rect);
  return { id: newId(), rect, mask, planes, origin: origin && drawing.origin.encode(crop(origin, rect)) };
}

/** Make a drawing contain some objects over a base. */
export function compose(drawing: Drawing, base: Sheet, placed: readonly Placed[]): void {
  const whole = shown(drawing);
  let rect = drawing.objects.current.below?.rect ?? EMPTY;
  copySheet(base, whole, rect);
  for (const one of placed) if (one.visible) rect = union(rect, paste(one, drawing, whole));
  markDrawn(base, whole, rect);
  drawing.objects.set({ placed, below: belowOf(drawing, base, whole, placed, rect) });
  drawing.touch(rect);
}

/** An object as a selection. */
export function selectionOf(placed: Placed, drawing: Drawing): Selection {
  const { planes } = placed.content;
  const roles = new Set(drawing.layers.filter(({ type }) => planes[type.name]).map(({ type }) => type.role));
  const scope = roles.size === 1 && roles.has("edges") && drawing.labels ? "edges" : "all";
  const mask = landingOf(placed, drawing)?.mask ?? createPlane(drawing.width, drawing.height);
  return { mask, scope, object: placed.id };
}

/** The selection of an object, after the objects have changed. */
export function followed(selection: Selection, drawing: Drawing): Selection {
  const placed = drawing.objects.find(selection.object);
  return placed ? selectionOf(placed, drawing) : { mask: selection.mask, scope: selection.scope };
}

/** The topmost object that is seen at a pixel. */
export function objectAt(drawing: Drawing, { x, y }: Point): Placed | undefined {
  if (!inside(drawing.origin.plane, x, y)) return undefined;
  const at = y * drawing.width + x;
  const visible = drawing.objects.current.placed.filter((placed) => placed.visible);
  return visible.reverse().find((placed) => landingOf(placed, drawing)?.mask.data[at]);
}
