import { describe, expect, it } from "vitest";
import { plane, seeded } from "./ascii";
import { CONTRAST, meanColours, tellable, touchingLabels } from "./labelColours";
import { labDistance, labOf, rgbOf } from "./oklab";
import type { Rgb } from "./palette";

const BLACK: Rgb = [0, 0, 0];
const difference = (p: Rgb, q: Rgb) => labDistance(labOf(p), labOf(q));

it("OKLab is what its author says, and comes back", () => {
  const red = labOf([255, 0, 0]);
  expect([red.l, red.a, red.b].map((value) => Number(value.toFixed(3)))).toEqual([0.628, 0.225, 0.126]);
  expect(labOf([255, 255, 255]).l).toBeCloseTo(1, 5);
  for (const colour of [
    [12, 200, 77],
    [255, 255, 0],
    [3, 3, 3],
  ] as Rgb[])
    expect(rgbOf(labOf(colour))).toEqual(colour);
});

it("mean colours are those of the photo, and of no label that is not there", () => {
  const labels = plane("0011");
  const photo = new Uint8ClampedArray([10, 0, 0, 255, 21, 4, 0, 255, 0, 0, 90, 255, 0, 0, 91, 255]);
  expect(meanColours(labels, photo, 3)).toEqual([[16, 2, 0], [0, 0, 91], null]);
});

it("labels touch where they have a side in common", () => {
  expect(touchingLabels(plane("011\n022\n003"))).toEqual([
    [0, 1],
    [0, 2],
    [0, 3],
    [1, 2],
    [2, 3],
  ]);
});

describe("colours of labels", () => {
  const all = (count: number) =>
    Array.from({ length: count }, (_, q) => Array.from({ length: q }, (_, p) => [p, q] as [number, number])).flat();

  it("of neighbours differ by the contrast, whatever the photo", () => {
    const rng = seeded(7);
    for (let round = 0; round < 60; round++) {
      const count = 3 + Math.floor(10 * rng());
      const base = [rng(), rng(), rng()];
      const colours = Array.from(
        { length: count },
        () =>
          base.map((share) =>
            Math.round(255 * Math.min(1, Math.max(0, share + 0.3 * (rng() - 0.5)))),
          ) as unknown as Rgb,
      );
      // Each touches up to three of those before it: there is always room.
      const pairs = all(count).filter(([p, q]) => q - p < 4);
      const shown = tellable(colours, pairs, BLACK);
      for (const [p, q] of pairs) expect(difference(shown[p], shown[q])).toBeGreaterThanOrEqual(CONTRAST);
    }
  });

  it("can be seen below the lines", () => {
    const colours: Rgb[] = [
      [0, 0, 0],
      [255, 255, 255],
      [90, 20, 20],
    ];
    for (const colour of tellable(colours, all(3), BLACK)) expect(labOf(colour).l).toBeGreaterThan(0.46);
    for (const colour of tellable(colours, all(3), [255, 255, 255])) expect(labOf(colour).l).toBeLessThan(0.61);
  });

  it("keep their hue and their order", () => {
    const colours: Rgb[] = [
      [120, 60, 30],
      [124, 62, 32],
      [118, 61, 30],
    ];
    const shown = tellable(colours, all(3), BLACK);
    const hue = (colour: Rgb) => Math.atan2(labOf(colour).b, labOf(colour).a);
    for (const [i, colour] of shown.entries()) expect(Math.abs(hue(colour) - hue(colours[i]))).toBeLessThan(0.12);
    expect(labOf(shown[1]).l).toBeGreaterThan(labOf(shown[0]).l);
    expect(labOf(shown[0]).l).toBeGreaterThan(labOf(shown[2]).l);
  });

  it("that do not touch differ, too, if there is room", () => {
    const shown = tellable(
      [
        [200, 120, 60],
        [200, 120, 60],
        [201, 121, 61],
      ],
      [[0, 1]],
      BLACK,
    );
    expect(difference(shown[0], shown[1])).toBeGreaterThanOrEqual(CONTRAST);
    expect(difference(shown[0], shown[2])).toBeGreaterThanOrEqual(CONTRAST / 2);
    expect(difference(shown[1], shown[2])).toBeGreaterThanOrEqual(CONTRAST / 2);
  });

  it("share what room there is where many alike touch", () => {
    const shown = tellable(Array(20).fill([100, 100, 100]), all(20), BLACK);
    for (const [p, q] of all(20)) expect(difference(shown[p], shown[q])).toBeGreaterThan(0.015);
  });

  it("of very many labels are found as well", () => {
    const rng = seeded(3);
    const colours = Array.from({ length: 255 }, () => [0, 0, 0].map(() => Math.floor(256 * rng())) as unknown as Rgb);
    const pairs = all(255).filter(() => rng() < 0.05);
    const shown = tellable(colours, pairs, BLACK);
    expect(Math.min(...pairs.map(([p, q]) => difference(shown[p], shown[q])))).toBeGreaterThan(0.02);
  });

  it("that differ enough are only lightened", () => {
    const [red, blue] = tellable(
      [
        [200, 30, 30],
        [30, 30, 200],
      ],
      all(2),
      BLACK,
    );
    expect(red[0]).toBeGreaterThan(red[2] + 60);
    expect(blue[2]).toBeGreaterThan(blue[0] + 60);
  });
});
