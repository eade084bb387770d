import type { Rgb } from "./palette";
import type { Plane } from "./plane";

/** The mean colour of each label's pixels in a picture; null for labels without any. */
export function meanColours(labels: Plane, rgba: Uint8ClampedArray, count: number): (Rgb | null)[] {
  const sums = new Float64Array(4 * 256);
  labels.data.forEach((label, i) => {
    sums[4 * label] += rgba[4 * i];
    sums[4 * label + 1] += rgba[4 * i + 1];
    sums[4 * label + 2] += rgba[4 * i + 2];
    sums[4 * label + 3]++;
  });
  return Array.from({ length: count }, (_, label) => {
    const pixels = sums[4 * label + 3];
    const mean = (channel: number) => Math.round(sums[4 * label + channel] / pixels);
    return pixels ? [mean(0), mean(1), mean(2)] : null;
  });
}
