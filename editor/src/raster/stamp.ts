import { walkLine } from "./line";
import type { Plane, Point } from "./plane";
import { Dirty, type Rect } from "./rect";

export interface StrokePoint extends Point {
  /** Diameter in pixels at this point; pen pressure changes it along a stroke. */
  size: number;
}

const halves = new Map<number, Int16Array>();

/** Half widths of a disc's rows, for a diameter in whole pixels; index 0 is the top row. */
function discRows(diameter: number): Int16Array {
  let rows = halves.get(diameter);
  if (!rows) {
    rows = new Int16Array(diameter);
    const radius = diameter / 2;
    for (let i = 0; i < diameter; i++) {
      const dy = i + 0.5 - radius;
      // A pixel belongs to the disc if its centre does. The quarter keeps small discs from looking like plus signs.
      const reach = Math.sqrt(Math.max(0, radius * radius + 0.25 - dy * dy));
      rows[i] = diameter % 2 ? 2 * Math.floor(reach) + 1 : 2 * Math.floor(reach + 0.5);
    }
    halves.set(diameter, rows);
  }
  return rows;
}

/** Stamp a disc: even diameters sit around the pixel's upper left corner, odd ones around its centre. */
export function stampDisc(plane: Plane, x: number, y: number, diameter: number, value: number, dirty: Dirty): void {
  const size = Math.max(1, Math.round(diameter));
  const rows = discRows(size);
  const top = Math.round(y) - (size >> 1);
  for (let i = 0; i < size; i++) {
    const row = top + i;
    if (row < 0 || row >= plane.height) continue;
    const left = Math.round(x) - (rows[i] >> 1);
    const from = Math.max(0, left);
    const to = Math.min(plane.width, left + rows[i]);
    if (to <= from) continue;
    plane.data.fill(value, row * plane.width + from, row * plane.width + to);
    dirty.span(from, to, row);
  }
}

/** Stamp discs along a segment; the size is interpolated linearly. */
export function strokeSegment(plane: Plane, from: StrokePoint, to: StrokePoint, value: number): Rect {
  const dirty = new Dirty();
  const length = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y));
  walkLine(from, to, (x, y) => {
    const progress = length === 0 ? 1 : Math.max(Math.abs(x - from.x), Math.abs(y - from.y)) / length;
    stampDisc(plane, x, y, from.size + (to.size - from.size) * Math.min(1, progress), value, dirty);
  });
  return dirty.rect;
}
