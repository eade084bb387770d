import { FIRST, type OriginData } from "../raster/origin";
import { blend, blendMask } from "../render/blending";
import { antialiased, copied, type Matched, moves, type OriginMap } from "../render/copies";
import { changedPixels, cleaned, encode, type Layers, toPicture } from "../render/encoding";
import { type Places, polishing, referenceOf } from "../synthesis/polish";
import type { Options, Training } from "./messages";
import type { Network, Painted } from "./network";

/**
 * Pictures of a drawing, one after the other: as the network paints it, and a better one; null between parts of the work.
 */
export async function* render(
  network: Network,
  training: Training,
  drawing: { layers: Layers; origin: OriginData },
  options: Options,
): AsyncGenerator<{ image: Uint8Array; final: boolean } | null> {
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
  if (!matched) {
    const image = toPicture(painted.image);
    yield { image: composed(image, blendMask(changed, image, unedited, size)), final: true };
    return;
  }
  const given = moves(origin) ? ofKnownOrigin(matched, origin, training) : ofNetwork(matched, changed, training);
  const finished = (image: Uint8Array) => composed(antialiased(image, origin, photo, size), given.weight);
  yield { image: finished(given.render.image), final: !options.synthesis };
  if (!options.synthesis) return;
  const reference = referenceOf(photo, training.layers, size);
  const better = yield* patiently(polishing(given.render, layers, given.places, reference, size, options.seed));
  yield { image: finished(better ?? given.render.image), final: true };
}

/** A render, its weight in the result, and what may be replaced in it. */
interface Given {
  readonly render: Matched;
  readonly weight: ArrayLike<number>;
  readonly places: Places;
}

function ofNetwork(render: Matched, changed: Uint8Array, { unedited, size }: Training): Given {
  const weight = blendMask(changed, render.image, unedited, size);
  const nowhere = new Uint8Array(changed.length);
  const within = Uint8Array.from(weight, (share) => (share > 0 ? 1 : 0));
  return { render, weight, places: { within, unknown: nowhere, forbidden: nowhere } };
}

/** Moved parts are copied from where they come from; what was removed is unknown. */
function ofKnownOrigin(matched: Matched, origin: OriginMap, { photo, size }: Training): Given {
  const render = copied(matched, origin, photo, size);
  const within = render.hole.map((is, i) => is | render.rest[i]);
  const weight = within.map((is, i) => (is || origin.index[i] >= FIRST ? 1 : 0));
  return { render, weight, places: { within, unknown: render.hole, forbidden: render.forbidden } };
}

/** Work through something in parts, and look at messages between them. */
async function* patiently<T>(work: Generator<void, T>): AsyncGenerator<null, T> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    yield null;
    await new Promise((resume) => setTimeout(resume));
  }
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
