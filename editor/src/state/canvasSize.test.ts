import { afterEach, describe, expect, it } from "vitest";
import type { Info } from "../api/client";
import { allAround, around, fullSize, inProportions, type Measures, shown, taken, tooLarge } from "./canvasSize";
import { NO_MARGINS, photoIn } from "./margins";
import { inPixels } from "./people";
import { Picture } from "./picture";
import { set } from "./store";

const MEASURES: Measures = { drawing: { width: 300, height: 200 }, photo: { width: 3000, height: 2000 } };

afterEach(() => set({ info: null }));

describe("canvas sizes", () => {
  it("are typed in pixels of the photo or percent, and taken in pixels of the drawing", () => {
    expect(taken(104, true, "px", MEASURES)).toBe(10);
    expect(shown(10, true, "px", MEASURES)).toBe(100);
    expect(taken(12.5, false, "%", MEASURES)).toBe(25);
    expect(shown(25, false, "%", MEASURES)).toBe(12.5);
    expect(taken(-20, true, "px", MEASURES)).toBe(0);
    expect(fullSize({ left: 10, top: 0, right: 5, bottom: 7 }, MEASURES)).toEqual({ width: 3150, height: 2070 });
  });

  it("have proportions, with the photo in the middle", () => {
    const square = inProportions(1, MEASURES);
    expect(square).toEqual({ left: 0, top: 50, right: 0, bottom: 50 });
    const wide = around(MEASURES.drawing, inProportions(16 / 9, MEASURES));
    expect(wide).toEqual({ width: 356, height: 200 });
    expect(inProportions(3 / 2, MEASURES)).toEqual(NO_MARGINS);
    expect(allAround(0.1, MEASURES)).toEqual({ left: 30, top: 20, right: 30, bottom: 20 });
  });

  it("are limited, with one sentence", () => {
    set({ info: { limits: { canvas: 4, photo_pixels: 10_000_000 } } as Info });
    expect(tooLarge(NO_MARGINS, MEASURES)).toBeNull();
    expect(tooLarge(allAround(0.6, MEASURES), MEASURES)).toBe(
      "This is 4.8 times the photo’s area; at most 4 times is possible.",
    );
    expect(tooLarge(allAround(0.25, MEASURES), MEASURES)).toBe("This is 14 megapixels; at most 10 are possible.");
  });
});

describe("on a larger canvas", () => {
  const canvas = { width: 20, height: 10, margins: { left: 4, top: 0, right: 6, bottom: 2 } };

  it("the photo and the points of people lie between the margins", () => {
    expect(photoIn(canvas)).toEqual({ x0: 4, y0: 0, x1: 14, y1: 8 });
    const figure = { points: [[0.5, 0.25]] } as unknown as Parameters<typeof inPixels>[0];
    expect(inPixels(figure, canvas)).toEqual([{ x: 9, y: 2 }]);
  });

  it("the picture goes along until there is a new one", () => {
    const before = new Picture(2, 1);
    expect(Picture.resized(before, 2, 1, 0, 0)).toBe(before);
    before.rgb.set([1, 1, 1, 2, 2, 2]);
    before.empty = false;
    const larger = Picture.resized(before, 4, 2, 1, 1);
    expect([...larger.rgb.filter((_, i) => i % 3 === 0)]).toEqual([128, 128, 128, 128, 128, 1, 2, 128]);
    expect([...Picture.resized(larger, 2, 1, -2, -1).rgb]).toEqual([2, 2, 2, 128, 128, 128]);
  });
});
