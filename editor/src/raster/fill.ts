import { createPlane, inside, type Plane, type Point, type Samples } from "./plane";
import { Dirty, type Rect } from "./rect";

export interface Flood {
  /** 1 where the fill reached. */
  mask: Plane;
  rect: Rect;
  count: number;
}

/**
 * Scanline flood fill: the pixels connected with `start` (four neighbours) that have its label.
 * With `walls` the fill stops at them but includes the wall pixels that border it, so that no seam of the old label is left
 * under a line.
 */
export function flood(labels: Plane, start: Point, walls?: Plane): Flood {
  const { width, height, data } = labels;
  const mask = createPlane(width, height);
  const dirty = new Dirty();
  let count = 0;
  const sx = Math.round(start.x);
  const sy = Math.round(start.y);
  if (!inside(labels, sx, sy)) return { mask, rect: dirty.rect, count };
  const label = data[sy * width + sx];
  const block = walls?.data;
  const open = (i: number) => data[i] === label && mask.data[i] === 0 && !block?.[i];
  const stack: number[] = [sy * width + sx];
  // The first pixel counts even if it is on a line, because the user clicked it.
  let first = true;
  while (stack.length) {
    const seed = stack.pop()!;
    if (!first && !open(seed)) continue;
    first = false;
    const y = Math.floor(seed / width);
    const row = y * width;
    let from = seed - row;
    let to = from + 1;
    while (from > 0 && open(row + from - 1)) from--;
    while (to < width && open(row + to)) to++;
    mask.data.fill(1, row + from, row + to);
    dirty.span(from, to, y);
    count += to - from;
    for (const next of [y - 1, y + 1]) {
      if (next < 0 || next >= height) continue;
      const base = next * width;
      let running = false;
      for (let x = from; x < to; x++) {
        const here = open(base + x);
        if (here && !running) stack.push(base + x);
        running = here;
      }
    }
  }
  if (block) count += takeWalls(mask, labels, block, label, dirty);
  return { mask, rect: dirty.rect, count };
}

function takeWalls(mask: Plane, labels: Plane, walls: Uint8Array, label: number, dirty: Dirty): number {
  const { width, height } = mask;
  const { x0, y0, x1, y1 } = dirty.rect;
  const taken: number[] = [];
  for (let y = Math.max(0, y0 - 1); y < Math.min(height, y1 + 1); y++) {
    for (let x = Math.max(0, x0 - 1); x < Math.min(width, x1 + 1); x++) {
      const i = y * width + x;
      if (mask.data[i] || !walls[i] || labels.data[i] !== label) continue;
      if (
        (x > 0 && mask.data[i - 1]) ||
        (x + 1 < width && mask.data[i + 1]) ||
        (y > 0 && mask.data[i - width]) ||
        (y + 1 < height && mask.data[i + width])
      ) {
        taken.push(i);
      }
    }
  }
  for (const i of taken) {
    mask.data[i] = 1;
    dirty.pixel(i % width, Math.floor(i / width));
  }
  return taken.length;
}

/** Write a value wherever a mask is set. */
export function paintMask(plane: Plane, mask: Plane, rect: Rect, value: number): void {
  for (let y = rect.y0; y < rect.y1; y++) {
    const row = y * plane.width;
    for (let i = row + rect.x0; i < row + rect.x1; i++) if (mask.data[i]) plane.data[i] = value;
  }
}

/** The same, over the whole plane. */
export function fillMask(plane: Plane<Samples>, mask: Plane, value: number): void {
  for (let i = 0; i < mask.data.length; i++) if (mask.data[i]) plane.data[i] = value;
}
