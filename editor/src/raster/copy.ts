import type { Plane, Samples } from "./plane";
import { Dirty, EMPTY, frame, intersect, isEmpty, type Rect } from "./rect";

/** Copy a rectangle from one plane to another of the same size. */
export function copyRect<S extends Samples>(from: Plane<S>, to: Plane<S>, rect: Rect): void {
  const { x0, y0, x1, y1 } = intersect(rect, frame(to));
  for (let y = y0; y < y1; y++) {
    const row = y * to.width;
    to.data.set(from.data.subarray(row + x0, row + x1), row + x0);
  }
}

/** The values of a rectangle, row by row. */
export function crop<S extends Samples>(plane: Plane<S>, rect: Rect): S {
  const width = rect.x1 - rect.x0;
  const out = plane.data.slice(0, width * (rect.y1 - rect.y0)) as S;
  for (let y = rect.y0; y < rect.y1; y++) {
    const row = y * plane.width;
    out.set(plane.data.subarray(row + rect.x0, row + rect.x1), (y - rect.y0) * width);
  }
  return out;
}

/** Write the values of a rectangle. */
export function pasteRect<S extends Samples>(plane: Plane<S>, rect: Rect, values: S): void {
  const width = rect.x1 - rect.x0;
  const height = rect.y1 - rect.y0;
  if (values.length !== width * height) {
    throw new RangeError(`a rectangle of ${width}×${height} needs ${width * height} values, not ${values.length}`);
  }
  for (let y = 0; y < height; y++) {
    plane.data.set(values.subarray(y * width, (y + 1) * width), (rect.y0 + y) * plane.width + rect.x0);
  }
}

/** Write new values of a rectangle where they differ from what the server had. */
export function mergeRect<S extends Samples>(plane: Plane<S>, base: Plane<S>, rect: Rect, values: S): void {
  const width = rect.x1 - rect.x0;
  for (let k = 0; k < values.length; k++) {
    const i = (rect.y0 + Math.floor(k / width)) * plane.width + rect.x0 + (k % width);
    if (values[k] !== base.data[i]) plane.data[i] = values[k];
  }
}

/** The smallest rectangle around all differences inside `within`. */
export function difference<S extends Samples>(a: Plane<S>, b: Plane<S>, within: Rect): Rect {
  const dirty = new Dirty();
  for (let y = within.y0; y < within.y1; y++) {
    const row = y * a.width;
    let from = within.x0;
    while (from < within.x1 && a.data[row + from] === b.data[row + from]) from++;
    if (from === within.x1) continue;
    let to = within.x1;
    while (a.data[row + to - 1] === b.data[row + to - 1]) to--;
    dirty.span(from, to, y);
  }
  return isEmpty(dirty.rect) ? EMPTY : dirty.rect;
}
