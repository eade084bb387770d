import { lassoMask } from "./mask";
import { spline } from "./pieces";
import type { Plane, Point } from "./plane";
import { Dirty, enclosing, type Rect } from "./rect";
import { invertAt, type Mapping, thinPlate } from "./tps";
import type { Cutout, Landing, Placement } from "./transform";

/** A place that the drawing shows; null if it does not show it any more. */
export type Place = Point | null;

/** Points that are joined one after the other, by their numbers. */
export interface Contour {
  readonly name: string;
  readonly points: readonly number[];
}

/** A warp of what is inside a contour; it lands where it lands, or inside another contour. */
export interface Bend {
  readonly inside: readonly Point[];
  readonly onto: readonly Point[] | null;
  readonly from: readonly Point[];
  readonly to: readonly Point[];
}

type Size = Pick<Plane, "width" | "height">;

/** The numbers below are those of `primage.edit.bending` in Python, which bends like this. */
const MARGIN = 1.6;
const DIRECTIONS = 24;
const OPENINGS: Readonly<Record<string, string | null>> = {
  "right eye": "right iris",
  "left eye": "left iris",
  "inner lips": null,
};
const SMALLER = 0.93;
const CLOSED = 0.15;
const SEEN_PX = 4;
const LOWER_LID = 1.2;
const APART_PX = 0.3;
/** Maps are evaluated every so many pixels, and interpolated in between. */
const STEP = 3;

/** Where points are, and where they go to. */
type Ends = [from: Point[], to: Point[]];

/**
 * The warps that take the points of a face, a hand or a body to other places. What is seen in an eye or a mouth that gets
 * smaller does not shrink with it, and is pasted by itself; so is the lower lid or lip of one that closes.
 */
export function bends(contours: readonly Contour[], from: readonly Place[], to: readonly Place[]): Bend[] {
  const known = from.map((p, i) => p !== null && to[i] !== null);
  const pick = (places: readonly Place[], numbers: readonly number[]) => numbers.map((i) => places[i]!);
  const all = from.map((_, i) => i).filter((i) => known[i]);
  const rim = around([...pick(from, all), ...pick(to, all)]);
  const ends: Ends = [[...rim], [...rim]];
  const hidden = new Set<number>();
  const smaller: Bend[] = [];
  const closed: { lower: number[]; upper: number[]; below: Ends }[] = [];
  const named = (name: string) => contours.find((contour) => contour.name === name)?.points ?? [];
  for (const [name, within] of Object.entries(OPENINGS)) {
    const contour = named(name);
    const outer = name === "inner lips" ? named("outer lips").slice(0, contour.length / 2 + 1) : [];
    if (!contour.length || ![...contour, ...outer].every((i) => known[i])) continue;
    const before = area(pick(from, contour));
    const after = area(pick(to, contour));
    if (before < SEEN_PX || after > SMALLER * before) continue;
    for (const i of within ? named(within) : []) hidden.add(i);
    const half = contour.length / 2;
    const lower = contour.slice(0, half + 1);
    const upper = [contour[0], ...contour.slice(half + 1).reverse(), contour[half]];
    if (after > CLOSED * before) {
      const corners = [contour[0], contour[half]];
      const shift = (key: "x" | "y") => corners.reduce((sum, i) => sum + (to[i]![key] - from[i]![key]) / 2, 0);
      const moved = (p: Point, sign: number) => ({ x: p.x + sign * shift("x"), y: p.y + sign * shift("y") });
      const onto = pick(to, contour);
      smaller.push({ inside: onto.map((p) => moved(p, -1)), onto, from: rim, to: rim.map((p) => moved(p, 1)) });
      continue;
    }
    for (const i of lower.slice(1, -1)) hidden.add(i);
    const below: Ends = outer.length
      ? [pick(from, outer), pick(to, outer)]
      : lid(pick(from, lower), pick(from, upper), pick(to, lower));
    for (const end of [0, 1]) ends[end].push(...below[end].slice(1, -1));
    closed.push({ lower, upper, below });
  }
  const main = all.filter((i) => !hidden.has(i));
  const lids = closed.map(({ lower, upper, below }): Bend => {
    const numbers = [...main.filter((i) => !upper.slice(1, -1).includes(i) && !lower.includes(i)), ...lower];
    const seam = to.map((p, i) => (lower.includes(i) ? to[upper[lower.indexOf(i)]] : p));
    return {
      inside: [...pick(from, lower), ...below[0].toReversed()],
      onto: [...pick(seam, lower), ...below[1].toReversed()],
      ...controls([...pick(from, numbers), ...ends[0]], [...pick(seam, numbers), ...ends[1]]),
    };
  });
  const whole = controls([...pick(from, main), ...ends[0]], [...pick(to, main), ...ends[1]]);
  return [{ inside: rim, onto: null, ...whole }, ...smaller, ...lids];
}

/** The lower border of a lower lid, from corner to corner. */
function lid(lower: Point[], upper: Point[], moved: Point[]): Ends {
  const border = lower.map((p, i) => ({
    x: p.x + LOWER_LID * (p.x - upper[i].x),
    y: p.y + LOWER_LID * (p.y - upper[i].y),
  }));
  return [border, border.map((p, i) => ({ x: p.x + moved[i].x - lower[i].x, y: p.y + moved[i].y - lower[i].y }))];
}

function area(contour: readonly Point[]): number {
  const twice = contour.reduce((sum, p, i) => {
    const q = contour[(i + 1) % contour.length];
    return sum + p.x * q.y - q.x * p.y;
  }, 0);
  return Math.abs(twice) / 2;
}

/** Points around all others, at a distance. */
function around(points: readonly Point[]): Point[] {
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);
  const x = (Math.min(...xs) + Math.max(...xs)) / 2;
  const y = (Math.min(...ys) + Math.max(...ys)) / 2;
  return Array.from({ length: DIRECTIONS }, (_, k) => {
    const [dx, dy] = [Math.cos((2 * Math.PI * k) / DIRECTIONS), Math.sin((2 * Math.PI * k) / DIRECTIONS)];
    const reach = MARGIN * Math.max(1, ...points.map((p) => (p.x - x) * dx + (p.y - y) * dy));
    return { x: x + reach * dx, y: y + reach * dy };
  });
}

/** Without targets that would coincide: what moves most is what was asked for. */
function controls(from: readonly Point[], to: readonly Point[]): Pick<Bend, "from" | "to"> {
  const way = from.map((p, i) => Math.hypot(to[i].x - p.x, to[i].y - p.y));
  const kept: number[] = [];
  for (const i of from.map((_, k) => k).sort((a, b) => way[b] - way[a])) {
    if (kept.every((k) => Math.hypot(to[k].x - to[i].x, to[k].y - to[i].y) >= APART_PX)) kept.push(i);
  }
  return { from: kept.map((i) => from[i]), to: kept.map((i) => to[i]) };
}

/** A warp applied to a drawing of some size: what it is cut from, and where its pixels land. */
export function landed(bend: Bend, size: Size): { cutout: Cutout; landing: Landing } {
  const cutMask = lassoMask(size, bend.inside);
  const onto = bend.onto && lassoMask(size, bend.onto);
  const box = boxOf(bend.onto ?? bend.inside, size);
  const exact = thinPlate(bend.to, bend.from);
  const backward = interpolated(exact, box);
  const placement: Placement = {
    backward,
    forward: (x, y) => invertAt(backward, x, y, guess(bend, x, y)),
    transform: spline(bend.to, bend.from, size),
    box,
  };
  const mask = lassoMask(size, []);
  const source = new Int32Array(Math.max(0, (box.x1 - box.x0) * (box.y1 - box.y0))).fill(-1);
  const dirty = new Dirty();
  const clamp = (value: number, end: number) => Math.min(end - 1, Math.max(0, Math.floor(value)));
  let k = 0;
  for (let y = box.y0; y < box.y1; y++) {
    for (let x = box.x0; x < box.x1; x++, k++) {
      const target = y * size.width + x;
      if (onto && !onto.data[target]) continue;
      const at = backward(x + 0.5, y + 0.5);
      // Outside the drawing its border is repeated, so that no gap is left.
      const i = clamp(at.y, size.height) * size.width + clamp(at.x, size.width);
      if (!onto && !cutMask.data[i]) continue;
      source[k] = i;
      mask.data[target] = 1;
      dirty.pixel(x, y);
    }
  }
  const cutout: Cutout = { mask: cutMask, box: boxOf(bend.inside, size), onto: size };
  return { cutout, landing: { mask, rect: dirty.rect, placement, source } };
}

function boxOf(contour: readonly Point[], size: Size): Rect {
  const xs = contour.map((p) => p.x);
  const ys = contour.map((p) => p.y);
  return enclosing(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), size);
}

/** Roughly where a point goes: as far as the nearest point that is dragged. */
function guess({ from, to }: Bend, x: number, y: number): Point {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < from.length; i++) {
    const away = (from[i].x - x) ** 2 + (from[i].y - y) ** 2;
    if (away < least) [best, least] = [i, away];
  }
  return { x: x + to[best].x - from[best].x, y: y + to[best].y - from[best].y };
}

/** A smooth map, from its values at every third pixel: a spline through hundreds of points takes too long for a drag. */
function interpolated(map: Mapping, { x0, y0, x1, y1 }: Rect): Mapping {
  const columns = Math.ceil((x1 - x0) / STEP) + 2;
  const rows = Math.ceil((y1 - y0) / STEP) + 2;
  if (columns * rows > (x1 - x0) * (y1 - y0)) return map;
  const xs = new Float64Array(columns * rows);
  const ys = new Float64Array(columns * rows);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const p = map(x0 + c * STEP, y0 + r * STEP);
      xs[r * columns + c] = p.x;
      ys[r * columns + c] = p.y;
    }
  }
  return (x, y) => {
    const u = (x - x0) / STEP;
    const v = (y - y0) / STEP;
    const c = Math.floor(u);
    const r = Math.floor(v);
    if (c < 0 || r < 0 || c >= columns - 1 || r >= rows - 1) return map(x, y);
    const [fu, fv, i] = [u - c, v - r, r * columns + c];
    const mix = (a: Float64Array) =>
      (1 - fv) * ((1 - fu) * a[i] + fu * a[i + 1]) + fv * ((1 - fu) * a[i + columns] + fu * a[i + columns + 1]);
    return { x: mix(xs), y: mix(ys) };
  };
}
