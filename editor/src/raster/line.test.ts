import { describe, expect, it } from "vitest";
import { lines, seeded, text } from "./ascii";
import { cubic, drawPolyline, quadratic, tracePolyline, walkLine, withoutCorners } from "./line";
import { createPlane, type Point } from "./plane";
import { EMPTY } from "./rect";

describe("a line", () => {
  it("is one pixel wide and has both ends in every octant", () => {
    const rng = seeded(1);
    for (let round = 0; round < 300; round++) {
      const [a, b] = [0, 1].map(() => ({ x: Math.floor(rng() * 40) - 20, y: Math.floor(rng() * 40) - 20 }));
      const path: Point[] = [];
      walkLine(a, b, (x, y) => path.push({ x, y }));
      expect(path[0]).toEqual(a);
      expect(path[path.length - 1]).toEqual(b);
      expect(path.length).toBe(Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y)) + 1);
      for (let i = 1; i < path.length; i++) {
        expect(Math.max(Math.abs(path[i].x - path[i - 1].x), Math.abs(path[i].y - path[i - 1].y))).toBe(1);
        // Never more than half a pixel from the true line.
        const length = Math.hypot(b.x - a.x, b.y - a.y);
        const off = Math.abs((path[i].x - a.x) * (b.y - a.y) - (path[i].y - a.y) * (b.x - a.x)) / length;
        expect(off).toBeLessThanOrEqual(0.5 + 1e-9);
      }
    }
  });

  it("is clipped at the border and returns what it touched", () => {
    const plane = createPlane(5, 3);
    expect(
      drawPolyline(
        plane,
        [
          { x: -3, y: 1 },
          { x: 9, y: 1 },
        ],
        1,
      ),
    ).toEqual({ x0: 0, y0: 1, x1: 5, y1: 2 });
    expect(text(plane)).toBe(lines(".....", "#####", "....."));
    expect(
      drawPolyline(
        plane,
        [
          { x: -9, y: -9 },
          { x: -2, y: -5 },
        ],
        1,
      ),
    ).toEqual(EMPTY);
  });

  it("loses the corner of an L", () => {
    const plane = createPlane(4, 3);
    drawPolyline(
      plane,
      [
        { x: 0, y: 0 },
        { x: 2, y: 0 },
        { x: 2, y: 2 },
      ],
      1,
    );
    expect(text(plane)).toBe(lines("##..", "..#.", "..#."));
  });

  it("stays connected without corners", () => {
    const rng = seeded(2);
    const points = Array.from({ length: 60 }, () => ({ x: rng() * 30, y: rng() * 30 }));
    const path = withoutCorners(tracePolyline(points));
    for (let i = 1; i < path.length; i++) {
      expect(Math.max(Math.abs(path[i].x - path[i - 1].x), Math.abs(path[i].y - path[i - 1].y))).toBe(1);
    }
  });
});

describe("a curve", () => {
  it("begins and ends where it should and passes its middle", () => {
    const points = quadratic({ x: 0, y: 0 }, { x: 10, y: 20 }, { x: 20, y: 0 });
    expect(points[0]).toEqual({ x: 0, y: 0 });
    expect(points[points.length - 1]).toEqual({ x: 20, y: 0 });
    const nearest = Math.min(...points.map((p) => Math.hypot(p.x - 10, p.y - 10)));
    expect(nearest).toBeLessThan(2);
    const c = cubic({ x: 0, y: 0 }, { x: 0, y: 9 }, { x: 9, y: 9 }, { x: 9, y: 0 });
    expect(c[0]).toEqual({ x: 0, y: 0 });
    expect(c[c.length - 1]).toEqual({ x: 9, y: 0 });
  });

  it("that is straight is a line", () => {
    expect(quadratic({ x: 0, y: 0 }, { x: 2, y: 2 }, { x: 4, y: 4 })).toHaveLength(2);
  });
});
