import { describe, expect, it } from "vitest";
import { type Affine, IDENTITY, multiply, rotation, scaling, translation } from "./affine";
import { fillMask } from "./fill";
import { rectangleMask } from "./mask";
import { DRAWN, FIRST, Origin, REMOVED, UNMOVED } from "./origin";
import { affine, movedPiece, type Piece } from "./pieces";
import { clonePlane, type Point } from "./plane";
import { frame } from "./rect";
import { cutOut, type Placement, placeAffine, placeWarp, transformCutout } from "./transform";

const SIZE = { width: 60, height: 40 };
/** Rows 10 … 19, columns 15 … 29. */
const BOX = rectangleMask(SIZE, { x: 15, y: 10 }, { x: 29, y: 19 });
const CENTRE = { x: 22.5, y: 15 };

function unmoved(): Origin {
  return new Origin(SIZE.width, SIZE.height, null);
}

/** Move a part, as a floating selection does. */
function move(origin: Origin, mask: typeof BOX, place: (cutout: ReturnType<typeof cutOut>) => Placement, keep = false) {
  const cutout = cutOut(mask);
  const placement = place(cutout);
  const original = clonePlane(origin.plane);
  if (!keep) fillMask(origin.plane, mask, REMOVED);
  origin.paste(original, transformCutout(cutout, placement));
  return placement;
}

const by = (matrix: Affine) => (cutout: ReturnType<typeof cutOut>) => placeAffine(cutout, matrix)!;

function value(origin: Origin, x: number, y: number): number {
  return origin.plane.data[y * SIZE.width + x];
}

/** Where a pixel comes from, through affine pieces, in pixels: 0 is the centre of the first. */
function source(origin: Origin, x: number, y: number): Point {
  let at = { x: (x + 0.5) / SIZE.width, y: (y + 0.5) / SIZE.height };
  for (const map of origin.piece(value(origin, x, y)).transforms) {
    if (map.kind !== "affine") throw new Error("not affine");
    const [a, b, c, d, e, f] = map.matrix;
    at = { x: a * at.x + c * at.y + e, y: b * at.x + d * at.y + f };
  }
  return { x: at.x * SIZE.width - 0.5, y: at.y * SIZE.height - 0.5 };
}

function expectSource(origin: Origin, x: number, y: number, from: Point): void {
  const at = source(origin, x, y);
  expect(at.x).toBeCloseTo(from.x, 6);
  expect(at.y).toBeCloseTo(from.y, 6);
}

describe("an origin", () => {
  it("of a moved part is a piece, and its old place is removed", () => {
    const origin = unmoved();
    move(origin, BOX, by(translation(15, 10)));
    expect(value(origin, 15, 10)).toBe(REMOVED);
    expect(value(origin, 0, 0)).toBe(UNMOVED);
    expectSource(origin, 40, 25, { x: 25, y: 15 });
    expect(origin.plane.data.filter((v) => v === FIRST).length).toBe(150);
  });

  it("of a duplicate removes nothing", () => {
    const origin = unmoved();
    move(origin, BOX, by(translation(15, 10)), true);
    expect(origin.plane.data.includes(REMOVED)).toBe(false);
  });

  it("of a part scaled about its centre, flipped, turned", () => {
    const scaled = unmoved();
    move(scaled, BOX, by(scaling(2, 2, CENTRE)));
    expectSource(scaled, 30, 18, { x: 22 + 8 / 2, y: 14.5 + 3.5 / 2 });
    const flipped = unmoved();
    move(flipped, BOX, by(scaling(-1, 1, CENTRE)));
    expectSource(flipped, 16, 12, { x: 28, y: 12 });
    move(flipped, BOX, by(scaling(-1, 1, CENTRE)));
    expect(flipped.plane.data.every((v) => v === UNMOVED)).toBe(true);
    const turned = unmoved();
    move(turned, BOX, by(rotation(Math.PI / 2, CENTRE)));
    expectSource(turned, 24, 16, { x: 22 + 1.5, y: 14.5 - 2 });
  });

  it("of a part that is moved back is as if nothing had happened", () => {
    const origin = unmoved();
    move(origin, BOX, by(translation(0, 12)));
    move(origin, rectangleMask(SIZE, { x: 15, y: 22 }, { x: 29, y: 31 }), by(translation(0, -12)));
    expect(value(origin, 20, 15)).toBe(UNMOVED);
    expect(value(origin, 20, 25)).toBe(REMOVED);
  });

  it("of a part that is moved twice is one affine map", () => {
    const origin = unmoved();
    move(origin, BOX, by(translation(15, 0)));
    move(origin, rectangleMask(SIZE, { x: 30, y: 10 }, { x: 44, y: 19 }), by(multiply(translation(0, 12), IDENTITY)));
    const piece = origin.piece(value(origin, 35, 25));
    expect(piece.transforms).toHaveLength(1);
    expectSource(origin, 35, 25, { x: 20, y: 13 });
  });

  it("keeps what was drawn and removed inside a part that is moved", () => {
    const origin = unmoved();
    origin.plane.data[12 * 60 + 16] = DRAWN;
    origin.plane.data[12 * 60 + 17] = REMOVED;
    move(origin, BOX, by(translation(20, 0)));
    expect([36, 37, 38].map((x) => value(origin, x, 12))).toEqual([DRAWN, REMOVED, FIRST]);
  });

  it("forgets pieces that are not used, but none that the server has", () => {
    const origin = unmoved();
    for (const x of [3, 5]) {
      origin.revert(frame(SIZE));
      move(origin, BOX, by(translation(x, 0)));
    }
    expect(value(origin, 20, 12)).toBe(FIRST);
    expect(origin.take(frame(SIZE))!.pieces).toHaveLength(1);
    origin.forget();
    expectSource(origin, 25, 12, { x: 20, y: 12 });
    move(origin, BOX, by(translation(-9, 0)));
    expect(value(origin, 16, 12)).toBe(FIRST + 1);
  });

  it("goes to another tab and back", () => {
    const one = unmoved();
    const two = unmoved();
    move(two, BOX, by(scaling(-1, 1, CENTRE)));
    two.take(frame(SIZE));
    move(one, BOX, by(translation(15, 10)));
    const sent = one.take(frame(SIZE))!;
    expect(one.take(frame(SIZE))).toBeNull();
    // The other tab has a piece of its own, so it numbers this one differently.
    two.receive(sent.rect, sent, false);
    expect(value(two, 40, 25)).toBe(FIRST + 1);
    expectSource(two, 40, 25, { x: 25, y: 15 });
    expect(two.take(frame(SIZE))).toBeNull();
    const whole = new Origin(30, 20, { bytes: sent.bytes, pieces: sent.pieces });
    expect(whole.piece(FIRST)).toEqual(one.piece(FIRST));
  });

  it("drops unused pieces when there are very many", () => {
    const origin = unmoved();
    for (let i = 0; i <= 2 ** 14; i++) {
      const pieces: Piece[] = [{ transforms: [affine([1, 0, 0, 1, i, 0], SIZE)] }];
      origin.receive({ x0: 0, y0: 0, x1: 1, y1: 1 }, { bytes: new Uint8Array([FIRST, 0]), pieces }, false);
    }
    const kept = source(origin, 0, 0);
    origin.compact();
    expect(value(origin, 0, 0)).toBe(FIRST + (kept.x === 0 ? 1 : 0));
    expect(source(origin, 0, 0)).toEqual(kept);
  });

  it("counts what does not fit into a message as drawn", () => {
    const origin = new Origin(100, 50, null);
    const pieces = Array.from({ length: 5000 }, (_, i) => ({ transforms: [affine([1, 0, 0, 1, i + 1, 0], SIZE)] }));
    const bytes = new Uint8Array(10000);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 5000; i++) view.setUint16(2 * i, FIRST + i, true);
    origin.receive(frame(origin.plane), { bytes, pieces }, false);
    origin.base.data.fill(0);
    const sent = origin.take(frame(origin.plane))!;
    expect(sent.pieces).toHaveLength(4096);
    expect(new DataView(sent.bytes.buffer).getUint16(2 * 4999, true)).toBe(DRAWN);
  });
});

describe("a piece", () => {
  it("is not composed without end", () => {
    const bent = { kind: "spline" as const, points: [], sources: [], aspect: 1 };
    expect(movedPiece({ transforms: Array(255).fill(bent) }, bent)!.transforms).toHaveLength(256);
    expect(movedPiece({ transforms: Array(256).fill(bent) }, bent)).toBeNull();
  });
});

/** The same edits and what they lead to, for `tests/origin/test_editor.py`. `vitest -u` writes the file again. */
it("means the same in Python", async () => {
  const grid = [15, 22.5, 30].flatMap((x) => [10, 15, 20].map((y) => ({ x, y })));
  const bend = (cutout: ReturnType<typeof cutOut>) =>
    placeWarp(
      cutout,
      grid,
      grid.map((p, i) => (i === 4 ? { x: 25.5, y: 16 } : p)),
    )!;
  const cases: Record<string, ((cutout: ReturnType<typeof cutOut>) => Placement)[]> = {
    moved: [by(translation(15, 10))],
    scaled: [by(scaling(2, 2, CENTRE))],
    flipped: [by(scaling(-1, 1, CENTRE))],
    turned: [by(rotation(0.4, CENTRE))],
    warped: [bend],
    "flipped and warped": [by(scaling(1, -1, CENTRE)), bend],
  };
  const found = Object.entries(cases).map(([name, steps]) => {
    const origin = unmoved();
    const placements = steps.map((place) => move(origin, BOX, place));
    const sent = origin.take(frame(SIZE))!;
    const moved = [...origin.plane.data.keys()].filter((k) => origin.plane.data[k] >= FIRST);
    const at = moved.filter((_, k) => k % 40 === 7).map((k) => [k % SIZE.width, Math.floor(k / SIZE.width)]);
    const positions = at.map(([x, y]) => {
      let place: Point = { x: x + 0.5, y: y + 0.5 };
      for (const placement of placements.toReversed()) place = placement.backward(place.x, place.y);
      return { pixel: [x, y], source: [place.x - 0.5, place.y - 0.5].map((v) => Number(v.toFixed(7))) };
    });
    const { rect, pieces, bytes } = sent;
    return {
      name,
      rect,
      bytes: [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
      pieces,
      positions,
    };
  });
  const file = "../../../tests/origin/editor.json";
  await expect(`${JSON.stringify({ ...SIZE, cases: found }, null, 1)}\n`).toMatchFileSnapshot(file);
});
