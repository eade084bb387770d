import { describe, expect, it } from "vitest";
import { type Affine, apply, IDENTITY, multiply, rotation, scaling, translation } from "./affine";
import { aligned, CENTRE, dragged, extent, posed, poseOf, turned, within } from "./pose";

const BOX = { x0: 10, y0: 20, x1: 41, y1: 30 };
const CORNER = { x: 0, y: 0 };

function close(matrix: Affine, to: Affine): void {
  for (const [i, value] of matrix.entries()) expect(value).toBeCloseTo(to[i], 9);
}

describe("a pose", () => {
  it("is read from the map it makes", () => {
    for (const pivot of [CENTRE, CORNER, { x: 1.3, y: -0.2 }]) {
      const wanted = { x: 7.25, y: 33.5, width: 62, height: 5, angle: 37 };
      const read = poseOf(posed(IDENTITY, BOX, pivot, wanted), BOX, pivot);
      for (const key of ["x", "y", "width", "height", "angle"] as const) expect(read[key]).toBeCloseTo(wanted[key], 9);
    }
  });

  it("of a mirrored part has the angle nearest to the last one", () => {
    const mirror = scaling(-1, 1, { x: 0, y: 0 });
    expect(poseOf(mirror, BOX, CENTRE).angle).toBeCloseTo(0);
    const both = multiply(rotation((120 * Math.PI) / 180, { x: 0, y: 0 }), mirror);
    expect(poseOf(both, BOX, CENTRE, 110).angle).toBeCloseTo(120);
    expect(poseOf(both, BOX, CENTRE, -50).angle).toBeCloseTo(-60);
    // A change of width keeps it mirrored.
    const wider = posed(mirror, BOX, CENTRE, { width: 62 });
    expect(wider[0]).toBeCloseTo(-2);
  });

  it("turns and scales about its pivot", () => {
    const pivot = { x: 1, y: 0.5 };
    const { x, y } = within(BOX, pivot);
    const after = apply(posed(IDENTITY, BOX, pivot, { angle: 45, width: 50 }), x, y);
    expect(after.x).toBeCloseTo(x);
    expect(after.y).toBeCloseTo(y);
  });

  it("never has a side shorter than a pixel", () => {
    const read = poseOf(posed(IDENTITY, BOX, CENTRE, { width: 0, height: -4 }), BOX, CENTRE);
    expect([read.width, read.height]).toEqual([1, 1]);
  });
});

describe("whole pixels", () => {
  it("stay whole where the pivot lies between two of them", () => {
    // The centre of 31 pixels is in the middle of one: 40 is out of reach, 39.5 and 40.5 are not.
    expect(aligned(posed(IDENTITY, BOX, CENTRE, { x: 40 }))).toEqual(translation(15, 0));
    const quarter = posed(IDENTITY, BOX, CENTRE, { angle: 90 });
    expect(aligned(quarter).every(Number.isInteger)).toBe(true);
    close(aligned(posed(quarter, BOX, CENTRE, { angle: 0 })), IDENTITY);
  });

  it("come back after a change that is taken back", () => {
    const there = posed(translation(3, -2), BOX, CENTRE, { width: 40, height: 13, angle: 17 });
    expect(aligned(posed(there, BOX, CENTRE, { width: 31, height: 10, angle: 0 }))).toEqual(translation(3, -2));
  });

  it("are not forced on what is scaled", () => {
    const half = scaling(0.5, 0.5, { x: 1, y: 1 });
    expect(aligned(half)).toBe(half);
  });
});

describe("a dragged handle", () => {
  it("scales about the one opposite", () => {
    const matrix = dragged(IDENTITY, BOX, { x: 1, y: 1 }, { x: 72, y: 25 }, CORNER, false);
    expect(extent(matrix, BOX)).toEqual({ x0: 10, y0: 20, x1: 72, y1: 25 });
  });

  it("keeps the ratio, also on a side", () => {
    const corner = poseOf(dragged(IDENTITY, BOX, { x: 1, y: 1 }, { x: 72, y: 40 }, CORNER, true), BOX, CORNER);
    expect(corner.width / corner.height).toBeCloseTo(3.1);
    expect(corner.width).toBeCloseTo(62);
    const side = dragged(IDENTITY, BOX, { x: 1, y: 0.5 }, { x: 72, y: 99 }, { x: 0, y: 0.5 }, true);
    expect(extent(side, BOX)).toEqual({ x0: 10, y0: 15, x1: 72, y1: 35 });
    expect(extent(dragged(IDENTITY, BOX, { x: 1, y: 0.5 }, { x: 72, y: 99 }, { x: 0, y: 0.5 }, false), BOX)).toEqual({
      ...BOX,
      x1: 72,
    });
  });

  it("mirrors past the fixed point and never vanishes", () => {
    expect(dragged(IDENTITY, BOX, { x: 1, y: 0.5 }, { x: -21, y: 0 }, { x: 0, y: 0.5 }, false)[0]).toBe(-1);
    expect(
      poseOf(dragged(IDENTITY, BOX, { x: 1, y: 0.5 }, { x: 10, y: 0 }, { x: 0, y: 0.5 }, false), BOX, CENTRE),
    ).toMatchObject({ width: 1, height: 10 });
  });

  it("of a turned part follows the pointer", () => {
    const turn = rotation(0.6, { x: 3, y: 4 });
    const to = { x: 60, y: 70 };
    const matrix = dragged(turn, BOX, { x: 1, y: 1 }, to, CORNER, false);
    const landed = apply(matrix, BOX.x1, BOX.y1);
    expect(landed.x).toBeCloseTo(to.x);
    expect(landed.y).toBeCloseTo(to.y);
    close(dragged(turn, BOX, { x: 1, y: 1 }, apply(turn, BOX.x1, BOX.y1), CORNER, false), turn);
  });

  it("at the pivot does nothing", () => {
    expect(dragged(IDENTITY, BOX, { x: 1, y: 1 }, { x: 72, y: 40 }, { x: 1, y: 1 }, false)).toBe(IDENTITY);
  });
});

it("angles are those of half a turn to either side", () => {
  expect([0, 180, -180, 190, 540, -90].map(turned)).toEqual([0, 180, 180, -170, 180, -90]);
});
