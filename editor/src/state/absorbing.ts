import { affine, spline, type Transform } from "../raster/pieces";
import { inside, type Plane, type Point } from "../raster/plane";
import { aligned } from "../raster/pose";
import { intersect, type Rect } from "../raster/rect";
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

/** Pixels of the drawing that have changed, for each layer of a sheet and, last, for the origin. */
type Change = number[][];

/**
 * What was drawn belongs to what is seen at that place: to the topmost object there, or to what is below them all. Returns the
 * objects after planes have changed `from` one state `to` another.
 */
export function absorbed(drawing: Drawing, objects: Objects, from: Sheet, to: Sheet, within: Rect): Objects {
  const { below, placed } = objects;
  if (!below) return objects;
  const planes = [...to.layers.map(({ plane }) => plane.data), to.origin.data];
  const before = [...from.layers.map(({ plane }) => plane.data), from.origin.data];
  const owners = ownersOf(drawing, placed, to);
  const changes = new Map<Placed | null, Change>();
  const rect = intersect(below.rect, within);
  const stride = below.rect.x1 - below.rect.x0;
  each(rect, (_, x, y) => {
    if (!below.mask[(y - below.rect.y0) * stride + x - below.rect.x0]) return;
    const i = y * drawing.width + x;
    for (let n = 0; n < planes.length; n++) {
      if (planes[n][i] === before[n][i]) continue;
      const owner = owners[n].find(({ mask }) => mask[i])?.placed ?? null;
      let change = changes.get(owner);
      if (!change) {
        change = planes.map(() => []);
        changes.set(owner, change);
      }
      change[n].push(i);
    }
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

interface Owner {
  placed: Placed;
  mask: Uint8Array;
}

/** For each layer of a sheet and, last, for the origin: the objects that have it, from the top to the bottom. */
function ownersOf(drawing: Drawing, placed: readonly Placed[], { layers }: Sheet): Owner[][] {
  const seen = placed.flatMap((one) => {
    const landing = one.visible ? landingOf(one, drawing) : null;
    return landing ? [{ placed: one, mask: landing.mask.data }] : [];
  });
  seen.reverse();
  const having = (has: (content: Content) => unknown) => seen.filter((owner) => has(owner.placed.content));
  return [
    ...layers.map(({ type }) => {
      const role = type.follows ?? type.role;
      return having((content) => sourceOf(content, drawing).planes[role]);
    }),
    having(({ origin }) => origin),
  ];
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
  // Where several pixels of the content land on one of the drawing, all of them are drawn: a list for each of the latter.
  const first = new Int32Array(drawing.width * drawing.height).fill(-1);
  const next = new Int32Array(mask.data.length).fill(-1);
  each(inner, (_, x, y) => {
    const from = y * mask.width + x;
    const i = mask.data[from] ? nearestCovered(landing.mask, forward(x + 0.5, y + 0.5)) : -1;
    if (i < 0) return;
    next[from] = first[i];
    first[i] = from;
  });
  return (i) => {
    const all = [source(i)];
    for (let from = first[i]; from >= 0; from = next[from]) all.push(from);
    return all;
  };
}

/** The pixel of a mask around a place that is nearest to it; -1 if there is none. */
function nearestCovered(mask: Plane, at: Point): number {
  const [column, row] = [Math.floor(at.x), Math.floor(at.y)];
  if (inside(mask, column, row) && mask.data[row * mask.width + column]) return row * mask.width + column;
  let best = -1;
  let least = Infinity;
  for (let y = row - 1; y <= row + 1; y++) {
    for (let x = column - 1; x <= column + 1; x++) {
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
  change: Change,
  to: Sheet,
  drawing: Drawing,
  back: (i: number) => readonly number[],
  placed?: Placed,
): Content {
  const { rect } = content;
  const stride = placed ? sourceOf(content, drawing).cutout.mask.width : drawing.width;
  const place = (from: number) => {
    const x = from % stride;
    return ((from - x) / stride - rect.y0) * (rect.x1 - rect.x0) + x - rect.x0;
  };
  const planes = { ...content.planes };
  to.layers.forEach(({ type, plane }, n) => {
    const values = planes[type.name]?.slice();
    if (!values || !change[n].length) return;
    for (const i of change[n]) for (const from of back(i)) values[place(from)] = plane.data[i];
    planes[type.name] = values;
  });
  const pixels = change[to.layers.length];
  if (!content.origin || !pixels.length) return { ...content, id: newId(), planes };
  const origin = drawing.origin.read(content.origin);
  const forward = placed && forwardOf(placed, drawing);
  const moved = new Map<number, number>();
  for (const i of pixels) {
    const value = to.origin.data[i];
    if (!moved.has(value)) moved.set(value, forward ? drawing.origin.moved(value, forward) : value);
    for (const from of back(i)) origin[place(from)] = moved.get(value)!;
  }
  return { ...content, id: newId(), planes, origin: drawing.origin.encode(origin) };
}
