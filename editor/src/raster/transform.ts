import { type Affine, apply, inverse } from "./affine";
import { walkLine } from "./line";
import { bounds } from "./mask";
import { createPlane, inside, type Plane, type Point } from "./plane";
import { Dirty, enclosing, frame, isEmpty, type Rect } from "./rect";
import { thin } from "./thin";
import { invertAt, type Mapping, thinPlate } from "./tps";

/** A cut-out piece of the drawing: full-size planes, of which only the mask's pixels count. */
export interface Piece {
  readonly mask: Plane;
  readonly box: Rect;
  readonly labels: Plane | null;
  readonly edges: Plane | null;
}

/** Both directions of a map in continuous pixel coordinates, in which the first pixel's centre is (0.5, 0.5). */
export interface Placement {
  forward: Mapping;
  backward: Mapping;
  /** The box around where the piece lands. */
  box: Rect;
}

export function cutOut(mask: Plane, labels: Plane | null, edges: Plane | null): Piece {
  const copy = (plane: Plane | null) => (plane ? { ...plane, data: plane.data.slice() } : null);
  return { mask: { ...mask, data: mask.data.slice() }, box: bounds(mask), labels: copy(labels), edges: copy(edges) };
}

export function placeAffine(piece: Piece, matrix: Affine): Placement | null {
  const back = inverse(matrix);
  if (!back || isEmpty(piece.box)) return null;
  const { x0, y0, x1, y1 } = piece.box;
  const corners = [apply(matrix, x0, y0), apply(matrix, x1, y0), apply(matrix, x0, y1), apply(matrix, x1, y1)];
  return {
    forward: (x, y) => apply(matrix, x, y),
    backward: (x, y) => apply(back, x, y),
    box: around(corners, piece.mask),
  };
}

/** A warp by handles: each `from` (in the piece) is dragged to its `to`. */
export function placeWarp(piece: Piece, from: readonly Point[], to: readonly Point[]): Placement | null {
  if (isEmpty(piece.box)) return null;
  // Fitted backwards, since labels ask where each pixel comes from; lines follow by inverting that very map, else the two
  // would drift apart between the handles.
  const backward = thinPlate(to, from);
  const rough = thinPlate(from, to);
  const forward: Mapping = (x, y) => invertAt(backward, x, y, rough(x, y));
  const { x0, y0, x1, y1 } = piece.box;
  const rim: Point[] = [...to];
  for (let i = 0; i <= 16; i++) {
    const t = i / 16;
    rim.push(
      forward(x0 + t * (x1 - x0), y0),
      forward(x0 + t * (x1 - x0), y1),
      forward(x0, y0 + t * (y1 - y0)),
      forward(x1, y0 + t * (y1 - y0)),
    );
  }
  return { forward, backward, box: around(rim, piece.mask) };
}

function around(points: readonly Point[], size: Plane): Rect {
  const xs = points.map((p) => p.x);
  const ys = points.map((p) => p.y);
  return enclosing(Math.min(...xs) - 1, Math.min(...ys) - 1, Math.max(...xs) + 1, Math.max(...ys) + 1, size);
}

/**
 * Lay a piece down. Labels are taken from the nearest pixel and so stay on the palette; each bond between two neighbouring
 * line pixels is drawn anew as a line, so lines stay whole and one pixel thin at any scale.
 *
 * @returns the mask of where it landed, and what was touched.
 */
export function layDown(
  piece: Piece,
  placement: Placement,
  labels: Plane | null,
  edges: Plane | null,
): { landed: Plane; rect: Rect } {
  const size = piece.mask;
  const landed = createPlane(size.width, size.height);
  const dirty = new Dirty();
  const { box } = placement;
  for (let y = box.y0; y < box.y1; y++) {
    for (let x = box.x0; x < box.x1; x++) {
      const at = placement.backward(x + 0.5, y + 0.5);
      const sx = Math.floor(at.x);
      const sy = Math.floor(at.y);
      if (!inside(size, sx, sy)) continue;
      const source = sy * size.width + sx;
      if (!piece.mask.data[source]) continue;
      const i = y * size.width + x;
      landed.data[i] = 1;
      if (labels && piece.labels) labels.data[i] = piece.labels.data[source];
      if (edges) edges.data[i] = 0;
      dirty.pixel(x, y);
    }
  }
  if (edges && piece.edges) drawBonds(piece, placement, edges, dirty);
  return { landed, rect: dirty.rect };
}

const BONDS = [
  [1, 0],
  [0, 1],
  [1, 1],
  [-1, 1],
] as const;

function drawBonds(piece: Piece, placement: Placement, edges: Plane, dirty: Dirty): void {
  const { mask, box } = piece;
  const source = piece.edges!;
  const fresh = createPlane(mask.width, mask.height);
  const set = (x: number, y: number) => {
    if (!inside(fresh, x, y)) return;
    fresh.data[y * fresh.width + x] = 1;
    dirty.pixel(x, y);
  };
  const on = (x: number, y: number) => {
    const i = y * mask.width + x;
    return inside(mask, x, y) && source.data[i] === 1 && mask.data[i] === 1;
  };
  const landing = (x: number, y: number) => {
    const p = placement.forward(x + 0.5, y + 0.5);
    return { x: Math.floor(p.x), y: Math.floor(p.y) };
  };
  for (let y = box.y0; y < box.y1; y++) {
    for (let x = box.x0; x < box.x1; x++) {
      if (!on(x, y)) continue;
      const here = landing(x, y);
      set(here.x, here.y);
      for (const [dx, dy] of BONDS) {
        // A diagonal beside a corner pixel is no bond of its own, it would close the corner.
        if (on(x + dx, y + dy) && (dx === 0 || dy === 0 || (!on(x + dx, y) && !on(x, y + dy)))) {
          walkLine(here, landing(x + dx, y + dy), set);
        }
      }
    }
  }
  thin(fresh, frame(fresh).x1 ? dirty.rect : box);
  for (let i = 0; i < fresh.data.length; i++) if (fresh.data[i]) edges.data[i] = 1;
}
