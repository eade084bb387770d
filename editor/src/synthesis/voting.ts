import type { Size } from "../render/size";
import { RADIUS, UNIT } from "./patches";
import type { Field } from "./search";

/** Cost at which the weight of a patch has fallen to 1 / e. */
const SIGMA = 0.3;

/**
 * Colour pixels with the weighted mean of what the patches around them show, in place (Wexler, Shechtman and Irani 2007).
 *
 * @param source RGB, 0 to 1, of the photo.
 * @param matched pixels that have a match.
 * @param doubt costs that are added, such as for the distance from what is known.
 */
export function vote(
  picture: Float32Array,
  pixels: readonly number[],
  matched: Uint8Array,
  { match, cost }: Field,
  doubt: Float32Array | null,
  { width, height }: Size,
  source: Float32Array,
  photo: Size,
): void {
  const weight = new Float32Array(matched.length);
  matched.forEach((is, i) => {
    if (is) weight[i] = Math.exp(-(cost[i] / (UNIT * UNIT) + (doubt?.[i] ?? 0)) / SIGMA) + 1e-4;
  });
  for (const i of pixels) {
    const x = i % width;
    const y = (i - x) / width;
    let [total, r, g, b] = [0, 0, 0, 0];
    for (let dy = -RADIUS; dy <= RADIUS; dy++) {
      if (y + dy < 0 || y + dy >= height) continue;
      for (let dx = -RADIUS; dx <= RADIUS; dx++) {
        if (x + dx < 0 || x + dx >= width) continue;
        const j = i + dy * width + dx;
        if (!matched[j]) continue;
        const share = weight[j] / (1 + 0.5 * (dx * dx + dy * dy));
        const from = 3 * (match[j] - dy * photo.width - dx);
        total += share;
        r += share * source[from];
        g += share * source[from + 1];
        b += share * source[from + 2];
      }
    }
    picture[3 * i] = r / total;
    picture[3 * i + 1] = g / total;
    picture[3 * i + 2] = b / total;
  }
}
