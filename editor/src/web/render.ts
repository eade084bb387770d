import { FIRST, type OriginData } from "../raster/origin";
import { blend, blendMask } from "../render/blending";
import { antialiased, copied, type Matched, moves, type OriginMap } from "../render/copies";
import { changedPixels, cleaned, encode, type Layers, toPicture } from "../render/encoding";
import type { Options, Training } from "./messages";
import type { Network, Painted } from "./network";

/** Pictures of a drawing, one after the other: as the network paints it, and, if that can be improved, a better one. */
export async function* render(
  network: Network,
  training: Training,
  drawing: { layers: Layers; origin: OriginData },
  options: Options,
): AsyncGenerator<{ image: Uint8Array; final: boolean }> {
  const { size, photo, unedited, encoding } = training;
  const layers = cleaned(drawing.layers, training.layers, size);
  const changed = changedPixels(layers, training.layers, size);
  const origin = originOf(drawing.origin);
  if (!changed.includes(1) && !moves(origin)) {
    yield { image: options.keepOriginal ? photo : unedited, final: true };
    return;
  }
  const painted = await network.run(encode(layers, encoding, size), size);
  const matched = matches(painted, size.width, size.height);
  const composed = (image: Uint8Array, weight: ArrayLike<number>) =>
    options.keepOriginal ? blend(photo, image, weight) : image;
  if (!matched || !moves(origin)) {
    const image = toPicture(painted.image);
    yield { image: composed(image, blendMask(changed, image, unedited, size)), final: true };
    return;
  }
  const known = copied(matched, origin, photo, size);
  const touched = origin.index.map((value, i) => (known.hole[i] || known.rest[i] || value >= FIRST ? 1 : 0));
  yield { image: composed(antialiased(known.image, origin, photo, size), touched), final: true };
}

function originOf({ bytes, pieces }: OriginData): OriginMap {
  const index = new Uint16Array(bytes.length / 2).map((_, i) => bytes[2 * i] | (bytes[2 * i + 1] << 8));
  return { index, pieces };
}

/** A network's picture with its sources in pixels; null for a network that does not copy. */
function matches({ image, coords, confidence }: Painted, width: number, height: number): Matched | null {
  if (!coords || !confidence) return null;
  const field = new Float32Array(coords.length);
  for (let k = 0; k < coords.length; k += 2) {
    field[k] = ((coords[k + 1] + 1) / 2) * (height - 1);
    field[k + 1] = ((coords[k] + 1) / 2) * (width - 1);
  }
  return { image: toPicture(image), field, confidence };
}
