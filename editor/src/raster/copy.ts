import { createPlane, type Plane } from "./plane";
import { Dirty, EMPTY, frame, intersect, isEmpty, type Rect } from "./rect";

/** Copy a rectangle from one plane to another of the same size. */
export function copyRect(from: Plane, to: Plane, rect: Rect): void {
  const { x0, y0, x1, y1 } = intersect(rect, frame(to));
  for (let y = y0; y < y1; y++) {
    const row = y * to.width;
    to.data.set(from.data.subarray(row + x0, row + x1), row + x0);
  }
}

/** The bytes of a rectangle, row by row. */
export function cropBytes(plane: Plane, rect: Rect): Uint8Array {
  const width = rect.x1 - rect.x0;
  const out = new Uint8Array(width * (rect.y1 - rect.y0));
  for (let y = rect.y0; y < rect.y1; y++) {
    const row = y * plane.width;
    out.set(plane.data.subarray(row + rect.x0, row + rect.x1), (y - rect.y0) * width);
  }
  return out;
}

/** Write the bytes of a rectangle. */
export function pasteBytes(plane: Plane, rect: Rect, bytes: Uint8Array): void {
  const patch = createPlane(rect.x1 - rect.x0, rect.y1 - rect.y0, bytes);
  for (let y = 0; y < patch.height; y++) {
    plane.data.set(patch.data.subarray(y * patch.width, (y + 1) * patch.width), (rect.y0 + y) * plane.width + rect.x0);
  }
}

/** The smallest rectangle around all differences inside `within`. */
export function difference(a: Plane, b: Plane, within: Rect): Rect {
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
