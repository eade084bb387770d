import type { Size } from "./size";

/** The index that is meant by one beyond an end, where a row is mirrored: d c b a | a b c d | d c b a. */
function mirrored(i: number, length: number): number {
  const period = 2 * length;
  const at = ((i % period) + period) % period;
  return at < length ? at : period - 1 - at;
}

/** Filter rows and columns by the same odd kernel; borders are mirrored. */
export function separable(values: ArrayLike<number>, kernel: readonly number[], { width, height }: Size): Float32Array {
  const radius = (kernel.length - 1) / 2;
  const pass = (from: ArrayLike<number>, length: number, step: number, lines: number, stride: number) => {
    const out = new Float32Array(width * height);
    for (let line = 0; line < lines; line++) {
      for (let i = 0; i < length; i++) {
        let sum = 0;
        for (let k = -radius; k <= radius; k++) {
          const at = i + k < 0 || i + k >= length ? mirrored(i + k, length) : i + k;
          sum += kernel[k + radius] * from[line * stride + at * step];
        }
        out[line * stride + i * step] = sum;
      }
    }
    return out;
  };
  return pass(pass(values, height, width, width, 1), width, 1, height, width);
}

/** A Gaussian, cut off at four standard deviations. */
export function gaussian(values: ArrayLike<number>, sigma: number, size: Size): Float32Array {
  const radius = Math.floor(4 * sigma + 0.5);
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return separable(
    values,
    weights.map((weight) => weight / total),
    size,
  );
}

/** The mean over a square with an odd side. */
export function mean(values: ArrayLike<number>, side: number, size: Size): Float32Array {
  return separable(values, new Array<number>(side).fill(1 / side), size);
}

/** Pixels that have one of a mask beside them, so many times; with `erode`, those that have one outside it are taken away. */
function spread(mask: Uint8Array, times: number, value: 0 | 1, { width, height }: Size): Uint8Array {
  let now = mask;
  for (let round = 0; round < times; round++) {
    const next = now.slice();
    for (let y = 0, i = 0; y < height; y++) {
      for (let x = 0; x < width; x++, i++) {
        if (now[i] !== value) continue;
        if (x > 0) next[i - 1] = value;
        if (x + 1 < width) next[i + 1] = value;
        if (y > 0) next[i - width] = value;
        if (y + 1 < height) next[i + width] = value;
      }
    }
    now = next;
  }
  return now;
}

/** Grow a mask by so many pixels, along rows and columns. */
export function dilate(mask: Uint8Array, times: number, size: Size): Uint8Array {
  return spread(mask, times, 1, size);
}

/** Shrink a mask by so many pixels; outside the picture there is nothing. */
export function erode(mask: Uint8Array, times: number, { width, height }: Size): Uint8Array {
  const bordered = { width: width + 2, height: height + 2 };
  const padded = new Uint8Array(bordered.width * bordered.height);
  for (let y = 0; y < height; y++) {
    padded.set(mask.subarray(y * width, (y + 1) * width), (y + 1) * bordered.width + 1);
  }
  const shrunk = spread(padded, times, 0, bordered);
  const out = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = (y + 1) * bordered.width + 1;
    out.set(shrunk.subarray(start, start + width), y * width);
  }
  return out;
}

/** What remains of a mask without parts that are too narrow. */
export function open(mask: Uint8Array, times: number, size: Size): Uint8Array {
  return dilate(erode(mask, times, size), times, size);
}

/** The connected parts of a mask (eight neighbours) that contain a pixel of another mask. */
export function partsWith(mask: Uint8Array, wanted: Uint8Array, { width, height }: Size): Uint8Array {
  const out = new Uint8Array(mask.length);
  const stack: number[] = [];
  for (let i = 0; i < mask.length; i++) if (mask[i] && wanted[i]) stack.push(i);
  for (const i of stack) out[i] = 1;
  for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
    const x = i % width;
    const y = (i - x) / width;
    for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
      for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
        const j = v * width + u;
        if (!mask[j] || out[j]) continue;
        out[j] = 1;
        stack.push(j);
      }
    }
  }
  return out;
}
