import { expect, test } from "vitest";
import { farthestColour, type Rgb } from "./palette";

test("a new label's colour is far from the others", () => {
  expect(farthestColour([[0, 0, 0]])).toEqual([255, 255, 255]);
  const colours: Rgb[] = [];
  for (let i = 0; i < 64; i++) colours.push(farthestColour(colours));
  expect(new Set(colours.map(String)).size).toBe(64);
});
