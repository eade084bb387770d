import type { Plane } from "./plane";
import type { Rect } from "./rect";

/** Lines that are shown while a part is aligned with them: x of vertical ones, y of horizontal ones. */
export interface Guides {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export const NO_GUIDES: Guides = { x: [], y: [] };

/** Places along one axis, in pixels. Edges are aligned with edges, centres with centres. */
export interface Lines {
  readonly edges: readonly number[];
  readonly centres: readonly number[];
}

export const NO_LINES: Lines = { edges: [], centres: [] };

export interface Alignment {
  readonly x: Lines;
  readonly y: Lines;
}

/** The edges and centres of some boxes. */
export function linesOf(boxes: readonly Rect[]): Alignment {
  const along = (from: "x0" | "y0", to: "x1" | "y1"): Lines => ({
    edges: [...new Set(boxes.flatMap((box) => [box[from], box[to]]))],
    centres: [...new Set(boxes.map((box) => (box[from] + box[to]) / 2))],
  });
  return { x: along("x0", "x1"), y: along("y0", "y1") };
}

/** The same with those of the picture itself. */
export function linesIn(size: Pick<Plane, "width" | "height">, boxes: readonly Rect[]): Alignment {
  return linesOf([{ x0: 0, y0: 0, x1: size.width, y1: size.height }, ...boxes]);
}

/** A shift in whole pixels that puts lines on guides, and the guides that it puts them on. */
export interface Snap {
  readonly shift: number;
  readonly on: readonly number[];
}

/**
 * The shortest shift that puts one of some lines on a guide, if that is within reach. Shifts are whole pixels, so a line may
 * end half a pixel beside its guide: where an odd number of pixels is centred in an even one.
 */
export function snap(lines: Lines, guides: Lines, reach: number): Snap {
  let shift = 0;
  let shortest = Number.POSITIVE_INFINITY;
  for (const kind of ["edges", "centres"] as const) {
    for (const line of lines[kind]) {
      for (const guide of guides[kind]) {
        const distance = Math.abs(guide - line);
        if (distance > reach || distance >= shortest) continue;
        shortest = distance;
        shift = Math.trunc(guide - line);
      }
    }
  }
  const met = (kind: keyof Lines) =>
    guides[kind].filter((guide) => lines[kind].some((line) => Math.abs(line + shift - guide) <= 0.5));
  return { shift, on: shortest <= reach ? [...new Set([...met("edges"), ...met("centres")])] : [] };
}
