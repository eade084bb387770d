import { describe, expect, it } from "vitest";
import { plane } from "./ascii";
import { partBoxes } from "./parts";
import { linesIn, linesOf, snap } from "./snap";

describe("snapping", () => {
  const guides = linesIn({ width: 100, height: 60 }, [{ x0: 30, y0: 5, x1: 50, y1: 15 }]);

  it("takes the shortest way to an edge or a centre, and says to which", () => {
    expect(guides.x).toEqual({ edges: [0, 100, 30, 50], centres: [50, 40] });
    const { x } = linesOf([{ x0: 11, y0: 0, x1: 28, y1: 8 }]);
    expect(snap(x, guides.x, 3)).toEqual({ shift: 2, on: [30] });
    expect(snap(x, guides.x, 1)).toEqual({ shift: 0, on: [] });
    // Both edges and the centre meet a guide.
    expect(snap({ edges: [31, 51], centres: [41] }, guides.x, 3)).toEqual({ shift: -1, on: [30, 50, 40] });
  });

  it("aligns edges with edges and centres with centres", () => {
    expect(snap({ edges: [39], centres: [] }, guides.x, 3)).toEqual({ shift: 0, on: [] });
    expect(snap({ edges: [], centres: [39] }, guides.x, 3)).toEqual({ shift: 1, on: [40] });
  });

  it("moves by whole pixels only", () => {
    expect(snap({ edges: [], centres: [38.5] }, guides.x, 3)).toEqual({ shift: 1, on: [40] });
    expect(snap({ edges: [], centres: [39.5] }, guides.x, 3)).toEqual({ shift: 0, on: [40] });
  });
});

describe("parts", () => {
  const picture = plane(`
    1122..
    1122.3
    1.22.3
    ....3.
  `);

  it("are the boxes of the largest connected areas", () => {
    expect(partBoxes(picture, (value) => value === 2, 1, 9)).toEqual([{ x0: 2, y0: 0, x1: 4, y1: 3 }]);
    expect(partBoxes(picture, (value) => value > 0, 5, 9)).toEqual([
      { x0: 2, y0: 0, x1: 4, y1: 3 },
      { x0: 0, y0: 0, x1: 2, y1: 3 },
    ]);
    expect(partBoxes(picture, (value) => value !== 1, 3, 1)).toEqual([{ x0: 2, y0: 0, x1: 4, y1: 3 }]);
  });

  it("of lines are connected at corners", () => {
    expect(partBoxes(picture, (value) => value === 3, 3, 9, true)).toEqual([{ x0: 4, y0: 1, x1: 6, y1: 4 }]);
    expect(partBoxes(picture, (value) => value === 3, 3, 9)).toEqual([]);
  });
});
