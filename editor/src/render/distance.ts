import type { Size } from "./size";

/**
 * Euclidean distance from the centre of each pixel to that of the nearest one of a mask; Infinity without any (Felzenszwalb
 * and Huttenlocher 2012: the lower envelope of parabolas, one pass per dimension).
 */
export function distanceTo(mask: ArrayLike<number | boolean>, { width, height }: Size): Float32Array {
  const squared = new Float64Array(width * height);
  for (let x = 0; x < width; x++) {
    let last = Number.NEGATIVE_INFINITY;
    for (let y = 0; y < height; y++) {
      if (mask[y * width + x]) last = y;
      squared[y * width + x] = y - last;
    }
    last = Number.POSITIVE_INFINITY;
    for (let y = height - 1; y >= 0; y--) {
      const i = y * width + x;
      if (mask[i]) last = y;
      squared[i] = Math.min(squared[i], last - y) ** 2;
    }
  }
  const out = new Float32Array(width * height);
  const column = new Int32Array(width);
  const from = new Float64Array(width + 1);
  for (let y = 0; y < height; y++) {
    const row = squared.subarray(y * width, (y + 1) * width);
    let top = -1;
    for (let x = 0; x < width; x++) {
      if (row[x] === Number.POSITIVE_INFINITY) continue;
      let start = Number.NEGATIVE_INFINITY;
      while (top >= 0) {
        const other = column[top];
        start = (row[x] + x * x - row[other] - other * other) / (2 * (x - other));
        if (start > from[top]) break;
        top--;
        start = Number.NEGATIVE_INFINITY;
      }
      column[++top] = x;
      from[top] = start;
    }
    let k = 0;
    for (let x = 0; x < width; x++) {
      while (k < top && from[k + 1] <= x) k++;
      out[y * width + x] = top < 0 ? Number.POSITIVE_INFINITY : Math.sqrt(row[column[k]] + (x - column[k]) ** 2);
    }
  }
  return out;
}

/** The pixels that are at most a distance away from one of a mask. */
export function near(mask: ArrayLike<number | boolean>, distance: number, size: Size): Uint8Array {
  return Uint8Array.from(distanceTo(mask, size), (value) => (value <= distance ? 1 : 0));
}
