import type { Size } from "../render/size";
import { clampedIndex, each } from "./levels";

/** Patches have 7 × 7 pixels. */
export const RADIUS = 3;
const SIDE = 2 * RADIUS + 1;
/** Integer value of 1: of white. */
export const UNIT = 255;
/** What patches are compared on: three colours and three guides of lines. */
export const CHANNELS = 6;
const COLOURS = 3;
/** A guide that counts nothing, because nothing is known of a drawing there. */
const UNKNOWN = -(2 ** 15);
/** What different labels cost in a pixel, in the unit of a squared difference of a colour. */
const OTHER_LABEL = 2.8;
const LABEL_COST = Math.round(OTHER_LABEL * UNIT * UNIT);

/** A picture with the guides of its drawing, ready to be compared; a border of `RADIUS` repeats what is at its edge. */
export interface Patches {
  readonly size: Size;
  /** Pixels per row, with borders. */
  readonly stride: number;
  readonly values: Int16Array;
  readonly labels: Uint8Array;
}

/** The same numbers before they are quantised, without borders. */
export interface Guides {
  readonly labels: Uint8Array;
  /** Three per pixel, weighted; NaN where nothing is known. */
  readonly lines: Float32Array;
}

/** @param colours RGB, 0 to 1. */
export function patches(colours: Float32Array, { labels, lines }: Guides, size: Size): Patches {
  const bordered = { width: size.width + 2 * RADIUS, height: size.height + 2 * RADIUS };
  const values = new Int16Array(bordered.width * bordered.height * CHANNELS);
  const names = new Uint8Array(bordered.width * bordered.height);
  each(bordered, (k, x, y) => {
    const i = clampedIndex(x - RADIUS, y - RADIUS, size);
    names[k] = labels[i];
    for (let c = 0; c < COLOURS; c++) values[CHANNELS * k + c] = Math.round(UNIT * colours[COLOURS * i + c]);
    for (let c = 0; c < CHANNELS - COLOURS; c++) {
      const guide = lines[(CHANNELS - COLOURS) * i + c];
      values[CHANNELS * k + COLOURS + c] = Number.isNaN(guide) ? UNKNOWN : Math.round(UNIT * guide);
    }
  });
  return { size, stride: bordered.width, values, labels: names };
}

/** Sum of squared differences of two patches, given by their centres; any number beyond a limit stands for all. */
export function distance(
  source: Patches,
  target: Patches,
  sx: number,
  sy: number,
  tx: number,
  ty: number,
  limit: number,
): number {
  let total = 0;
  for (let row = 0; row < SIDE; row++) {
    let s = (sy + row) * source.stride + sx;
    let t = (ty + row) * target.stride + tx;
    for (let column = 0; column < SIDE; column++, s++, t++) {
      const a = CHANNELS * s;
      const b = CHANNELS * t;
      for (let c = 0; c < COLOURS; c++) {
        const difference = source.values[a + c] - target.values[b + c];
        total += difference * difference;
      }
      if (source.labels[s] !== target.labels[t]) total += LABEL_COST;
      if (target.values[b + COLOURS] === UNKNOWN) continue;
      for (let c = COLOURS; c < CHANNELS; c++) {
        const difference = source.values[a + c] - target.values[b + c];
        total += difference * difference;
      }
    }
    if (total >= limit) return total;
  }
  return total;
}

/** How much two drawings differ in a pixel each, in the unit of a squared difference of a colour. */
export function guideDifference(one: Guides, i: number, other: Guides, j: number): number {
  let total = one.labels[i] === other.labels[j] ? 0 : OTHER_LABEL;
  for (let c = 0; c < 3; c++) total += (one.lines[3 * i + c] - other.lines[3 * j + c]) ** 2;
  return total;
}
