import { copyRect, crop, difference, mergeRect, pasteRect } from "./copy";
import { movedPiece, type Piece, type Transform } from "./pieces";
import { clonePlane, type Plane } from "./plane";
import { isEmpty, type Rect } from "./rect";
import type { Landing } from "./transform";

/** The pixel is where it is in the photo; it was drawn and comes from nowhere; something was removed there. */
export const UNMOVED = 0;
export const DRAWN = 1;
export const REMOVED = 2;
/** From here on: this plus the number of a piece. */
export const FIRST = 3;
const LAST = 2 ** 16 - 1;

/** A message may have that many pieces, and that many characters of them. */
const MOST = 4096;
const MOST_CHARACTERS = 2 << 20;
/** Unused pieces are dropped when there are that many pieces. */
const MANY = 2 ** 14;

export type OriginPlane = Plane<Uint16Array>;

/** Pixels of an origin, two bytes each, and the pieces that they refer to. */
export interface OriginData {
  readonly bytes: Uint8Array;
  readonly pieces: readonly Piece[];
}

/**
 * Where in the photo the pixels of a drawing come from (`primage.origin` in Python). Like the layers of a drawing, it has a
 * plane that is shown to tools and a base, which is what the server has. Numbers of pieces mean something only here: each
 * message lists the pieces of its own pixels.
 */
export class Origin {
  readonly plane: OriginPlane;
  readonly base: OriginPlane;
  private pieces: Piece[] = [];
  private keys: string[] = [];
  private readonly numbers = new Map<string, number>();
  /** Number of pieces that the base may refer to. */
  private kept = 0;

  constructor(width: number, height: number, given: OriginData | null) {
    this.plane = { width, height, data: new Uint16Array(width * height) };
    if (given) this.plane.data.set(this.decode(given));
    this.base = clonePlane(this.plane);
    this.kept = this.pieces.length;
  }

  /** The piece of a value from `FIRST` on. */
  piece(value: number): Piece {
    return this.pieces[value - FIRST];
  }

  /** Paste a part that was moved. Returns what was touched. */
  paste(from: OriginPlane, landing: Landing, plane: OriginPlane = this.plane): Rect {
    const { box, transform } = landing.placement;
    const moved = new Map<number, number>();
    let k = 0;
    for (let y = box.y0; y < box.y1; y++) {
      for (let i = y * plane.width + box.x0, end = i + box.x1 - box.x0; i < end; i++, k++) {
        if (landing.source[k] < 0) continue;
        const value = from.data[landing.source[k]];
        let next = moved.get(value);
        if (next === undefined) {
          next = this.moved(value, transform);
          moved.set(value, next);
        }
        plane.data[i] = next;
      }
    }
    return landing.rect;
  }

  /** Forget the pieces added since the last `take`: the caller has removed their pixels. */
  forget(): void {
    for (const key of this.keys.splice(this.kept)) this.numbers.delete(key);
    this.pieces.splice(this.kept);
  }

  /** A pixel that looks different although nothing was moved there was drawn. What was removed there remains removed. */
  draw(i: number): void {
    const { data } = this.plane;
    if (data[i] === this.base.data[i] && data[i] !== REMOVED) data[i] = DRAWN;
  }

  revert(rect: Rect): void {
    copyRect(this.base, this.plane, rect);
    this.forget();
  }

  /** The pixels of a rectangle with the pieces that they refer to. */
  copy(rect: Rect): OriginData {
    return this.encode(crop(this.plane, rect));
  }

  /** Values of this origin with the pieces that they refer to. */
  encode(given: Uint16Array): OriginData {
    const { values, pieces } = this.listed(given);
    return { bytes: bytesOf(values), pieces };
  }

  /** What `copy` or `encode` has returned, as values of this origin. */
  read(given: OriginData): Uint16Array {
    const values = this.decode(given);
    this.kept = this.pieces.length;
    return values;
  }

  /** What the server lacks; from now on it is assumed to have it. Null if that is nothing. */
  take(within: Rect): (OriginData & { rect: Rect }) | null {
    const rect = difference(this.plane, this.base, within);
    if (isEmpty(rect)) return null;
    const { values, pieces } = this.listed(crop(this.plane, rect));
    copyRect(this.plane, this.base, rect);
    this.kept = this.pieces.length;
    return { rect, bytes: bytesOf(values), pieces };
  }

  /** Pixels from the server. With `merge`, what a tool has changed is kept unless the same pixel changed. */
  receive(rect: Rect, given: OriginData, merge: boolean): void {
    const values = this.read(given);
    const { plane, base } = this;
    if (merge) mergeRect(plane, base, rect, values);
    else pasteRect(plane, rect, values);
    pasteRect(base, rect, values);
  }

  /** Drop pieces that no pixel has, if there are many. Nobody else may hold a copy of the plane. */
  compact(): void {
    if (this.pieces.length < MANY) return;
    const old = this.pieces;
    this.pieces = [];
    this.keys = [];
    this.numbers.clear();
    const numbers = new Map<number, number>();
    for (const { data } of [this.plane, this.base]) {
      data.forEach((value, i) => {
        if (value < FIRST) return;
        if (!numbers.has(value)) numbers.set(value, this.number(old[value - FIRST]));
        data[i] = numbers.get(value)!;
      });
    }
    this.kept = this.pieces.length;
  }

  /** The value of a pixel that was moved once more; `transform` leads from its new place to where it was. */
  moved(value: number, transform: Transform): number {
    if (value === DRAWN || value === REMOVED) return value;
    const piece = movedPiece(value === UNMOVED ? { transforms: [] } : this.piece(value), transform);
    return piece ? this.number(piece) : DRAWN;
  }

  /** The value of a piece, which is added if it is new. */
  private number(piece: Piece): number {
    const { transforms, picture } = piece;
    if (!transforms.length && !picture) return UNMOVED;
    const key = (picture ?? "") + JSON.stringify(transforms);
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const value = FIRST + this.pieces.length;
    if (value > LAST) return DRAWN;
    this.pieces.push(piece);
    this.keys.push(key);
    this.numbers.set(key, value);
    return value;
  }

  private decode({ bytes, pieces }: OriginData): Uint16Array {
    const numbers = [UNMOVED, DRAWN, REMOVED, ...pieces.map((piece) => this.number(piece))];
    return new Uint16Array(bytes.length / 2).map((_, i) => numbers[bytes[2 * i] | (bytes[2 * i + 1] << 8)]);
  }

  /** Values that refer to a list of their own, as messages contain them. What does not fit into a message counts as drawn. */
  private listed(values: Uint16Array): { values: Uint16Array; pieces: Piece[] } {
    const pieces: Piece[] = [];
    const numbers = new Map<number, number>([
      [UNMOVED, UNMOVED],
      [DRAWN, DRAWN],
      [REMOVED, REMOVED],
    ]);
    let room = MOST_CHARACTERS;
    const number = (value: number) => {
      room -= this.keys[value - FIRST].length;
      if (pieces.length === MOST || room < 0) return DRAWN;
      pieces.push(this.piece(value));
      return FIRST + pieces.length - 1;
    };
    const listed = values.map((value) => {
      if (!numbers.has(value)) numbers.set(value, number(value));
      return numbers.get(value)!;
    });
    return { values: listed, pieces };
  }
}

/** Two bytes each, the lower one first. */
function bytesOf(values: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  values.forEach((value, i) => {
    bytes[2 * i] = value & 255;
    bytes[2 * i + 1] = value >> 8;
  });
  return bytes;
}
