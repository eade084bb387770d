import type { Plane } from "./plane";
import { frame, grow, type Rect } from "./rect";

/**
 * Thin lines to one pixel inside a rectangle (Zhang and Suen 1984). Only pixels set in `allowed` are changed, so that a
 * stroke along an existing line does not erode that line elsewhere. Returns whether anything changed.
 */
export function thin(edges: Plane, within: Rect = frame(edges), allowed?: Plane): boolean {
  const { width, height, data } = edges;
  const { x0, y0, x1, y1 } = grow(within, 1, edges);
  const get = (x: number, y: number) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : data[y * width + x]);
  let changedEver = false;
  for (;;) {
    let changed = false;
    for (const phase of [0, 1]) {
      const gone: number[] = [];
      for (let y = y0; y < y1; y++) {
        for (let x = x0; x < x1; x++) {
          const i = y * width + x;
          if (!data[i] || (allowed && !allowed.data[i])) continue;
          const p2 = get(x, y - 1);
          const p3 = get(x + 1, y - 1);
          const p4 = get(x + 1, y);
          const p5 = get(x + 1, y + 1);
          const p6 = get(x, y + 1);
          const p7 = get(x - 1, y + 1);
          const p8 = get(x - 1, y);
          const p9 = get(x - 1, y - 1);
          const count = p2 + p3 + p4 + p5 + p6 + p7 + p8 + p9;
          if (count < 2 || count > 6) continue;
          const turns =
            (p2 < p3 ? 1 : 0) +
            (p3 < p4 ? 1 : 0) +
            (p4 < p5 ? 1 : 0) +
            (p5 < p6 ? 1 : 0) +
            (p6 < p7 ? 1 : 0) +
            (p7 < p8 ? 1 : 0) +
            (p8 < p9 ? 1 : 0) +
            (p9 < p2 ? 1 : 0);
          if (turns !== 1) continue;
          if (phase === 0 ? (p2 & p4 & p6) | (p4 & p6 & p8) : (p2 & p4 & p8) | (p2 & p6 & p8)) continue;
          gone.push(i);
        }
      }
      for (const i of gone) data[i] = 0;
      changed ||= gone.length > 0;
    }
    if (!changed) break;
    changedEver = true;
  }
  return changedEver;
}

/** Pixels that differ between two planes, and their neighbours: where a stroke may be thinned. */
export function changedNear(before: Plane, after: Plane, within: Rect): Plane {
  const out = { width: after.width, height: after.height, data: new Uint8Array(after.data.length) };
  for (let y = within.y0; y < within.y1; y++) {
    for (let x = within.x0; x < within.x1; x++) {
      const i = y * after.width + x;
      if (before.data[i] === after.data[i]) continue;
      for (let v = Math.max(0, y - 1); v <= Math.min(after.height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(after.width - 1, x + 1); u++) out.data[v * after.width + u] = 1;
      }
    }
  }
  return out;
}
