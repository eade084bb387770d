import { inside, type Plane, type Point } from "./plane";
import { Dirty, type Rect } from "./rect";

/** Visit the pixels of a line one pixel wide, both ends included (Bresenham 1965, all octants). */
export function walkLine(from: Point, to: Point, visit: (x: number, y: number) => void): void {
  let x = Math.round(from.x);
  let y = Math.round(from.y);
  const endX = Math.round(to.x);
  const endY = Math.round(to.y);
  const dx = Math.abs(endX - x);
  const dy = -Math.abs(endY - y);
  const stepX = x < endX ? 1 : -1;
  const stepY = y < endY ? 1 : -1;
  let error = dx + dy;
  for (;;) {
    visit(x, y);
    if (x === endX && y === endY) return;
    const twice = 2 * error;
    if (twice >= dy) {
      error += dy;
      x += stepX;
    }
    if (twice <= dx) {
      error += dx;
      y += stepY;
    }
  }
}

/** The pixels of a polyline in order, no pixel twice in a row. */
export function tracePolyline(points: readonly Point[]): Point[] {
  const path: Point[] = [];
  const add = (x: number, y: number) => {
    const last = path[path.length - 1];
    if (!last || last.x !== x || last.y !== y) path.push({ x, y });
  };
  if (points.length === 1) add(Math.round(points[0].x), Math.round(points[0].y));
  for (let i = 1; i < points.length; i++) walkLine(points[i - 1], points[i], add);
  return path;
}

/**
 * Remove the corner of every L: where the neighbours on the path touch diagonally, the pixel between them makes the line look
 * thick. Hand-drawn strokes are full of these.
 */
export function withoutCorners(path: readonly Point[]): Point[] {
  const out: Point[] = [];
  for (let i = 0; i < path.length; i++) {
    const last = out[out.length - 1];
    const next = path[i + 1];
    const here = path[i];
    const corner =
      last !== undefined &&
      next !== undefined &&
      Math.abs(last.x - next.x) === 1 &&
      Math.abs(last.y - next.y) === 1 &&
      (here.x === last.x || here.y === last.y) &&
      (here.x === next.x || here.y === next.y);
    if (!corner) out.push(here);
  }
  return out;
}

/** Points on a quadratic Bézier curve, dense enough that the polyline through them is within a quarter pixel. */
export function quadratic(a: Point, control: Point, b: Point): Point[] {
  const bend = Math.hypot(a.x - 2 * control.x + b.x, a.y - 2 * control.y + b.y);
  const pieces = Math.max(1, Math.ceil(Math.sqrt(bend)));
  return Array.from({ length: pieces + 1 }, (_, i) => {
    const t = i / pieces;
    const s = 1 - t;
    return {
      x: s * s * a.x + 2 * s * t * control.x + t * t * b.x,
      y: s * s * a.y + 2 * s * t * control.y + t * t * b.y,
    };
  });
}

/** Points on a cubic Bézier curve, equally dense. */
export function cubic(a: Point, c1: Point, c2: Point, b: Point): Point[] {
  const bend = Math.max(
    Math.hypot(a.x - 2 * c1.x + c2.x, a.y - 2 * c1.y + c2.y),
    Math.hypot(c1.x - 2 * c2.x + b.x, c1.y - 2 * c2.y + b.y),
  );
  const pieces = Math.max(1, Math.ceil(Math.sqrt(3 * bend)));
  return Array.from({ length: pieces + 1 }, (_, i) => {
    const t = i / pieces;
    const s = 1 - t;
    const [p, q, r, u] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
    return { x: p * a.x + q * c1.x + r * c2.x + u * b.x, y: p * a.y + q * c1.y + r * c2.y + u * b.y };
  });
}

/** Write a value along a path, clipped to the plane. */
export function drawPath(plane: Plane, path: readonly Point[], value: number): Rect {
  const dirty = new Dirty();
  for (const { x, y } of path) {
    if (!inside(plane, x, y)) continue;
    plane.data[y * plane.width + x] = value;
    dirty.pixel(x, y);
  }
  return dirty.rect;
}

/** Draw a polyline one pixel wide, without L corners. */
export function drawPolyline(plane: Plane, points: readonly Point[], value: number): Rect {
  return drawPath(plane, withoutCorners(tracePolyline(points)), value);
}
