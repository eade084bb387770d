import { mean } from "../render/filters";
import type { Size } from "../render/size";
import { doubled, half, halved, sparse } from "./levels";
import { type Guides, patches, RADIUS, UNIT } from "./patches";
import { allowedCentres, nearestAllowed, search } from "./search";

const SIDE = 2 * RADIUS + 1;
const PASSES = 4;

/**
 * How unlike the photo a picture is, patch by patch: the squared difference of its colours from those of the most similar
 * patch of the photo, per pixel of a patch at half the size. A patch that the photo has nowhere was torn or invented.
 *
 * @param field (y, x) of the source of each pixel, where the search starts.
 * @param within the pixels that are judged; 0 elsewhere.
 */
export function incoherence(
  picture: Float32Array,
  photo: Float32Array,
  field: Float32Array,
  within: Uint8Array,
  size: Size,
): Float32Array {
  const small = half(size);
  const guides: Guides = {
    labels: new Uint8Array(small.width * small.height),
    lines: new Float32Array(3 * small.width * small.height),
  };
  const source = patches(halved(photo, 3, size), guides, small);
  const target = patches(halved(picture, 3, size), guides, small);
  const some = halved(within, 1, size);
  const pixels = [...some.keys()].filter((i) => some[i] > 0);
  const from = { patches: source, allowed: allowedCentres(source, null) };
  const start = sparse(field, 2, size).map((value) => value / 2);
  const found = { match: nearestAllowed(start, pixels, from), cost: new Float64Array(some.length) };
  const pull = new Float32Array(some.length);
  search(from, { target, pixels, prior: start, pull }, found, PASSES, 0);
  return doubled(
    Float32Array.from(found.cost, (cost) => cost / (UNIT * UNIT * SIDE * SIDE)),
    size,
  );
}

/** Variance of the colours in each of these patches. */
export function patchVariance(picture: Float32Array, size: Size): Float32Array {
  const small = half(size);
  const colours = halved(picture, 3, size);
  const out = new Float32Array(small.width * small.height);
  for (let c = 0; c < 3; c++) {
    const channel = out.map((_, i) => colours[3 * i + c]);
    const average = mean(channel, SIDE, small);
    const square = mean(
      channel.map((value) => value * value),
      SIDE,
      small,
    );
    for (let i = 0; i < out.length; i++) out[i] += square[i] - average[i] ** 2;
  }
  return doubled(out, size);
}
