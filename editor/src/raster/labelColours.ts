import { type Lab, labDistance, labOf, rgbOf } from "./oklab";
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

/** Pairs of labels that touch, each as [smaller, larger]. */
export function touchingLabels({ width, data }: Plane): [number, number][] {
  const seen = new Uint8Array(256 * 256);
  const meet = (p: number, q: number) => {
    if (p !== q) seen[p < q ? 256 * p + q : 256 * q + p] = 1;
  };
  for (let i = 0; i < data.length; i++) {
    if ((i + 1) % width) meet(data[i], data[i + 1]);
    if (i + width < data.length) meet(data[i], data[i + width]);
  }
  const pairs: [number, number][] = [];
  seen.forEach((yes, code) => {
    if (yes) pairs.push([code >> 8, code & 255]);
  });
  return pairs;
}

/** Neighbours differ by at least this much in OKLab: about four times what is just visible, and 0.08 of black to white. */
export const CONTRAST = 0.08;
/** Labels that do not touch differ by this share of it, if there is room. */
const ELSEWHERE = 0.5;
/** Lightness of labels: below black lines, and below lines of the lightest colours. Between these, by proportion. */
const ON_DARK_LINES = [0.47, 0.97] as const;
const ON_LIGHT_LINES = [0.1, 0.6] as const;
/** Of more labels, only neighbours are looked at. */
const MANY = 64;
/** Rounding to levels of the screen takes away less than this. */
const ROUNDING = 0.004;

/** Two labels that must differ, and by how much. */
interface Pair {
  readonly p: number;
  readonly q: number;
  readonly contrast: number;
}

interface Range {
  readonly least: number;
  readonly most: number;
}

/**
 * Colours that can be told from their neighbours and from the lines above them: those given, with other lightnesses.
 *
 * All are lightened (under dark lines) or darkened (under light ones) in proportion. Then neighbours that still differ by less
 * than `CONTRAST` are moved apart in lightness, in order if there is room for that; labels that do not touch by less. Only where
 * so many alike labels touch that there is no room at all, all of them get the largest contrast that there is room for.
 *
 * @param lines the colour of the lines.
 * @param touching pairs of labels.
 */
export function tellable(colours: readonly Rgb[], touching: readonly [number, number][], lines: Rgb): Rgb[] {
  const [least, most] = labOf(lines).l < 0.5 ? ON_DARK_LINES : ON_LIGHT_LINES;
  const wanted = colours.map(labOf).map((lab) => ({ ...lab, l: least + lab.l * (most - least) }));
  const near = new Set(touching.map(([p, q]) => `${p},${q}`));
  for (let contrast = CONTRAST; contrast > ROUNDING; contrast *= 0.9) {
    const neighbours = touching.map(([p, q]) => ({ p, q, contrast }));
    const others = colours.flatMap((_, q) =>
      colours.slice(0, q).flatMap((_, p) => (near.has(`${p},${q}`) ? [] : [{ p, q, contrast: ELSEWHERE * contrast }])),
    );
    for (const pairs of colours.length > MANY ? [neighbours] : [[...neighbours, ...others], neighbours]) {
      const found = apart(wanted, pairs, { least, most }) ?? levelled(wanted, pairs, contrast, { least, most });
      if (found) return found;
    }
  }
  return wanted.map(rgbOf);
}

/** Colours whose pairs differ as they must, or null if there is no room. */
function apart(wanted: readonly Lab[], pairs: readonly Pair[], range: Range): Rgb[] | null {
  // From dark to light; a pair in `close` is kept apart by lightness alone, which no later step can undo.
  const order = wanted.map((_, i) => i).sort((p, q) => wanted[p].l - wanted[q].l || p - q);
  const rank = wanted.map((_, i) => order.indexOf(i));
  const close = new Set<Pair>();
  let lightness = wanted.map(({ l }) => l);
  for (;;) {
    const colours = wanted.map((lab, i) => rgbOf({ ...lab, l: lightness[i] }));
    const labs = colours.map(labOf);
    const failing = pairs.filter(({ p, q, contrast }) => labDistance(labs[p], labs[q]) < contrast);
    if (!failing.length) return colours;
    const before = close.size;
    for (const pair of failing) close.add(pair);
    if (close.size === before) return null;
    const steps = [...close].map(({ p, q, contrast }) => {
      const [below, above] = rank[p] < rank[q] ? [p, q] : [q, p];
      return { below, above, step: contrast + ROUNDING };
    });
    const spread = spaced(
      wanted.map(({ l }) => l),
      rank,
      steps,
      range,
    );
    if (!spread) return null;
    lightness = spread;
  }
}

/** The same, in any order: each label gets the nearest of some lightnesses that is free of its neighbours. */
function levelled(wanted: readonly Lab[], pairs: readonly Pair[], contrast: number, range: Range): Rgb[] | null {
  // Levels are as far apart as labels that do not touch.
  const steps = Math.floor((range.most - range.least) / (ELSEWHERE * contrast + ROUNDING));
  const step = (range.most - range.least) / steps;
  const neighbours = wanted.map((_, i) =>
    pairs.flatMap(({ p, q, contrast }) => (p === i || q === i ? [{ other: p === i ? q : p, contrast }] : [])),
  );
  const chosen = new Map<number, number>();
  const order = wanted.map((_, i) => i).sort((p, q) => neighbours[q].length - neighbours[p].length || p - q);
  for (const label of order) {
    const away = (level: number) => Math.abs(level - wanted[label].l);
    const free = Array.from({ length: steps + 1 }, (_, i) => range.least + i * step)
      .filter((level) =>
        neighbours[label].every(({ other, contrast }) => {
          const taken = chosen.get(other);
          return taken === undefined || Math.abs(taken - level) >= contrast + ROUNDING;
        }),
      )
      .sort((p, q) => away(p) - away(q));
    if (!free.length) return null;
    chosen.set(label, free[0]);
  }
  return wanted.map((lab, i) => rgbOf({ ...lab, l: chosen.get(i)! }));
}

interface Step {
  readonly below: number;
  readonly above: number;
  readonly step: number;
}

/** Values near those given that are as far apart as the steps say, or null if there is no room. */
function spaced(
  values: readonly number[],
  rank: readonly number[],
  steps: readonly Step[],
  { least, most }: Range,
): number[] | null {
  const upwards = [...steps].sort((s, t) => rank[s.above] - rank[t.above]);
  const downwards = [...steps].sort((s, t) => rank[t.below] - rank[s.below]);
  const raise = (out: number[]) => {
    for (const { below, above, step } of upwards) out[above] = Math.max(out[above], out[below] + step);
  };
  const lower = (out: number[]) => {
    for (const { below, above, step } of downwards) out[below] = Math.min(out[below], out[above] - step);
  };
  const up = [...values];
  const down = [...values];
  raise(up);
  lower(down);
  // Both have the steps, and so has what is halfway between; it is moved the least. Then the limits count.
  const out = values.map((_, i) => Math.min(most, (up[i] + down[i]) / 2));
  lower(out);
  out.forEach((value, i) => {
    out[i] = Math.max(least, value);
  });
  raise(out);
  return out.every((value) => value <= most + 1e-9) ? out : null;
}
