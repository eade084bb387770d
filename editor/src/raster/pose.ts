import { type Affine, apply, inverse, multiply, rotation, scaling, translation } from "./affine";
import type { Plane, Point } from "./plane";
import type { Rect } from "./rect";

/**
 * Where a transformed part is, as numbers: the place of its pivot and its sides, in pixels of the drawing, and its angle in
 * degrees, clockwise. Sides of mirrored parts are positive, too.
 */
export interface Pose extends Point {
  width: number;
  height: number;
  angle: number;
}

type Size = Pick<Plane, "width" | "height">;

/** A place in a box, in shares of its sides; it may lie outside. */
export const CENTRE: Readonly<Point> = { x: 0.5, y: 0.5 };

/** No part becomes smaller than a pixel. */
const LEAST_PX = 1;
/** Entries that differ by less are equal. */
const SAME = 1e-9;
const DEGREE = Math.PI / 180;

/** A place in a box, in the box's coordinates. */
export function within(box: Rect, share: Point): Point {
  return { x: box.x0 + share.x * (box.x1 - box.x0), y: box.y0 + share.y * (box.y1 - box.y0) };
}

/** The shares of a place in a box. */
export function shareOf(box: Rect, at: Point): Point {
  return { x: (at.x - box.x0) / (box.x1 - box.x0), y: (at.y - box.y0) / (box.y1 - box.y0) };
}

/** An angle in degrees, above −180 and up to 180. */
export function turned(angle: number): number {
  return angle - 360 * Math.ceil(angle / 360 - 0.5);
}

/**
 * The pose of a box under a map without shear.
 *
 * A map that mirrors has two angles, 180° apart; the one nearer to `near` is meant.
 */
export function poseOf(matrix: Affine, box: Rect, pivot: Point, near = 0): Pose {
  const [a, b, c, d] = matrix;
  let angle = Math.atan2(b, a) / DEGREE;
  if (a * d - b * c < 0 && Math.abs(turned(angle - near)) > 90) angle += 180;
  const at = within(box, pivot);
  return {
    ...apply(matrix, at.x, at.y),
    width: Math.hypot(a, b) * (box.x1 - box.x0),
    height: Math.hypot(c, d) * (box.y1 - box.y0),
    angle: turned(angle),
  };
}

/** The map that differs from another one by some numbers of its pose. */
export function posed(matrix: Affine, box: Rect, pivot: Point, change: Partial<Pose>, near = 0): Affine {
  const now = poseOf(matrix, box, pivot, near);
  const to = { ...now, ...change };
  const local = within(box, pivot);
  const side = (next: number, old: number) => Math.max(LEAST_PX, next) / old;
  let next = multiply(matrix, scaling(side(to.width, now.width), side(to.height, now.height), local));
  next = multiply(rotation((to.angle - now.angle) * DEGREE, apply(next, local.x, local.y)), next);
  return multiply(translation(to.x - now.x, to.y - now.y), next);
}

/**
 * The map of pixels onto pixels that is nearest, for moves, mirrors and quarter turns; all others as they are. So whole pixels
 * are moved by whole pixels, and none is resampled, even where a pivot between two pixels asks for half of one.
 */
export function aligned(matrix: Affine): Affine {
  const [a, b, c, d] = matrix.map((value) => (Math.abs(value - Math.round(value)) < SAME ? Math.round(value) : value));
  const whole = [a, b, c, d].every((value) => value === 0 || Math.abs(value) === 1) && Math.abs(a * d - b * c) === 1;
  return whole ? [a, b, c, d, Math.round(matrix[4]), Math.round(matrix[5])] : matrix;
}

/** The corners of a box under a map, from the top left one clockwise. */
export function corners(matrix: Affine, { x0, y0, x1, y1 }: Rect): Point[] {
  return [apply(matrix, x0, y0), apply(matrix, x1, y0), apply(matrix, x1, y1), apply(matrix, x0, y1)];
}

/** The box around a box under a map, in real numbers. */
export function extent(matrix: Affine, box: Rect): Rect {
  const at = corners(matrix, box);
  const xs = at.map((p) => p.x);
  const ys = at.map((p) => p.y);
  return { x0: Math.min(...xs), y0: Math.min(...ys), x1: Math.max(...xs), y1: Math.max(...ys) };
}

/**
 * The map that puts a box of one picture into another one: by whole pixels, with its centre at a place that lies in that picture,
 * or where it was in its own. It is made smaller if it is larger than that picture.
 *
 * @param scale its size, if it is not to keep its own.
 */
export function placeOf(box: Rect, from: Size, to: Size, at: Point | null, scale = 1): Affine {
  const centre = within(box, CENTRE);
  const fit = Math.min(scale, to.width / (box.x1 - box.x0), to.height / (box.y1 - box.y0));
  const { x, y } = at ?? { x: (centre.x * to.width) / from.width, y: (centre.y * to.height) / from.height };
  const inside = { x: Math.min(to.width, Math.max(0, x)), y: Math.min(to.height, Math.max(0, y)) };
  const shift = { x: Math.round(inside.x - centre.x), y: Math.round(inside.y - centre.y) };
  return multiply(translation(shift.x, shift.y), scaling(fit, fit, centre));
}

/**
 * The map after one of the box's handles was dragged.
 *
 * @param handle of the box: its corners and the middles of its sides, in shares.
 * @param to where it was dragged to, in the drawing.
 * @param fixed what stays where it is, in shares: the handle opposite, or the pivot.
 * @param ratio keep the ratio of width and height.
 */
export function dragged(matrix: Affine, box: Rect, handle: Point, to: Point, fixed: Point, ratio: boolean): Affine {
  const back = inverse(matrix);
  if (!back) return matrix;
  const p = apply(back, to.x, to.y);
  const from = within(box, handle);
  const about = within(box, fixed);
  const now = poseOf(matrix, box, handle);
  const factor = (value: number, side: number) => {
    const least = LEAST_PX / side;
    return Math.abs(value) < least ? (value < 0 ? -least : least) : value;
  };
  const along = { x: from.x - about.x, y: from.y - about.y };
  const moves = { x: handle.x !== 0.5 && along.x !== 0, y: handle.y !== 0.5 && along.y !== 0 };
  if (!moves.x && !moves.y) return matrix;
  let sx = moves.x ? (p.x - about.x) / along.x : 1;
  let sy = moves.y ? (p.y - about.y) / along.y : 1;
  if (ratio) {
    const [x, y] = [moves.x ? along.x : 0, moves.y ? along.y : 0];
    sx = sy = ((p.x - about.x) * x + (p.y - about.y) * y) / (x * x + y * y);
  }
  return multiply(matrix, scaling(factor(sx, now.width), factor(sy, now.height), about));
}
