import type { Point } from "./plane";

export type Mapping = (x: number, y: number) => Point;

const kernel = (squared: number) => (squared === 0 ? 0 : 0.5 * squared * Math.log(squared));

/**
 * The thin-plate spline through pairs of points (Bookstein 1989): the smoothest map that takes each `from` to its `to`.
 * It needs three points that are not collinear; with fewer points the map is their mean shift.
 */
export function thinPlate(from: readonly Point[], to: readonly Point[]): Mapping {
  if (from.length !== to.length) throw new RangeError(`${from.length} points cannot go to ${to.length}`);
  const n = from.length;
  if (n < 3) {
    const mean = (key: "x" | "y") => from.reduce((sum, p, i) => sum + to[i][key] - p[key], 0) / Math.max(1, n);
    const [sx, sy] = [mean("x"), mean("y")];
    return (x, y) => ({ x: x + sx, y: y + sy });
  }
  // Scaled to unit size first: otherwise the kernel and the affine part would differ by orders of magnitude.
  const cx = from.reduce((sum, p) => sum + p.x, 0) / n;
  const cy = from.reduce((sum, p) => sum + p.y, 0) / n;
  const unit = Math.max(1e-9, ...from.map((p) => Math.hypot(p.x - cx, p.y - cy)));
  const px = from.map((p) => (p.x - cx) / unit);
  const py = from.map((p) => (p.y - cy) / unit);
  const size = n + 3;
  const rows: number[][] = Array.from({ length: size }, () => new Array<number>(size + 2).fill(0));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) rows[i][j] = kernel((px[i] - px[j]) ** 2 + (py[i] - py[j]) ** 2);
    for (const [k, value] of [1, px[i], py[i]].entries()) {
      rows[i][n + k] = value;
      rows[n + k][i] = value;
    }
    rows[i][size] = to[i].x;
    rows[i][size + 1] = to[i].y;
  }
  solve(rows, size);
  const wx = rows.map((row) => row[size]);
  const wy = rows.map((row) => row[size + 1]);
  return (x, y) => {
    const u = (x - cx) / unit;
    const v = (y - cy) / unit;
    let rx = wx[n] + wx[n + 1] * u + wx[n + 2] * v;
    let ry = wy[n] + wy[n + 1] * u + wy[n + 2] * v;
    for (let i = 0; i < n; i++) {
      const k = kernel((u - px[i]) ** 2 + (v - py[i]) ** 2);
      rx += wx[i] * k;
      ry += wy[i] * k;
    }
    return { x: rx, y: ry };
  };
}

/** Gauss–Jordan with pivoting, in place; the columns from `size` on become the solutions. */
function solve(rows: number[][], size: number): void {
  for (let column = 0; column < size; column++) {
    let pivot = column;
    for (let r = column + 1; r < size; r++) if (Math.abs(rows[r][column]) > Math.abs(rows[pivot][column])) pivot = r;
    [rows[column], rows[pivot]] = [rows[pivot], rows[column]];
    const lead = rows[column][column];
    if (Math.abs(lead) < 1e-12) throw new RangeError("the points of a warp lie on one line or on each other");
    for (let r = 0; r < size; r++) {
      if (r === column) continue;
      const factor = rows[r][column] / lead;
      if (factor !== 0) for (let k = column; k < rows[r].length; k++) rows[r][k] -= factor * rows[column][k];
    }
  }
  for (let r = 0; r < size; r++) for (let k = size; k < rows[r].length; k++) rows[r][k] /= rows[r][r];
}

/** The inverse of a map at (x, y): Newton's method with finite differences, from an initial guess. */
export function invertAt(map: Mapping, x: number, y: number, guess: Point): Point {
  let { x: u, y: v } = guess;
  for (let round = 0; round < 12; round++) {
    const here = map(u, v);
    const ex = here.x - x;
    const ey = here.y - y;
    if (ex * ex + ey * ey < 1e-4) break;
    const h = 0.5;
    const right = map(u + h, v);
    const below = map(u, v + h);
    const a = (right.x - here.x) / h;
    const b = (below.x - here.x) / h;
    const c = (right.y - here.y) / h;
    const d = (below.y - here.y) / h;
    const det = a * d - b * c;
    if (Math.abs(det) < 1e-6) break;
    u -= (d * ex - b * ey) / det;
    v -= (a * ey - c * ex) / det;
  }
  return { x: u, y: v };
}
