import { distance, type Patches, RADIUS, UNIT } from "./patches";

/** Squared distance from where a pixel is expected to come from, in px², beyond which it costs no more. */
const PULL_LIMIT = 64;

/** What is matched: the pixels whose patches are looked for, and where they are expected. */
export interface Query {
  readonly target: Patches;
  readonly pixels: readonly number[];
  /** (y, x) in pixels of the source. */
  readonly prior: Float32Array;
  /** What each squared pixel of distance from there costs; 1 is a patch in which one colour of one pixel differs by 1. */
  readonly pull: Float32Array;
}

/** Where patches may be taken from. */
export interface Source {
  readonly patches: Patches;
  /** Centres of patches, 0 or 1. */
  readonly allowed: Uint8Array;
}

/** A nearest-neighbour field: for each pixel the position of its match in the source, and the cost, in `UNIT`². */
export interface Field {
  readonly match: Int32Array;
  readonly cost: Float64Array;
}

/** Numbers that look random and are always the same: an integer hash. */
function randomiser(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let h = Math.imul(state ^ (state >>> 15), 1 | state);
    h = (h + Math.imul(h ^ (h >>> 7), 61 | h)) ^ h;
    return ((h ^ (h >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The centres of patches that contain none of the forbidden pixels and lie in the picture. */
export function allowedCentres({ size: { width, height } }: Patches, forbidden: Uint8Array | null): Uint8Array {
  const out = new Uint8Array(width * height);
  for (let y = RADIUS; y < height - RADIUS; y++) out.fill(1, y * width + RADIUS, (y + 1) * width - RADIUS);
  forbidden?.forEach((is, i) => {
    if (!is) return;
    const [x, y] = [i % width, Math.floor(i / width)];
    for (let v = Math.max(0, y - RADIUS); v <= Math.min(height - 1, y + RADIUS); v++) {
      out.fill(0, v * width + Math.max(0, x - RADIUS), v * width + Math.min(width, x + RADIUS + 1));
    }
  });
  return out;
}

/** The allowed centre next to each of some places, (y, x); any of them where the nearest is far. */
export function nearestAllowed(
  places: Float32Array,
  pixels: readonly number[],
  { patches, allowed }: Source,
): Int32Array {
  const { width, height } = patches.size;
  const anywhere = allowed.indexOf(1);
  const match = new Int32Array(places.length / 2).fill(anywhere);
  for (const i of pixels) {
    const x = Math.min(width - 1, Math.max(0, Math.round(places[2 * i + 1])));
    const y = Math.min(height - 1, Math.max(0, Math.round(places[2 * i])));
    rings: for (let reach = 0; reach < Math.max(width, height); reach++) {
      for (let v = y - reach; v <= y + reach; v++) {
        const step = Math.abs(v - y) === reach || reach === 0 ? 1 : 2 * reach;
        for (let u = x - reach; u <= x + reach; u += step) {
          if (u < 0 || v < 0 || u >= width || v >= height || !allowed[v * width + u]) continue;
          match[i] = v * width + u;
          break rings;
        }
      }
    }
  }
  return match;
}

/**
 * Improve a field, in place: neighbours' matches, then random places around the best one, nearer and nearer (Barnes et al.
 * 2009). Each pass goes through the pixels in the other direction.
 */
export function search({ patches, allowed }: Source, query: Query, field: Field, passes: number, seed: number): void {
  const { target, pixels, prior, pull } = query;
  const { width, height } = patches.size;
  const { width: columns, height: rows } = target.size;
  const random = randomiser(seed);
  const { match, cost } = field;
  const pulled = (i: number, x: number, y: number) =>
    pull[i] && pull[i] * UNIT * UNIT * Math.min(PULL_LIMIT, (y - prior[2 * i]) ** 2 + (x - prior[2 * i + 1]) ** 2);
  const compare = (i: number, tx: number, ty: number, x: number, y: number, limit: number) => {
    const start = pulled(i, x, y);
    return start >= limit ? start : start + distance(patches, target, x, y, tx, ty, limit - start);
  };
  const within = new Uint8Array(columns * rows);
  for (const i of pixels) {
    within[i] = 1;
    cost[i] = compare(
      i,
      i % columns,
      Math.floor(i / columns),
      match[i] % width,
      Math.floor(match[i] / width),
      Infinity,
    );
  }
  const widest = Math.max(width, height) >> 1;
  for (let pass = 0; pass < passes; pass++) {
    const step = pass % 2 ? -1 : 1;
    for (let n = 0; n < pixels.length; n++) {
      const i = pixels[step > 0 ? n : pixels.length - 1 - n];
      const tx = i % columns;
      const ty = (i - tx) / columns;
      const attempt = (x: number, y: number) => {
        if (x < 0 || y < 0 || x >= width || y >= height) return;
        const at = y * width + x;
        if (at === match[i] || !allowed[at]) return;
        const found = compare(i, tx, ty, x, y, cost[i]);
        if (found >= cost[i]) return;
        cost[i] = found;
        match[i] = at;
      };
      for (const [dx, dy] of NEIGHBOURS) {
        const [u, v] = [tx - step * dx, ty - step * dy];
        if (u < 0 || v < 0 || u >= columns || v >= rows || !within[v * columns + u]) continue;
        const near = match[v * columns + u];
        attempt((near % width) + step * dx, Math.floor(near / width) + step * dy);
      }
      for (let reach = widest; reach >= 1; reach >>= 1) {
        const shift = () => Math.floor(random() * (2 * reach + 1)) - reach;
        attempt((match[i] % width) + shift(), Math.floor(match[i] / width) + shift());
      }
    }
  }
}

/** Also at some distance: matches spread faster. */
const NEIGHBOURS = [
  [1, 0],
  [0, 1],
  [4, 0],
  [0, 4],
] as const;
