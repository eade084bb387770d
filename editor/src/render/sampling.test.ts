import { expect, test } from "vitest";
import { pieceColours } from "./sampling";

const size = { width: 10, height: 4 };
const photo = Uint8Array.from({ length: 3 * 40 }, (_, k) => Math.floor(k / 3));

test.each([
  [-0.25, -2],
  [-0.15, -2],
  [0.25, 2],
  [-0.3, -3],
])("a piece shifted by %f of the width is shifted by whole pixels, halves to the even one", (share, pixels) => {
  const piece = { transforms: [{ kind: "affine" as const, matrix: [1, 0, 0, 1, share, 0] as never }] };
  expect(pieceColours(photo, piece, [15], size)[0]).toBe(15 + pixels);
});

test("a scaled piece is interpolated between pixels", () => {
  const piece = { transforms: [{ kind: "affine" as const, matrix: [0.5, 0, 0, 1, 0.2, 0] as never }] };
  // The centre of pixel 5, at 5.5, comes from 2.75 + 2: a quarter of a pixel beyond the centre of pixel 4.
  expect(pieceColours(photo, piece, [15], size)[0]).toBeCloseTo(14.25, 1);
});
