import { affine, spline, type Transform } from "../raster/pieces";
import { inside, type Plane, type Point } from "../raster/plane";
import { aligned } from "../raster/pose";
import type { Rect } from "../raster/rect";
import { each, landingOf, type Sheet, sourceOf } from "./composing";
import type { Drawing } from "./drawing";
import { type Content, newId, type Objects, type Placed } from "./objects";

/** The map from a content to the drawing as a formula. */
function forwardOf({ matrix, warp }: Placed, drawing: Drawing): Transform {
  return warp ? spline(warp.from, warp.to, drawing) : affine(aligned(matrix), drawing);
}

/** Whether each pixel of the content lands on exactly one. */
function byWholePixels({ matrix, warp }: Placed): boolean {
  const [a, b, c, d, e, f] = aligned(matrix);
  return !warp && [a, b, c, d, e, f].every(Number.isInteger) && Math.abs(a * d - b * c) === 1;
}

interface Change {
  /** Pixels of the drawing. */
  pixels: Map<number, number[]>;
}

/**
 * What was drawn belongs to what is seen at that place: to the topmost object there, or to what is below them all. Returns the
 * objects after planes have changed `from` one state `to` another.
 */
export function absorbed(drawing: Drawing, objects: Objects, from: Sheet, to: Sheet, within: Rect): Objects {
  const { below, placed } = objects;
  if (!below) return objects;
  const { width } = drawing;
  const visible = placed.filter((one) => one.visible).reverse();
  const changes = new Map<Placed | null, Change>();
  const planes = [...to.layers.map(({ plane }) => plane), to.origin];
  const before = [...from.layers.map(({ plane }) => plane), from.origin];
  const roles = to.layers.map(({ type }) => type.follows ?? type.role);
  const add = (owner: Placed | null, n: number, i: number) => {
    const change = changes.get(owner) ?? { pixels: new Map() };
    const at = change.pixels.get(i) ?? [];
    at.push(n);
    change.pixels.set(i, at);
    changes.set(owner, change);
  };
  each(below.rect, (k, x, y) => {
    if (!below.mask[k] || x < within.x0 || x >= within.x1 || y < within.y0 || y >= within.y1) return;
    const i = y * width + x;
    planes.forEach((plane, n) => {
      if (plane.data[i] === before[n].data[i]) return;
      const has = (one: Placed) =>
        n === roles.length ? one.content.origin : sourceOf(one.content, drawing).planes[roles[n]];
      add(visible.find((one) => has(one) && landingOf(one, drawing)?.mask.data[i]) ?? null, n, i);
    });
  });
  if (!changes.size) return objects;
  const bottom = changes.get(null);
  return {
    below: bottom ? redrawn(below, bottom, to, drawing, (i) => [i]) : below,
    placed: placed.map((one) => {
      const change = changes.get(one);
      return change
        ? { ...one, content: redrawn(one.content, change, to, drawing, backwards(one, drawing), one) }
        : one;
    }),
  };
}

/** The pixels of a content, in planes of its own size, that a pixel of the drawing shows. */
function backwards(placed: Placed, drawing: Drawing): (i: number) => readonly number[] {
  const landing = landingOf(placed, drawing)!;
  const { box, forward } = landing.placement;
  const { mask, box: inner } = sourceOf(placed.content, drawing).cutout;
  const source = (i: number) => {
    const x = i % drawing.width;
    const y = (i - x) / drawing.width;
    return landing.source[(y - box.y0) * (box.x1 - box.x0) + x - box.x0];
  };
  if (byWholePixels(placed)) return (i) => [source(i)];
  // Where several pixels of the content land on one of the drawing, all of them are drawn.
  const landed = new Map<number, number[]>();
  each(inner, (_, x, y) => {
    const from = y * mask.width + x;
    if (!mask.data[from]) return;
    const i = nearestCovered(landing.mask, forward(x + 0.5, y + 0.5));
    if (i < 0) return;
    landed.set(i, [...(landed.get(i) ?? []), from]);
  });
  return (i) => [source(i), ...(landed.get(i) ?? [])];
}

/** The pixel of a mask around a place that is nearest to it; -1 if there is none. */
function nearestCovered(mask: Plane, at: Point): number {
  let best = -1;
  let least = Infinity;
  for (let y = Math.floor(at.y) - 1; y <= Math.floor(at.y) + 1; y++) {
    for (let x = Math.floor(at.x) - 1; x <= Math.floor(at.x) + 1; x++) {
      if (!inside(mask, x, y) || !mask.data[y * mask.width + x]) continue;
      const distance = Math.hypot(x + 0.5 - at.x, y + 0.5 - at.y);
      if (distance < least) [best, least] = [y * mask.width + x, distance];
    }
  }
  return best;
}

/** A content after pixels of the drawing that it shows have changed. */
function redrawn(
  content: Content,
  { pixels }: Change,
  to: Sheet,
  drawing: Drawing,
  back: (i: number) => readonly number[],
  placed?: Placed,
): Content {
  const { rect } = content;
  const planes = Object.fromEntries(Object.entries(content.planes).map(([name, values]) => [name, values.slice()]));
  const origin = content.origin && drawing.origin.read(content.origin);
  const forward = placed && forwardOf(placed, drawing);
  const stride = placed ? sourceOf(content, drawing).cutout.mask.width : drawing.width;
  for (const [i, changed] of pixels) {
    for (const from of back(i)) {
      const x = from % stride;
      const y = (from - x) / stride;
      const k = (y - rect.y0) * (rect.x1 - rect.x0) + x - rect.x0;
      for (const n of changed) {
        if (n < to.layers.length) {
          const values = planes[to.layers[n].type.name];
          if (values) values[k] = to.layers[n].plane.data[i];
        } else if (origin) {
          const value = to.origin.data[i];
          origin[k] = forward ? drawing.origin.moved(value, forward) : value;
        }
      }
    }
  }
  return { ...content, id: newId(), planes, origin: origin && drawing.origin.encode(origin) };
}
