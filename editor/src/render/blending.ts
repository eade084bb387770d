import { distanceTo } from "./distance";
import { gaussian, partsWith } from "./filters";
import type { Size } from "./size";

/**
 * As shares of the shorter side: the distance around changed pixels within which the render is always used, and the width of
 * the transition to the photo. All numbers are those of `primage.render.blending`.
 */
const MARGIN = 0.035;
const FEATHER = 0.025;
/** Pixels that differ from the render of the unedited drawing by more levels are affected by edits. */
const AFFECTED_LEVELS = 10;
const SMOOTHING_PX = 1.5;

/**
 * The weight of the render in the result: 1 at edits and in connected areas where it differs from the render of the unedited
 * drawing, because inside a part that was moved the drawing is unchanged, but the photo is not.
 */
export function blendMask(changed: Uint8Array, image: Uint8Array, unedited: Uint8Array, size: Size): Float32Array {
  const out = new Float32Array(changed.length);
  if (!changed.includes(1)) return out;
  const short = Math.min(size.width, size.height);
  const reach = Math.max(3, MARGIN * short);
  const margin = Uint8Array.from(distanceTo(changed, size), (distance) => (distance <= reach ? 1 : 0));
  const levels = new Float32Array(changed.length);
  for (let i = 0, k = 0; i < levels.length; i++, k += 3) {
    for (let c = 0; c < 3; c++) levels[i] = Math.max(levels[i], Math.abs(image[k + c] - unedited[k + c]));
  }
  const affected = gaussian(levels, SMOOTHING_PX, size);
  const edited = partsWith(
    margin.map((inside, i) => (inside || affected[i] > AFFECTED_LEVELS ? 1 : 0)),
    margin,
    size,
  );
  const width = Math.max(3, FEATHER * short);
  distanceTo(edited, size).forEach((distance, i) => {
    const ramp = Math.max(0, 1 - distance / width);
    out[i] = ramp * ramp * (3 - 2 * ramp);
  });
  return out;
}

/** Mix a render with the photo. Where the weight is 0, the photo is kept byte for byte. */
export function blend(photo: Uint8Array, image: Uint8Array, weight: ArrayLike<number>): Uint8Array {
  return photo.map((value, k) => {
    const share = weight[Math.floor(k / 3)];
    return share === 0 ? value : Math.round(value * (1 - share) + image[k] * share);
  });
}
