import type { Size } from "../render/size";

/** Sides of half the size; an odd last row or column is repeated. */
export function half({ width, height }: Size): Size {
  return { width: (width + 1) >> 1, height: (height + 1) >> 1 };
}

/** Average blocks of 2 × 2 pixels, of numbers with some channels. */
export function halved(values: ArrayLike<number>, channels: number, size: Size): Float32Array {
  const small = half(size);
  const out = new Float32Array(small.width * small.height * channels);
  each(small, (k, x, y) => {
    for (const [dx, dy] of BLOCK) {
      const i = clampedIndex(2 * x + dx, 2 * y + dy, size);
      for (let c = 0; c < channels; c++) out[channels * k + c] += values[channels * i + c] / 4;
    }
  });
  return out;
}

/** One of each block's four values, which cannot be averaged. */
export function sparse<T extends Uint8Array | Float32Array>(values: T, channels: number, size: Size): T {
  const small = half(size);
  const out = values.slice(0, small.width * small.height * channels) as T;
  each(small, (k, x, y) => {
    const i = 2 * y * size.width + 2 * x;
    for (let c = 0; c < channels; c++) out[channels * k + c] = values[channels * i + c];
  });
  return out;
}

/** The same value for each pixel of a block. */
export function doubled(values: Float32Array, size: Size): Float32Array {
  const small = half(size);
  const out = new Float32Array(size.width * size.height);
  each(size, (i, x, y) => {
    out[i] = values[(y >> 1) * small.width + (x >> 1)];
  });
  return out;
}

const BLOCK = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;

export function clampedIndex(x: number, y: number, { width, height }: Size): number {
  return Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x));
}

/** Visit all pixels, row by row. */
export function each({ width, height }: Size, visit: (i: number, x: number, y: number) => void): void {
  for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++, i++) visit(i, x, y);
}
