import { bounds } from "./mask";
import type { Plane } from "./plane";
import { grow, isEmpty, type Rect } from "./rect";

/**
 * Fill a hole: each pixel of the mask gets the label of the nearest pixel outside (two sweeps that propagate the offset to
 * the nearest pixel, Danielsson 1980, within the mask's bounding box). Returns what was touched.
 */
export function fillHole(labels: Plane, mask: Plane): Rect {
  const inner = bounds(mask);
  if (isEmpty(inner)) return inner;
  const box = grow(inner, 1, labels);
  const w = box.x1 - box.x0;
  const h = box.y1 - box.y0;
  const far = 1 << 14;
  const dx = new Int16Array(w * h);
  const dy = new Int16Array(w * h);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      if (mask.data[(y + box.y0) * mask.width + x + box.x0]) dx[y * w + x] = far;
    }
  }
  const pull = (x: number, y: number, ox: number, oy: number) => {
    const nx = x + ox;
    const ny = y + oy;
    if (nx < 0 || ny < 0 || nx >= w || ny >= h) return;
    const i = y * w + x;
    const n = ny * w + nx;
    if (dx[n] === far) return;
    const cx = dx[n] + ox;
    const cy = dy[n] + oy;
    if (dx[i] === far || cx * cx + cy * cy < dx[i] * dx[i] + dy[i] * dy[i]) {
      dx[i] = cx;
      dy[i] = cy;
    }
  };
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      pull(x, y, -1, 0);
      pull(x, y, 0, -1);
      pull(x, y, -1, -1);
      pull(x, y, 1, -1);
    }
    for (let x = w - 1; x >= 0; x--) pull(x, y, 1, 0);
  }
  for (let y = h - 1; y >= 0; y--) {
    for (let x = w - 1; x >= 0; x--) {
      pull(x, y, 1, 0);
      pull(x, y, 0, 1);
      pull(x, y, 1, 1);
      pull(x, y, -1, 1);
    }
    for (let x = 0; x < w; x++) pull(x, y, -1, 0);
  }
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      const k = y * w + x;
      if ((dx[k] === 0 && dy[k] === 0) || dx[k] === far) continue;
      const row = (y + box.y0) * labels.width + x + box.x0;
      labels.data[row] = labels.data[row + dy[k] * labels.width + dx[k]];
    }
  }
  return inner;
}
