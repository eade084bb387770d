import type { components } from "../api/schema";
import type { Rect } from "../raster/rect";

/** What a drawing has beyond the photo's borders, in its pixels. */
export type Margins = components["schemas"]["Margins"];

export const NO_MARGINS: Margins = { left: 0, top: 0, right: 0, bottom: 0 };

export interface OnCanvas {
  readonly width: number;
  readonly height: number;
  readonly margins?: Margins;
}

/** Where the photo lies in a drawing, in its pixels. */
export function photoIn({ width, height, margins = NO_MARGINS }: OnCanvas): Rect {
  const { left, top, right, bottom } = margins;
  return { x0: left, y0: top, x1: width - right, y1: height - bottom };
}

export function hasMargins({ left, top, right, bottom }: Margins): boolean {
  return left + top + right + bottom > 0;
}

export function sameMargins(a: Margins, b: Margins): boolean {
  return a.left === b.left && a.top === b.top && a.right === b.right && a.bottom === b.bottom;
}
