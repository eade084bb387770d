import type { Plane, Samples } from "./plane";
import { Dirty, type Rect } from "./rect";

/**
 * The boxes around the largest connected areas of one value (four neighbours; eight where only lines count).
 *
 * @param counts which values form areas.
 * @param least the number of pixels that an area needs.
 * @param most how many boxes are returned, of the largest areas.
 */
export function partBoxes(
  plane: Plane<Samples>,
  counts: (value: number) => boolean,
  least: number,
  most: number,
  diagonal = false,
): Rect[] {
  const { width, height, data } = plane;
  const seen = new Uint8Array(data.length);
  const stack = new Int32Array(data.length);
  const found: { rect: Rect; size: number }[] = [];
  for (let start = 0; start < data.length; start++) {
    const value = data[start];
    if (seen[start] || !counts(value)) continue;
    const dirty = new Dirty();
    let size = 0;
    let top = 0;
    const visit = (i: number) => {
      if (seen[i] || data[i] !== value) return;
      seen[i] = 1;
      stack[top++] = i;
    };
    visit(start);
    while (top) {
      const i = stack[--top];
      const x = i % width;
      const y = (i - x) / width;
      const [left, right, above, below] = [x > 0, x + 1 < width, y > 0, y + 1 < height];
      size++;
      dirty.pixel(x, y);
      if (left) visit(i - 1);
      if (right) visit(i + 1);
      if (above) visit(i - width);
      if (below) visit(i + width);
      if (!diagonal) continue;
      if (left && above) visit(i - width - 1);
      if (right && above) visit(i - width + 1);
      if (left && below) visit(i + width - 1);
      if (right && below) visit(i + width + 1);
    }
    if (size >= least) found.push({ rect: dirty.rect, size });
  }
  return found
    .sort((a, b) => b.size - a.size)
    .slice(0, most)
    .map(({ rect }) => rect);
}
