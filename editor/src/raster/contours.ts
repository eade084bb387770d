import type { Place } from "./bending";
import { walkLine } from "./line";
import { inside, type Plane } from "./plane";
import { Dirty, type Rect } from "./rect";

/** Points that are joined one after the other, by their numbers; the last to the first, if it is closed. */
interface Chain {
  readonly points: readonly number[];
  readonly closed: boolean;
}

function walk(chains: readonly Chain[], places: readonly Place[], visit: (x: number, y: number) => void): void {
  for (const { points, closed } of chains) {
    points.forEach((from, i) => {
      const a = places[from];
      const b = places[points[i + 1] ?? (closed ? points[0] : from)];
      const pixel = (p: { x: number; y: number }) => ({ x: Math.floor(p.x), y: Math.floor(p.y) });
      if (a && b) walkLine(pixel(a), pixel(b), visit);
    });
  }
}

/** Draw chains of points as lines one pixel wide. Returns what was touched. */
export function drawChains(lines: Plane, chains: readonly Chain[], places: readonly Place[]): Rect {
  const dirty = new Dirty();
  walk(chains, places, (x, y) => {
    if (!inside(lines, x, y)) return;
    lines.data[y * lines.width + x] = 1;
    dirty.pixel(x, y);
  });
  return dirty.rect;
}

/** Erase such lines, and what is a pixel beside them: they may have been drawn at another size. */
export function eraseChains(lines: Plane, chains: readonly Chain[], places: readonly Place[]): void {
  walk(chains, places, (x, y) => {
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        if (inside(lines, x + dx, y + dy)) lines.data[(y + dy) * lines.width + x + dx] = 0;
      }
    }
  });
}
