import type { Place } from "../raster/bending";
import type { Point } from "../raster/plane";
import { type OnCanvas, photoIn } from "../state/margins";
import type { Figure } from "../state/people";
import { inPixels } from "../state/people";

/** Points of a part this close to each other follow one another, in shares of the way around it. */
const REACH = 0.25;
/** A head cannot be turned further than this by one drag; beyond, it would look flat. */
const FURTHEST = Math.PI / 6;
/** Parts that move together with another one. */
const ALONG: Readonly<Record<string, string>> = { "right eye": "right iris", "left eye": "left iris" };
/** Moving the outline of a face moves all of it. */
const OUTLINE = "face oval";

function shifted(places: readonly Place[], by: Point, weight: (i: number) => number): Place[] {
  return places.map((p, i) => {
    const w = weight(i);
    return p && w ? { x: p.x + w * by.x, y: p.y + w * by.y } : p;
  });
}

/** Move one point; its neighbours on the same part follow, unless it moves alone. */
export function movePoint(figure: Figure, places: readonly Place[], point: number, by: Point, alone: boolean): Place[] {
  const weights = new Map<number, number>([[point, 1]]);
  for (const own of alone ? [] : figure.curves.filter(({ points }) => points.includes(point))) {
    const middle = own.at[own.points.indexOf(point)];
    for (const curve of figure.curves.filter(({ part }) => part === own.part)) {
      curve.points.forEach((other, i) => {
        const apart = Math.abs(curve.at[i] - middle);
        const away = Math.min(apart, 1 - apart) / REACH;
        const weight = away < 1 ? Math.cos((Math.PI / 2) * away) ** 2 : 0;
        weights.set(other, Math.max(weights.get(other) ?? 0, weight));
      });
    }
  }
  return shifted(places, by, (i) => weights.get(i) ?? 0);
}

/** Move a whole part. */
export function movePart(figure: Figure, places: readonly Place[], part: string, by: Point): Place[] {
  const parts = [part, ALONG[part]];
  const own = figure.curves.filter((curve) => part === OUTLINE || parts.includes(curve.part));
  const moved = new Set(own.flatMap(({ points }) => points));
  return shifted(places, by, (i) => (moved.has(i) ? 1 : 0));
}

/** Turn a head in space, so far that its nose follows the pointer. Its outline hardly moves. */
export function turnHead(figure: Figure, places: readonly Place[], by: Point, drawing: OnCanvas): Place[] {
  const oval = figure.curves.find(({ name }) => name === OUTLINE)?.points.filter((i) => places[i]) ?? [];
  const nose = figure.turning ?? null;
  if (nose === null || !oval.length || !figure.depths.length) return [...places];
  const mean = (value: (i: number) => number) => oval.reduce((sum, i) => sum + value(i), 0) / oval.length;
  const spread = (points: readonly Place[]) => {
    const [x, y] = [mean((i) => points[i]!.x), mean((i) => points[i]!.y)];
    return { x, y, size: mean((i) => Math.hypot(points[i]!.x - x, points[i]!.y - y)) };
  };
  const now = spread(places);
  // Depths are those of the photo; the drawing may show the face larger or smaller.
  const { x0, x1 } = photoIn(drawing);
  const scale = (x1 - x0) * (now.size / Math.max(1e-6, spread(inPixels(figure, drawing)).size));
  const rim = mean((i) => figure.depths[i]);
  const depth = (i: number) => (figure.depths[i] - rim) * scale;
  const length = Math.max(1e-6, -depth(nose));
  const angle = (way: number) =>
    Math.max(-FURTHEST, Math.min(FURTHEST, Math.asin(Math.max(-1, Math.min(1, way / length)))));
  const [yaw, pitch] = [angle(by.x), angle(by.y)];
  return places.map((p, i) => {
    if (!p) return p;
    const [x, y, z] = [p.x - now.x, p.y - now.y, depth(i)];
    const deeper = x * Math.sin(yaw) + z * Math.cos(yaw);
    return {
      x: now.x + x * Math.cos(yaw) - z * Math.sin(yaw),
      y: now.y + y * Math.cos(pitch) - deeper * Math.sin(pitch),
    };
  });
}
