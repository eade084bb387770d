import { expect, test } from "vitest";
import { distanceTo, near } from "./distance";

/** Numbers that look random and are always the same. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
}

test.each([0.002, 0.03, 0.4])("distances are those to the nearest pixel of the mask (%f of them)", (share) => {
  const [size, next] = [{ width: 37, height: 29 }, random(7)];
  const mask = Uint8Array.from({ length: 37 * 29 }, () => (next() < share ? 1 : 0));
  mask[5] = 1;
  const set = [...mask.keys()].filter((i) => mask[i]);
  distanceTo(mask, size).forEach((distance, i) => {
    const to = set.map((j) => Math.hypot((i % 37) - (j % 37), Math.floor(i / 37) - Math.floor(j / 37)));
    expect(distance).toBeCloseTo(Math.min(...to), 5);
  });
});

test("without a mask, everything is infinitely far", () => {
  const size = { width: 3, height: 2 };
  expect([...distanceTo(new Uint8Array(6), size)]).toEqual(new Array(6).fill(Number.POSITIVE_INFINITY));
  expect(near(new Uint8Array(6), 9, size)).toEqual(new Uint8Array(6));
});
