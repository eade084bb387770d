import { distanceTo } from "../render/distance";
import { dilate } from "../render/filters";
import type { Size } from "../render/size";
import { clampedIndex, each, half, halved, sparse } from "./levels";
import { type Guides, patches, RADIUS } from "./patches";
import { allowedCentres, type Field, nearestAllowed, search } from "./search";
import { vote } from "./voting";

/** Numbers of levels, each half as large; more are added until what is unknown is no wider than a patch. */
const LEVELS = 4;
const MOST_LEVELS = 6;
const ROUNDS = 5;
const FINEST_ROUNDS = 3;
const PASSES = 2;
/** What a squared pixel of distance from the network's source costs, where it is certain, and outside what is replaced. */
const PULL = 0.002;
const PULL_OUTSIDE = 0.02;
/** What a pixel of distance from what is known adds to the cost of a patch when it votes. */
const FALLOFF = 0.15;

/** The photo and its drawing. */
export interface Reference {
  /** RGB, 0 to 1. */
  readonly photo: Float32Array;
  readonly guides: Guides;
}

/** A picture, a part of which is to be synthesised. */
export interface Target {
  /** RGB, 0 to 1. */
  readonly picture: Float32Array;
  readonly guides: Guides;
  /** (y, x) of the expected source of each pixel, and how certain it is. */
  readonly prior: Float32Array;
  readonly trust: Float32Array;
  /** What to synthesise, and the part of it about which picture and prior say nothing. */
  readonly hole: Float32Array;
  readonly unknown: Float32Array;
}

interface Level {
  readonly size: Size;
  readonly target: Target;
  readonly reference: Reference;
  readonly forbidden: Uint8Array;
}

/**
 * Synthesise a part of a picture from patches of the photo, coarse to fine, guided by the drawing. Yields between its rounds.
 *
 * @param forbidden pixels of the photo that may not be copied.
 * @returns the picture, RGB, 0 to 1; null if no place of the photo is left to copy from.
 */
export function* synthesising(
  target: Target,
  reference: Reference,
  forbidden: Uint8Array,
  size: Size,
  seed: number,
): Generator<void, Float32Array | null> {
  const levels: Level[] = [{ size, target, reference, forbidden }];
  const width = 2 * distances(target.unknown, size).reduce((most, distance) => Math.max(most, distance), 0);
  while (
    levels.length < LEVELS ||
    (width > (2 * RADIUS + 1) * 2 ** (levels.length - 1) && levels.length < MOST_LEVELS)
  ) {
    const last = levels[levels.length - 1];
    if (Math.min(last.size.width, last.size.height) < 8 * RADIUS) break;
    levels.push(halvedLevel(last));
  }
  let above: { picture: Float32Array; match: Int32Array; matched: Uint8Array; size: Size } | null = null;
  for (let n = levels.length - 1; n >= 0; n--) {
    const here = levels[n];
    // At coarse levels a pixel is synthesised if most of it is: flat colours would spread from smaller shares.
    const hole = Uint8Array.from(here.target.hole, (share) => (share > (n ? 0.5 : 0) ? 1 : 0));
    const source = patches(here.reference.photo, here.reference.guides, here.size);
    const from = { patches: source, allowed: allowedCentres(source, here.forbidden) };
    if (!from.allowed.includes(1)) {
      if (n) continue;
      return null;
    }
    if (!hole.includes(1)) continue;
    const pixels = [...hole.keys()].filter((i) => hole[i]);
    const matched = dilate(hole, 2 * RADIUS, here.size);
    const centres = [...matched.keys()].filter((i) => matched[i]);
    const blank = Uint8Array.from(here.target.unknown, (share) => (share > (n ? 0.5 : 0) ? 1 : 0));
    const depth = distances(blank, here.size).map((distance) => FALLOFF * distance);
    const field: Field = {
      match: nearestAllowed(here.target.prior, centres, from),
      cost: new Float64Array(hole.length),
    };
    const picture = here.target.picture.slice();
    if (above) follow(field, picture, above, hole, from.allowed, here.size);
    else if (blank.includes(1)) fill(picture, here.target.unknown, here.size);
    const pull = hole.map(() => 0);
    const weights = Float32Array.from(pull, (_, i) =>
      hole[i] ? PULL * here.target.trust[i] * (1 - here.target.unknown[i]) : PULL_OUTSIDE,
    );
    for (let round = 0; round < (n ? ROUNDS : FINEST_ROUNDS); round++) {
      const compared = patches(picture, here.target.guides, here.size);
      const query = { target: compared, pixels: centres, prior: here.target.prior, pull: weights };
      search(from, query, field, PASSES, seed + 1000 * n + 10 * round);
      vote(picture, pixels, matched, field, depth, here.size, here.reference.photo, here.size);
      yield;
    }
    above = { picture, match: field.match, matched, size: here.size };
  }
  return above && above.size === size ? above.picture : null;
}

/** Begin with what was found at the level above. */
function follow(
  { match }: Field,
  picture: Float32Array,
  above: { picture: Float32Array; match: Int32Array; matched: Uint8Array; size: Size },
  hole: Uint8Array,
  allowed: Uint8Array,
  size: Size,
): void {
  each(size, (i, x, y) => {
    const k = (y >> 1) * above.size.width + (x >> 1);
    if (!hole[i] || !above.matched[k]) return;
    for (let c = 0; c < 3; c++) picture[3 * i + c] = above.picture[3 * k + c];
    const from = above.match[k];
    const column = 2 * (from % above.size.width) + (x & 1);
    const row = 2 * Math.floor(from / above.size.width) + (y & 1);
    const at = clampedIndex(column, row, size);
    if (allowed[at]) match[i] = at;
  });
}

function halvedLevel({ size, target, reference, forbidden }: Level): Level {
  const guides = (given: Guides): Guides => ({
    labels: sparse(given.labels, 1, size),
    lines: halved(given.lines, 3, size),
  });
  const known = target.unknown.map((share) => 1 - share);
  const weighted = target.picture.map((value, k) => value * known[Math.floor(k / 3)]);
  const left = halved(known, 1, size);
  // What is unknown has no share in the colours.
  const picture = halved(weighted, 3, size).map((value, k) => value / Math.max(left[Math.floor(k / 3)], 1e-6));
  return {
    size: half(size),
    target: {
      picture,
      guides: guides(target.guides),
      prior: sparse(target.prior, 2, size).map((value) => value / 2),
      trust: halved(target.trust, 1, size),
      hole: halved(target.hole, 1, size),
      unknown: left.map((share) => 1 - share),
    },
    reference: { photo: halved(reference.photo, 3, size), guides: guides(reference.guides) },
    forbidden: Uint8Array.from(halved(forbidden, 1, size), (share) => (share > 0 ? 1 : 0)),
  };
}

/** Distance of the pixels of a mask to the nearest one outside it; 0 if there is none. */
function distances(mask: ArrayLike<number>, size: Size): Float32Array {
  const outside = Array.from(mask as ArrayLike<number>, (share) => share <= 0.5);
  return distanceTo(outside, size).map((distance) => (Number.isFinite(distance) ? distance : 0));
}

/** Colour unknown pixels like those around them, from the border inwards. */
function fill(picture: Float32Array, unknown: Float32Array, size: Size): void {
  const known = Uint8Array.from(unknown, (share) => (share > 0.5 ? 0 : 1));
  const order = [...unknown.keys()].filter((i) => !known[i]);
  const away = distances(unknown, size);
  order.sort((a, b) => away[a] - away[b]);
  for (const i of order) {
    const [x, y] = [i % size.width, Math.floor(i / size.width)];
    let count = 0;
    const sum = [0, 0, 0];
    for (let v = y - 1; v <= y + 1; v++) {
      for (let u = x - 1; u <= x + 1; u++) {
        const j = clampedIndex(u, v, size);
        if (!known[j]) continue;
        count++;
        for (let c = 0; c < 3; c++) sum[c] += picture[3 * j + c];
      }
    }
    if (!count) continue;
    for (let c = 0; c < 3; c++) picture[3 * i + c] = sum[c] / count;
    known[i] = 1;
  }
}
