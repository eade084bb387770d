import type { components } from "../api/schema";
import { type Affine, multiply } from "./affine";
import type { Plane, Point } from "./plane";

type Schemas = components["schemas"];

/** Where pixels that moved together come from: maps from places of the drawing to places of the photo, or of a picture. */
export type Piece = Schemas["Piece"];
/** One of these maps. Places are shares of width and height, so that they mean the same at any size. */
export type Transform = Piece["transforms"][number];

type Size = Pick<Plane, "width" | "height">;

/** The server takes no longer chains. */
const LONGEST = 256;
/** Entries that differ by less are equal: a ten-thousandth of a pixel of a 10,000 px photo. */
const SAME = 1e-8;
const IDENTITY: Affine = [1, 0, 0, 1, 0, 0];

/** An affine map of pixels. */
export function affine([a, b, c, d, e, f]: Affine, { width, height }: Size): Transform {
  const matrix: [number, number, number, number, number, number] = [
    a,
    (b * width) / height,
    (c * height) / width,
    d,
    e / width,
    f / height,
  ];
  return { kind: "affine", matrix };
}

/** The thin-plate spline through pairs of points in pixels; with fewer than three, their mean shift (see `thinPlate`). */
export function spline(points: readonly Point[], sources: readonly Point[], size: Size): Transform {
  const { width, height } = size;
  if (points.length < 3) {
    const mean = (key: "x" | "y") => points.reduce((sum, p, i) => sum + sources[i][key] - p[key], 0) / points.length;
    return affine([1, 0, 0, 1, mean("x"), mean("y")], size);
  }
  const shares = (p: Point): [number, number] => [p.x / width, p.y / height];
  return { kind: "spline", points: points.map(shares), sources: sources.map(shares), aspect: width / height };
}

/** A piece that was moved once more; `first` leads from its new places to where it was. Null if it is too long. */
export function movedPiece(piece: Piece, first: Transform): Piece | null {
  let [front, ...rest] = [first, ...piece.transforms];
  const [next] = rest;
  if (front.kind === "affine" && next?.kind === "affine") {
    front = { kind: "affine", matrix: [...multiply(next.matrix, front.matrix)] };
    rest = rest.slice(1);
  }
  const still = front.kind === "affine" && front.matrix.every((x, i) => Math.abs(x - IDENTITY[i]) < SAME);
  const transforms = still ? rest : [front, ...rest];
  if (transforms.length > LONGEST) return null;
  return piece.picture ? { transforms, picture: piece.picture } : { transforms };
}
