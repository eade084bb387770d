import { expect, it } from "vitest";
import { stacksBetter } from "./viewport";

it("two panes are stacked where that shows the picture larger", () => {
  const landscape = { width: 384, height: 256 };
  const portrait = { width: 256, height: 384 };
  expect(stacksBetter({ width: 940, height: 680 }, landscape)).toBe(true);
  expect(stacksBetter({ width: 1800, height: 800 }, landscape)).toBe(false);
  expect(stacksBetter({ width: 940, height: 680 }, portrait)).toBe(false);
  expect(stacksBetter({ width: 360, height: 700 }, portrait)).toBe(true);
});
