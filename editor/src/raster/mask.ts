import { createPlane, inside, type Plane, type Point } from "./plane";
import { Dirty, EMPTY, enclosing, frame, intersect, isEmpty, type Rect } from "./rect";

export type Combine = "replace" | "add" | "subtract" | "intersect";

export function rectangleMask(size: Pick<Plane, "width" | "height">, a: Point, b: Point): Plane {
  const mask = createPlane(size.width, size.height);
  const rect = intersect(
    {
      x0: Math.min(Math.floor(a.x), Math.floor(b.x)),
      y0: Math.min(Math.floor(a.y), Math.floor(b.y)),
      x1: Math.max(Math.floor(a.x), Math.floor(b.x)) + 1,
      y1: Math.max(Math.floor(a.y), Math.floor(b.y)) + 1,
    },
    frame(size),
  );
  for (let y = rect.y0; y < rect.y1; y++) mask.data.fill(1, y * size.width + rect.x0, y * size.width + rect.x1);
  return mask;
}

/** The inside of a closed polygon, even-odd, by pixel centres. Points are in pixels, (0, 0) the top left corner. */
export function lassoMask(size: Pick<Plane, "width" | "height">, points: readonly Point[]): Plane {
  const mask = createPlane(size.width, size.height);
  if (points.length < 3) return mask;
  const ys = points.map((p) => p.y);
  const box = enclosing(0, Math.min(...ys), size.width, Math.max(...ys), size);
  for (let y = box.y0; y < box.y1; y++) {
    const level = y + 0.5;
    const crossings: number[] = [];
    for (let i = 0; i < points.length; i++) {
      const a = points[i];
      const b = points[(i + 1) % points.length];
      if (a.y <= level !== b.y <= level) crossings.push(a.x + ((level - a.y) / (b.y - a.y)) * (b.x - a.x));
    }
    crossings.sort((p, q) => p - q);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const from = Math.max(0, Math.ceil(crossings[i] - 0.5));
      const to = Math.min(size.width, Math.ceil(crossings[i + 1] - 0.5));
      if (to > from) mask.data.fill(1, y * size.width + from, y * size.width + to);
    }
  }
  return mask;
}

/** All pixels of one label, wherever they are. */
export function labelMask(labels: Plane, label: number): Plane {
  const mask = createPlane(labels.width, labels.height);
  for (let i = 0; i < mask.data.length; i++) if (labels.data[i] === label) mask.data[i] = 1;
  return mask;
}

/** The connected line (eight neighbours) nearest to a point, within `reach` pixels; empty if there is none. */
export function connectedLineMask(edges: Plane, at: Point, reach = 4): Plane {
  const mask = createPlane(edges.width, edges.height);
  const start = nearestLinePixel(edges, at, reach);
  if (start < 0) return mask;
  const { width, height, data } = edges;
  const stack = [start];
  mask.data[start] = 1;
  while (stack.length) {
    const i = stack.pop()!;
    const x = i % width;
    const y = (i - x) / width;
    for (let dy = -1; dy <= 1; dy++) {
      for (let dx = -1; dx <= 1; dx++) {
        if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
        const n = i + dy * width + dx;
        if (data[n] && !mask.data[n]) {
          mask.data[n] = 1;
          stack.push(n);
        }
      }
    }
  }
  return mask;
}

function nearestLinePixel(edges: Plane, at: Point, reach: number): number {
  let best = -1;
  let bestDistance = (reach + 0.5) ** 2;
  for (let y = Math.floor(at.y - reach); y <= at.y + reach; y++) {
    for (let x = Math.floor(at.x - reach); x <= at.x + reach; x++) {
      if (!inside(edges, x, y) || !edges.data[y * edges.width + x]) continue;
      const distance = (x - at.x) ** 2 + (y - at.y) ** 2;
      if (distance < bestDistance) {
        bestDistance = distance;
        best = y * edges.width + x;
      }
    }
  }
  return best;
}

/** Combine two masks. Returns a new one. */
export function combine(old: Plane | null, add: Plane, how: Combine): Plane {
  if (!old || how === "replace")
    return how === "subtract" || how === "intersect" ? createPlane(add.width, add.height) : add;
  const out = createPlane(add.width, add.height);
  for (let i = 0; i < out.data.length; i++) {
    const [a, b] = [old.data[i], add.data[i]];
    out.data[i] = how === "add" ? a | b : how === "subtract" ? a & (1 - b) : a & b;
  }
  return out;
}

export function invert(mask: Plane): Plane {
  return createPlane(
    mask.width,
    mask.height,
    mask.data.map((v) => 1 - v),
  );
}

/** The smallest rectangle around what is set. */
export function bounds(mask: Plane): Rect {
  const dirty = new Dirty();
  for (let y = 0; y < mask.height; y++) {
    const row = mask.data.subarray(y * mask.width, (y + 1) * mask.width);
    const from = row.indexOf(1);
    if (from >= 0) dirty.span(from, row.lastIndexOf(1) + 1, y);
  }
  return isEmpty(dirty.rect) ? EMPTY : dirty.rect;
}

/**
 * The outline along pixel edges: horizontal and vertical runs [x0, y0, x1, y1]. Shown as marching ants.
 */
export function outline(mask: Plane): number[][] {
  const { width, height, data } = mask;
  const at = (x: number, y: number) => (x < 0 || y < 0 || x >= width || y >= height ? 0 : data[y * width + x]);
  const box = bounds(mask);
  const runs: number[][] = [];
  for (let y = box.y0; y <= box.y1; y++) {
    let from = -1;
    for (let x = box.x0; x <= box.x1; x++) {
      const border = x < box.x1 && at(x, y) !== at(x, y - 1);
      if (border && from < 0) from = x;
      if (!border && from >= 0) {
        runs.push([from, y, x, y]);
        from = -1;
      }
    }
  }
  for (let x = box.x0; x <= box.x1; x++) {
    let from = -1;
    for (let y = box.y0; y <= box.y1; y++) {
      const border = y < box.y1 && at(x, y) !== at(x - 1, y);
      if (border && from < 0) from = y;
      if (!border && from >= 0) {
        runs.push([x, from, x, y]);
        from = -1;
      }
    }
  }
  return runs;
}

/** The runs of an outline as closed lines, each [x, y, x, y, …], so that dashes go on around corners. */
export function loops(runs: readonly number[][]): number[][] {
  const open = new Map<string, number[][]>();
  const ends = ([x0, y0, x1, y1]: readonly number[]) => [`${x0},${y0}`, `${x1},${y1}`];
  for (const run of runs) for (const end of ends(run)) open.set(end, [...(open.get(end) ?? []), run]);
  const take = (at: string) => {
    const run = open.get(at)?.pop();
    if (!run) return null;
    const [start, end] = ends(run);
    const other = start === at ? end : start;
    open.set(
      other,
      open.get(other)!.filter((one) => one !== run),
    );
    return other;
  };
  const found: number[][] = [];
  for (const start of open.keys()) {
    for (let at = take(start); at; at = take(start)) {
      const loop = start.split(",").map(Number);
      for (let next: string | null = at; next && next !== start; next = take(next))
        loop.push(...next.split(",").map(Number));
      found.push(loop);
    }
  }
  return found;
}
