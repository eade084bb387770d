import type { Place } from "./bending";
import { DRAWN, FIRST, type Origin, UNMOVED } from "./origin";
import type { Transform } from "./pieces";
import type { Point } from "./plane";
import { invertAt, type Mapping, thinPlate } from "./tps";

/** Number of pixels of a piece that a place is looked for from, and the largest distance at which it counts as found. */
const SAMPLES = 3000;
const FOUND_PX = 0.75;
/** A line that was drawn over a part of the photo does not hide where that is, if it is not wider than twice this. */
const STROKE_PX = 4;
const AROUND = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [dx, dy] as const));

/** Splines take long to solve, and pieces never change. */
const solved = new WeakMap<Transform, { size: string; map: Mapping }>();

/** A map of pixels. */
export function mapping(transform: Transform, width: number, height: number): Mapping {
  const size = `${width}×${height}`;
  const known = solved.get(transform);
  if (known?.size === size) return known.map;
  let map: Mapping;
  if (transform.kind === "affine") {
    const [a, b, c, d, e, f] = transform.matrix;
    map = (x, y) => ({
      x: a * x + (c * y * width) / height + e * width,
      y: (b * x * height) / width + d * y + f * height,
    });
  } else {
    const pixels = (points: readonly (readonly number[])[]) =>
      points.map(([x, y]): Point => ({ x: x * width, y: y * height }));
    map = thinPlate(pixels(transform.points), pixels(transform.sources));
  }
  solved.set(transform, { size, map });
  return map;
}

/** Where places of the photo, in pixels of the drawing, are in it now; null where it does not show them. */
export function placesOf(origin: Origin, points: readonly Point[]): Place[] {
  const { width, height, data } = origin.plane;
  const at = (x: number, y: number) =>
    data[Math.min(height - 1, Math.max(0, Math.floor(y))) * width + Math.min(width - 1, Math.max(0, Math.floor(x)))];
  const valueAt = ({ x, y }: Point) => {
    for (let reach = 0; reach <= STROKE_PX; reach++) {
      for (const [dx, dy] of AROUND) {
        const value = at(x + reach * dx, y + reach * dy);
        if (value !== DRAWN) return value;
      }
    }
    return DRAWN;
  };
  const found: Place[] = points.map((p) => (valueAt(p) === UNMOVED ? { ...p } : null));
  if (found.every((place) => place)) return found;
  const counts = new Map<number, number>();
  for (const value of data) if (value >= FIRST) counts.set(value, (counts.get(value) ?? 0) + 1);
  for (const [value, count] of [...counts].sort(([a], [b]) => a - b)) {
    if (found.every((place) => place)) break;
    if (origin.piece(value).picture) continue;
    const maps = origin.piece(value).transforms.map((transform) => mapping(transform, width, height));
    const map: Mapping = (x, y) => maps.reduce<Point>((p, next) => next(p.x, p.y), { x, y });
    const stride = Math.max(1, Math.floor(count / SAMPLES));
    const samples: { at: Point; from: Point }[] = [];
    let seen = 0;
    for (let i = 0; i < data.length; i++) {
      if (data[i] !== value || seen++ % stride) continue;
      const at = { x: (i % width) + 0.5, y: Math.floor(i / width) + 0.5 };
      samples.push({ at, from: map(at.x, at.y) });
    }
    points.forEach((p, i) => {
      if (found[i]) return;
      const away = ({ from }: { from: Point }) => (from.x - p.x) ** 2 + (from.y - p.y) ** 2;
      const start = samples.reduce((best, one) => (away(one) < away(best) ? one : best));
      const at = invertAt(map, p.x, p.y, start.at);
      const there = map(at.x, at.y);
      if (valueAt(at) === value && Math.hypot(there.x - p.x, there.y - p.y) < FOUND_PX) found[i] = at;
    });
  }
  return found;
}
