import type { Matched } from "../render/copies";
import { boundaries, closeness, type Layers } from "../render/encoding";
import { dilate, mean, open } from "../render/filters";
import type { Size } from "../render/size";
import { incoherence, patchVariance } from "./incoherence";
import { clampedIndex } from "./levels";
import { type Guides, guideDifference } from "./patches";
import { type Reference, synthesising } from "./synthesise";

/**
 * What is replaced, as in `primage.synthesis.regions`: incoherence from which a patch is, and as a share of its own variance;
 * disagreement of the drawings; how narrow a part is ignored; how far the rest is grown.
 */
const INCOHERENT = 0.008;
const SHARE = 0.13;
const FLAT = 0.004;
const DISAGREES = 0.3;
const SPECK_PX = 2;
const STRIP_PX = 5;
const GROWTH_PX = 8;
/** Disagreement at which the trust in the network's source has fallen to 1 / e. */
const TOLERANCE = 0.3;
/** Of guides: the weight of lines, and the distance to a line beyond which pixels do not differ. */
const LINES = 2;
const FAR_PX = 16;

/** What a stage may do. */
export interface Places {
  /** Pixels that may be replaced. */
  readonly within: Uint8Array;
  /** Those about which the render says nothing, and places of the photo that may not be copied. */
  readonly unknown: Uint8Array;
  readonly forbidden: Uint8Array;
}

export function referenceOf(photo: Uint8Array, layers: Layers, size: Size): Reference {
  return { photo: shares(photo), guides: guidesOf(layers, size) };
}

/**
 * Replace what is wrong in a render by patches of the photo. Yields between its rounds.
 *
 * @returns the picture, RGB; null if there is nothing to replace.
 */
export function* polishing(
  render: Matched,
  layers: Layers,
  { within, unknown, forbidden }: Places,
  reference: Reference,
  size: Size,
  seed: number,
): Generator<void, Uint8Array | null> {
  const picture = shares(render.image);
  const drawn = guidesOf(layers, size);
  const judged = within.map((is, i) => (is && !unknown[i] ? 1 : 0));
  const unlike = incoherence(picture, reference.photo, render.field, judged, size);
  yield;
  const variance = patchVariance(picture, size);
  const wrong = disagreement(drawn, reference.guides, render.field, size);
  const torn = judged.map((is, i) =>
    is && unlike[i] > INCOHERENT && unlike[i] > SHARE * (variance[i] + FLAT) ? 1 : 0,
  );
  const different = judged.map((is, i) => (is && wrong[i] > DISAGREES ? 1 : 0));
  const opened = [open(torn, SPECK_PX, size), open(different, STRIP_PX, size)];
  const grown = dilate(
    torn.map((_, i) => opened[0][i] | opened[1][i]),
    GROWTH_PX,
    size,
  );
  // Labels alone leave the inside of each area to chance, so all of it is replaced.
  const all = !layers.edges && layers.segments !== undefined;
  const hole = Float32Array.from(within, (is, i) => (is && (all || grown[i] || unknown[i]) ? 1 : 0));
  if (!hole.includes(1)) return null;
  const blank = Float32Array.from(unknown, (is, i) => (is && hole[i] ? 1 : 0));
  const target = {
    picture,
    guides: { ...drawn, lines: drawn.lines.map((value, k) => (blank[Math.floor(k / 3)] ? Number.NaN : value)) },
    prior: render.field,
    trust: render.confidence.map((share, i) => share * Math.exp(-wrong[i] / TOLERANCE)),
    hole,
    unknown: blank,
  };
  const found = yield* synthesising(target, reference, forbidden, size, seed);
  if (!found) return null;
  return render.image.map((value, k) => {
    if (!hole[Math.floor(k / 3)]) return value;
    return Math.min(255, Math.max(0, Math.round(255 * found[k])));
  });
}

function shares(rgb: Uint8Array): Float32Array {
  return Float32Array.from(rgb, (value) => value / 255);
}

/** Labels, or the colours of a painting by number; lines, how close they are, and how far. */
function guidesOf({ segments, edges, colours }: Layers, size: Size): Guides {
  const pixels = size.width * size.height;
  const labels = segments ?? (colours ? numbered(colours, pixels) : new Uint8Array(pixels));
  const drawn = edges ?? (segments ? boundaries({ ...size, data: segments }).data : new Uint8Array(pixels));
  const near = closeness(drawn, size);
  const empty = !drawn.includes(1);
  const weight = Math.sqrt(LINES);
  const lines = new Float32Array(3 * pixels);
  for (let i = 0; i < pixels; i++) {
    lines[3 * i] = 0.7 * weight * drawn[i];
    lines[3 * i + 1] = empty ? 0 : weight * near[i];
    // The closeness is exp(-d / 4 px).
    lines[3 * i + 2] = empty ? 0 : (weight * Math.min(FAR_PX, -4 * Math.log(near[i]))) / (2 * FAR_PX);
  }
  return { labels, lines };
}

/** The same number for the same colour, whichever drawing it is in. */
function numbered(colours: Uint8Array, pixels: number): Uint8Array {
  return Uint8Array.from({ length: pixels }, (_, i) => {
    const code = (colours[3 * i] << 16) | (colours[3 * i + 1] << 8) | colours[3 * i + 2];
    return Math.imul(code, 0x9e3779b1) >>> 24;
  });
}

/** How much a drawing differs from the training drawing at the sources of its pixels; mean over a patch. */
function disagreement(drawn: Guides, training: Guides, field: Float32Array, size: Size): Float32Array {
  const differences = Float32Array.from(drawn.labels, (_, i) => {
    const source = clampedIndex(Math.round(field[2 * i + 1]), Math.round(field[2 * i]), size);
    return guideDifference(drawn, i, training, source);
  });
  return mean(differences, 7, size);
}
