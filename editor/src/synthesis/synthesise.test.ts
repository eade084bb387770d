import { expect, test } from "vitest";
import { incoherence } from "./incoherence";
import type { Guides } from "./patches";
import { synthesising } from "./synthesise";

const size = { width: 48, height: 40 };
const pixels = size.width * size.height;
const plain: Guides = { labels: new Uint8Array(pixels), lines: new Float32Array(3 * pixels) };

/** Stripes: light and dark columns by turns, eight pixels each. */
function stripes(): Float32Array {
  return Float32Array.from({ length: 3 * pixels }, (_, k) => (Math.floor(k / 3) % 16 < 8 ? 0.2 : 0.8));
}

const identity = Float32Array.from({ length: 2 * pixels }, (_, k) => {
  const i = k >> 1;
  return k & 1 ? i % size.width : Math.floor(i / size.width);
});

function mask(x0: number, y0: number, x1: number, y1: number): Uint8Array {
  return Uint8Array.from({ length: pixels }, (_, i) => {
    const [x, y] = [i % size.width, Math.floor(i / size.width)];
    return x >= x0 && x < x1 && y >= y0 && y < y1 ? 1 : 0;
  });
}

test("a hole in stripes is filled with stripes, and nothing else changes", () => {
  const truth = stripes();
  const hole = mask(16, 12, 30, 26);
  const picture = truth.map((value, k) => (hole[Math.floor(k / 3)] ? 0.5 : value));
  const target = {
    picture,
    guides: plain,
    prior: identity,
    trust: new Float32Array(pixels),
    hole: Float32Array.from(hole),
    unknown: Float32Array.from(hole),
  };
  const work = synthesising(target, { photo: truth, guides: plain }, hole, size, 0);
  let step = work.next();
  while (!step.done) step = work.next();
  const found = step.value!;
  let [error, others] = [0, 0];
  found.forEach((value, k) => {
    if (hole[Math.floor(k / 3)]) error += Math.abs(value - truth[k]);
    else if (value !== picture[k]) others++;
  });
  expect(error / (3 * 14 * 14)).toBeLessThan(0.05);
  expect(others).toBe(0);
});

test("nothing is left to copy where everything is forbidden", () => {
  const hole = mask(10, 10, 20, 20);
  const target = {
    picture: stripes(),
    guides: plain,
    prior: identity,
    trust: new Float32Array(pixels),
    hole: Float32Array.from(hole),
    unknown: new Float32Array(pixels),
  };
  const work = synthesising(target, { photo: stripes(), guides: plain }, mask(0, 0, 48, 40), size, 0);
  let step = work.next();
  while (!step.done) step = work.next();
  expect(step.value).toBeNull();
});

test("a picture is unlike the photo where its patches are not in it", () => {
  const photo = stripes();
  const torn = mask(20, 16, 28, 24);
  const picture = photo.map((value, k) => (torn[Math.floor(k / 3)] ? 1 - ((Math.floor(k / 3) * 7) % 3) / 2 : value));
  const found = incoherence(picture, photo, identity, new Uint8Array(pixels).fill(1), size);
  expect(found[20 * 48 + 24]).toBeGreaterThan(0.008);
  expect(found[4 * 48 + 8]).toBeLessThan(1e-4);
});
