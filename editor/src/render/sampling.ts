import type { Piece } from "../raster/pieces";
import { mapping } from "../raster/places";
import type { Point } from "../raster/plane";
import type { Mapping } from "../raster/tps";
import type { Size } from "./size";

/** Coordinates this close to whole pixels are whole: the pixel itself is copied. */
const WHOLE_PX = 1e-3;
/** Pixels that cover more than this many pixels of the photo in some direction are means over them. */
const SHRINKS = 1.2;
const MOST_SAMPLES = 24;
/** A linear part that differs from the identity by less only shifts. */
const UNTURNED = 1e-6;
/** Of the bicubic kernel. */
const SHARPNESS = -0.75;

/** Where the pixels of a piece come from, in pixels; 0 is the left or upper border of the first. */
export function mapOf(piece: Piece, { width, height }: Size): Mapping {
  const maps = piece.transforms.map((transform) => mapping(transform, width, height));
  return (x, y) => maps.reduce<Point>((p, next) => next(p.x, p.y), { x, y });
}

/** Whether a piece was only shifted, not turned, scaled or bent. */
export function isShift({ transforms: [first, ...rest] }: Piece): boolean {
  if (!first) return true;
  return (
    rest.length === 0 &&
    first.kind === "affine" &&
    [1, 0, 0, 1].every((x, i) => Math.abs(first.matrix[i] - x) <= UNTURNED)
  );
}

/**
 * The colours of pixels of a piece, RGB: whole pixels of the photo where it was only shifted, bicubic where it was turned or
 * enlarged, and the mean of what a pixel covers where it shrank. All numbers are those of `primage.origin.sampling`.
 */
export function pieceColours(photo: Uint8Array, piece: Piece, pixels: readonly number[], size: Size): Float32Array {
  const map = mapOf(piece, size);
  const { width } = size;
  const source = (i: number, dx = 0, dy = 0) => map((i % width) + 0.5 + dx, Math.floor(i / width) + 0.5 + dy);
  const out = new Float32Array(3 * pixels.length);
  if (isShift(piece)) {
    const shift = map(0, 0);
    const [right, down] = [toEven(shift.x), toEven(shift.y)];
    pixels.forEach((i, k) => {
      copyPixel(photo, (i % width) + right, Math.floor(i / width) + down, size, out, 3 * k);
    });
    return out;
  }
  const span = (dx: number, dy: number) => {
    const spans = pixels.map((i) => {
      const [from, to] = [source(i), source(i, dx, dy)];
      return Math.hypot(to.x - from.x, to.y - from.y);
    });
    const most = spans.sort((a, b) => a - b)[Math.floor(0.95 * (spans.length - 1))];
    return Math.min(MOST_SAMPLES, Math.max(1, Math.ceil(most - SHRINKS + 1)));
  };
  const [across, down] = [span(1, 0), span(0, 1)];
  const offsets = (count: number) => Array.from({ length: count }, (_, n) => (n + 0.5) / count - 0.5);
  const colour = new Float32Array(3);
  pixels.forEach((i, k) => {
    if (across === 1 && down === 1) {
      const { x, y } = source(i);
      interpolate(photo, x - 0.5, y - 0.5, size, cubic, out, 3 * k);
      return;
    }
    for (const dx of offsets(across)) {
      for (const dy of offsets(down)) {
        const { x, y } = source(i, dx, dy);
        interpolate(photo, x - 0.5, y - 0.5, size, linear, colour, 0);
        for (let c = 0; c < 3; c++) out[3 * k + c] += colour[c] / (across * down);
      }
    }
  });
  return out;
}

/** Round to the nearest whole number, halves to the even one, as Python does. */
function toEven(value: number): number {
  const below = Math.floor(value);
  if (value - below !== 0.5) return Math.round(value);
  return below % 2 ? below + 1 : below;
}

function clamp(value: number, length: number): number {
  return Math.min(length - 1, Math.max(0, value));
}

function copyPixel(
  photo: Uint8Array,
  x: number,
  y: number,
  { width, height }: Size,
  out: Float32Array,
  at: number,
): void {
  const from = 3 * (clamp(y, height) * width + clamp(x, width));
  for (let c = 0; c < 3; c++) out[at + c] = photo[from + c];
}

/** Weights of the pixels around a place, from the one before it on (Keys 1981), and of the two around it. */
function cubic(t: number): number[] {
  const a = SHARPNESS;
  const inner = (d: number) => ((a + 2) * d - (a + 3)) * d * d + 1;
  const outer = (d: number) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  return [outer(1 + t), inner(t), inner(1 - t), outer(2 - t)];
}

function linear(t: number): number[] {
  return [0, 1 - t, t, 0];
}

function interpolate(
  photo: Uint8Array,
  x: number,
  y: number,
  size: Size,
  kernel: (t: number) => number[],
  out: Float32Array,
  at: number,
): void {
  const { width, height } = size;
  const [u, v] = [clamp(x, width), clamp(y, height)];
  if (Math.abs(u - Math.round(u)) < WHOLE_PX && Math.abs(v - Math.round(v)) < WHOLE_PX) {
    copyPixel(photo, Math.round(u), Math.round(v), size, out, at);
    return;
  }
  const [left, top] = [Math.floor(u), Math.floor(v)];
  const [across, down] = [kernel(u - left), kernel(v - top)];
  for (let c = 0; c < 3; c++) {
    let sum = 0;
    for (let j = 0; j < 4; j++) {
      if (down[j] === 0) continue;
      const row = clamp(top + j - 1, height) * width;
      for (let i = 0; i < 4; i++) sum += down[j] * across[i] * photo[3 * (row + clamp(left + i - 1, width)) + c];
    }
    out[at + c] = Math.min(255, Math.max(0, sum));
  }
}
