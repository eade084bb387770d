import { DRAWN, FIRST, REMOVED, UNMOVED } from "../raster/origin";
import type { Piece } from "../raster/pieces";
import { near } from "./distance";
import { dilate, separable } from "./filters";
import { isShift, mapOf, pieceColours } from "./sampling";
import type { Size } from "./size";

/**
 * Pixels around what was drawn are not copied, as a share of the shorter side; nor are those around what was removed, in
 * pixels; along the borders of pieces, pixels may be replaced. All numbers are those of `primage.synthesis.copies`.
 */
const DRAWN_MARGIN = 0.035;
const REMOVED_MARGIN_PX = 3;
const SEAM_PX = 3;
const BINOMIAL = [0.25, 0.5, 0.25];

/** Where the pixels of a drawing come from: values of an origin, and the pieces that they number. */
export interface OriginMap {
  readonly index: Uint16Array;
  readonly pieces: readonly Piece[];
}

/** A picture, and where in the photo its pixels come from: (y, x) in pixels, and how certain that is. */
export interface Matched {
  readonly image: Uint8Array;
  readonly field: Float32Array;
  readonly confidence: Float32Array;
}

/** A render whose pixels of known origin were copied from the photo. */
export interface Copied extends Matched {
  /** What was removed, with a margin; and places of the photo that show it, which may not be copied into the hole. */
  readonly hole: Uint8Array;
  readonly forbidden: Uint8Array;
  /** Further pixels that may be replaced. */
  readonly rest: Uint8Array;
}

/** Whether anything was moved or removed. */
export function moves({ index }: OriginMap): boolean {
  return index.some((value) => value >= REMOVED);
}

/** Copy what is known of a render from the photo. */
export function copied(render: Matched, origin: OriginMap, photo: Uint8Array, size: Size): Copied {
  const { index } = origin;
  const mask = (inside: (value: number) => boolean) => Uint8Array.from(index, (value) => (inside(value) ? 1 : 0));
  const drawn = near(
    mask((value) => value === DRAWN),
    Math.max(3, DRAWN_MARGIN * Math.min(size.width, size.height)),
    size,
  );
  const removed = mask((value) => value === REMOVED);
  const known = mask((value) => value === UNMOVED || value >= FIRST).map((is, i) => (is && !drawn[i] ? 1 : 0));
  const image = render.image.slice();
  const field = render.field.slice();
  const confidence = render.confidence.slice();
  for (const [value, pixels] of byValue(index, known)) {
    const piece = pieceOf(origin, value);
    const colours = pieceColours(photo, piece, pixels, size);
    const map = mapOf(piece, size);
    pixels.forEach((i, k) => {
      for (let c = 0; c < 3; c++) image[3 * i + c] = Math.round(colours[3 * k + c]);
      place(field, i, map((i % size.width) + 0.5, Math.floor(i / size.width) + 0.5));
      confidence[i] = 1;
    });
  }
  removed.forEach((is, i) => {
    if (!is) return;
    // What fills a hole is first looked for around it.
    place(field, i, { x: (i % size.width) + 0.5, y: Math.floor(i / size.width) + 0.5 });
    confidence[i] = 0;
  });
  const hole = near(removed, REMOVED_MARGIN_PX, size).map((is, i) => (is && index[i] < FIRST ? 1 : 0));
  const seams = near(borders(index, size), SEAM_PX, size);
  const rest = known.map((is, i) => ((!is || seams[i]) && !hole[i] ? 1 : 0));
  return { image, field, confidence, hole, forbidden: left(origin, removed, size), rest };
}

/** Smooth the outlines of pieces that were scaled, turned or bent: a camera's pixel sees both sides. */
export function antialiased(image: Uint8Array, origin: OriginMap, photo: Uint8Array, size: Size): Uint8Array {
  const { index } = origin;
  const bent = new Set(origin.pieces.flatMap((piece, n) => (isShift(piece) ? [] : [FIRST + n])));
  if (!bent.size) return image;
  const beside = near(
    Uint8Array.from(index, (value) => (bent.has(value) ? 1 : 0)),
    1.5,
    size,
  );
  const border = borders(index, size).map((is, i) => (is && beside[i] ? 1 : 0));
  const total = new Float32Array(image.length);
  const rest = new Float32Array(border.length).fill(1);
  for (const value of new Set(index)) {
    if (value === DRAWN || value === REMOVED) continue;
    const share = separable(
      Uint8Array.from(index, (other) => (other === value ? 1 : 0)),
      BINOMIAL,
      size,
    );
    const pixels: number[] = [];
    border.forEach((is, i) => {
      if (is && share[i] > 0) pixels.push(i);
    });
    const colours = pieceColours(photo, pieceOf(origin, value), pixels, size);
    pixels.forEach((i, k) => {
      for (let c = 0; c < 3; c++) total[3 * i + c] += share[i] * colours[3 * k + c];
      rest[i] -= share[i];
    });
  }
  return image.map((value, k) => {
    const i = Math.floor(k / 3);
    // Pixels without an origin keep their share of the colour.
    return border[i] ? Math.min(255, Math.round(total[k] + Math.max(0, rest[i]) * value)) : value;
  });
}

/** The pixels of each value that stands for a place of the photo, within a mask. */
function byValue(index: Uint16Array, within: Uint8Array): Map<number, number[]> {
  const found = new Map<number, number[]>();
  index.forEach((value, i) => {
    if (!within[i]) return;
    const pixels = found.get(value);
    if (pixels) pixels.push(i);
    else found.set(value, [i]);
  });
  return found;
}

function pieceOf({ pieces }: OriginMap, value: number): Piece {
  return value === UNMOVED ? { transforms: [] } : pieces[value - FIRST];
}

function place(field: Float32Array, i: number, { x, y }: { x: number; y: number }): void {
  field[2 * i] = y - 0.5;
  field[2 * i + 1] = x - 0.5;
}

/** The places of the photo that show what was removed or moved away. */
function left(origin: OriginMap, removed: Uint8Array, size: Size): Uint8Array {
  const { width, height } = size;
  const moved = new Uint8Array(removed.length);
  const inside = origin.index.map((value) => (value >= FIRST ? 1 : 0));
  for (const [value, pixels] of byValue(origin.index, Uint8Array.from(inside))) {
    const map = mapOf(pieceOf(origin, value), size);
    for (const i of pixels) {
      const { x, y } = map((i % width) + 0.5, Math.floor(i / width) + 0.5);
      const column = Math.min(width - 1, Math.max(0, Math.round(x - 0.5)));
      moved[Math.min(height - 1, Math.max(0, Math.round(y - 0.5))) * width + column] = 1;
    }
  }
  // Parts that were enlarged leave gaps between their sources.
  const grown = dilate(moved, 1, size);
  const gone = grown.map((is, i) => (removed[i] || (is && origin.index[i] !== UNMOVED) ? 1 : 0));
  return near(gone, REMOVED_MARGIN_PX, size);
}

/** Pixels beside one that comes from elsewhere. */
function borders(index: Uint16Array, { width, height }: Size): Uint8Array {
  const out = new Uint8Array(index.length);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          if (index[v * width + u] !== index[i]) out[i] = 1;
        }
      }
    }
  }
  return out;
}
