import { type Affine, apply, inverse } from "./affine";
import { paintMask } from "./fill";
import { walkLine } from "./line";
import { bounds } from "./mask";
import { affine, spline, type Transform } from "./pieces";
import { clonePlane, createPlane, inside, type Plane, type Point } from "./plane";
import { Dirty, enclosing, isEmpty, type Rect, union } from "./rect";
import { thin } from "./thin";
import { invertAt, type Mapping, thinPlate } from "./tps";

/** The part of a drawing that a mask covers. */
export interface Cutout {
  readonly mask: Plane;
  readonly box: Rect;
  /** The drawing that it is pasted onto; it may have another size than the one it comes from. */
  readonly onto: Pick<Plane, "width" | "height">;
}

/** A map and its inverse, in continuous pixel coordinates: the centre of the first pixel is (0.5, 0.5). */
export interface Placement {
  forward: Mapping;
  backward: Mapping;
  /** `backward` as a formula. */
  transform: Transform;
  /** The box around the transformed cutout. */
  box: Rect;
}

export function cutOut(mask: Plane, onto: Cutout["onto"] = mask): Cutout {
  return { mask: clonePlane(mask), box: bounds(mask), onto };
}

export function placeAffine(cutout: Cutout, matrix: Affine): Placement | null {
  const back = inverse(matrix);
  if (!back || isEmpty(cutout.box)) return null;
  const { x0, y0, x1, y1 } = cutout.box;
  const corners = [apply(matrix, x0, y0), apply(matrix, x1, y0), apply(matrix, x0, y1), apply(matrix, x1, y1)];
  return {
    forward: (x, y) => apply(matrix, x, y),
    backward: (x, y) => apply(back, x, y),
    transform: affine(back, cutout.onto),
    box: around(corners, cutout.onto),
  };
}

/** A warp by handles: each `from` (in the cutout) is dragged to its `to`. */
export function placeWarp(cutout: Cutout, from: readonly Point[], to: readonly Point[]): Placement | null {
  if (isEmpty(cutout.box)) return null;
  // Fitted backwards, because labels are sampled at their source. Lines go through the inverse of the same map: a spline
  // fitted forwards would differ from it between the handles.
  const backward = thinPlate(to, from);
  const rough = thinPlate(from, to);
  const forward: Mapping = (x, y) => invertAt(backward, x, y, rough(x, y));
  const { x0, y0, x1, y1 } = cutout.box;
  const rim: Point[] = [...to];
  for (let i = 0; i <= 16; i++) {
    const t = i / 16;
    rim.push(
      forward(x0 + t * (x1 - x0), y0),
      forward(x0 + t * (x1 - x0), y1),
      forward(x0, y0 + t * (y1 - y0)),
      forward(x1, y0 + t * (y1 - y0)),
    );
  }
  return { forward, backward, transform: spline(to, from, cutout.onto), box: around(rim, cutout.onto) };
}

function around(points: readonly Point[], size: Cutout["onto"]): Rect {
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);
  return enclosing(Math.min(...xs) - 1, Math.min(...ys) - 1, Math.max(...xs) + 1, Math.max(...ys) + 1, size);
}

/** A cutout after a transform: which pixels it covers, and where each of them comes from. */
export interface Landing {
  readonly mask: Plane;
  readonly rect: Rect;
  readonly placement: Placement;
  /** Indices of source pixels for the placement's box, row by row; -1 where nothing lands. */
  readonly source: Int32Array;
}

export function transformCutout(cutout: Cutout, placement: Placement): Landing {
  const size = cutout.mask;
  const mask = createPlane(cutout.onto.width, cutout.onto.height);
  const dirty = new Dirty();
  const { box } = placement;
  const source = new Int32Array(Math.max(0, (box.x1 - box.x0) * (box.y1 - box.y0))).fill(-1);
  let k = 0;
  for (let y = box.y0; y < box.y1; y++) {
    for (let x = box.x0; x < box.x1; x++, k++) {
      const at = placement.backward(x + 0.5, y + 0.5);
      const sx = Math.floor(at.x);
      const sy = Math.floor(at.y);
      if (!inside(size, sx, sy)) continue;
      const i = sy * size.width + sx;
      if (!cutout.mask.data[i]) continue;
      source[k] = i;
      mask.data[y * mask.width + x] = 1;
      dirty.pixel(x, y);
    }
  }
  return { mask, rect: dirty.rect, placement, source };
}

/** Paste values by nearest neighbour: labels stay on the palette. Returns what was touched. */
export function pasteNearest(from: Plane, landing: Landing, onto: Plane): Rect {
  const { box } = landing.placement;
  let k = 0;
  for (let y = box.y0; y < box.y1; y++) {
    for (let i = y * onto.width + box.x0, end = i + box.x1 - box.x0; i < end; i++, k++) {
      if (landing.source[k] >= 0) onto.data[i] = from.data[landing.source[k]];
    }
  }
  return landing.rect;
}

const NEIGHBOURS = [
  [1, 0],
  [0, 1],
  [1, 1],
  [-1, 1],
] as const;

/**
 * Paste lines: each segment between two neighbouring line pixels is redrawn between their transformed positions, so lines
 * stay connected and one pixel wide at any scale. Returns what was touched.
 */
export function pasteLines(from: Plane, cutout: Cutout, landing: Landing, onto: Plane): Rect {
  paintMask(onto, landing.mask, landing.rect, 0);
  const { mask, box } = cutout;
  const { forward } = landing.placement;
  const fresh = createPlane(onto.width, onto.height);
  const dirty = new Dirty();
  const set = (x: number, y: number) => {
    if (!inside(fresh, x, y)) return;
    fresh.data[y * fresh.width + x] = 1;
    dirty.pixel(x, y);
  };
  const on = (x: number, y: number) => {
    const i = y * mask.width + x;
    return inside(mask, x, y) && from.data[i] === 1 && mask.data[i] === 1;
  };
  const transformed = (x: number, y: number) => {
    const p = forward(x + 0.5, y + 0.5);
    return { x: Math.floor(p.x), y: Math.floor(p.y) };
  };
  for (let y = box.y0; y < box.y1; y++) {
    for (let x = box.x0; x < box.x1; x++) {
      if (!on(x, y)) continue;
      const start = transformed(x, y);
      set(start.x, start.y);
      for (const [dx, dy] of NEIGHBOURS) {
        // A diagonal past a corner pixel is no segment of its own: it would fill the corner.
        if (on(x + dx, y + dy) && (dx === 0 || dy === 0 || (!on(x + dx, y) && !on(x, y + dy)))) {
          walkLine(start, transformed(x + dx, y + dy), set);
        }
      }
    }
  }
  thin(fresh, dirty.rect);
  paintMask(onto, fresh, dirty.rect, 1);
  return union(landing.rect, dirty.rect);
}
