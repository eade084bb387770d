import type { Plane } from "./plane";

/** Half open: x0 ≤ x < x1. Empty where x1 ≤ x0 or y1 ≤ y0. */
export interface Rect {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
}

export const EMPTY: Rect = { x0: 0, y0: 0, x1: 0, y1: 0 };

export function isEmpty(r: Rect): boolean {
  return r.x1 <= r.x0 || r.y1 <= r.y0;
}

export function union(a: Rect, b: Rect): Rect {
  if (isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  return {
    x0: Math.min(a.x0, b.x0),
    y0: Math.min(a.y0, b.y0),
    x1: Math.max(a.x1, b.x1),
    y1: Math.max(a.y1, b.y1),
  };
}

export function intersect(a: Rect, b: Rect): Rect {
  const r = {
    x0: Math.max(a.x0, b.x0),
    y0: Math.max(a.y0, b.y0),
    x1: Math.min(a.x1, b.x1),
    y1: Math.min(a.y1, b.y1),
  };
  return isEmpty(r) ? EMPTY : r;
}

/** The whole plane. */
export function frame(plane: Pick<Plane, "width" | "height">): Rect {
  return { x0: 0, y0: 0, x1: plane.width, y1: plane.height };
}

/** Grown on all sides, clipped to the plane. */
export function grow(r: Rect, by: number, plane: Pick<Plane, "width" | "height">): Rect {
  if (isEmpty(r)) return EMPTY;
  return intersect({ x0: r.x0 - by, y0: r.y0 - by, x1: r.x1 + by, y1: r.y1 + by }, frame(plane));
}

/** Whole pixels around a box of real numbers, clipped to the plane. */
export function enclosing(
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  plane: Pick<Plane, "width" | "height">,
): Rect {
  return intersect(
    { x0: Math.floor(x0), y0: Math.floor(y0), x1: Math.ceil(x1) + 1, y1: Math.ceil(y1) + 1 },
    frame(plane),
  );
}

/** Accumulates a bounding box. Cheaper than a new rectangle per pixel. */
export class Dirty {
  private x0 = Number.POSITIVE_INFINITY;
  private y0 = Number.POSITIVE_INFINITY;
  private x1 = Number.NEGATIVE_INFINITY;
  private y1 = Number.NEGATIVE_INFINITY;

  pixel(x: number, y: number): void {
    this.span(x, x + 1, y);
  }

  /** Pixels `from` (included) to `to` (excluded) in row `y`. */
  span(from: number, to: number, y: number): void {
    if (from < this.x0) this.x0 = from;
    if (to > this.x1) this.x1 = to;
    if (y < this.y0) this.y0 = y;
    if (y + 1 > this.y1) this.y1 = y + 1;
  }

  get rect(): Rect {
    return this.x1 > this.x0 ? { x0: this.x0, y0: this.y0, x1: this.x1, y1: this.y1 } : EMPTY;
  }
}
