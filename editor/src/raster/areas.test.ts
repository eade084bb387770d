import { describe, expect, it } from "vitest";
import { lines, plane, seeded, text } from "./ascii";
import { flood, paintMask } from "./fill";
import { fillHole } from "./hole";
import {
  bounds,
  combine,
  connectedLineMask,
  invert,
  labelMask,
  lassoMask,
  loops,
  outline,
  rectangleMask,
} from "./mask";
import { createPlane } from "./plane";
import { Dirty, EMPTY } from "./rect";
import { stampDisc, strokeSegment } from "./stamp";

describe("the bucket", () => {
  it("fills pixels connected by sides, not by corners", () => {
    const labels = plane("00100\n01000\n10000");
    const found = flood(labels, { x: 0, y: 0 });
    expect(text(found.mask)).toBe(lines("##...", "#....", "....."));
    expect(found.count).toBe(3);
    paintMask(labels, found.mask, found.rect, 7);
    expect(text(labels)).toBe(lines("77#..", "7#...", "#...."));
  });

  it("agrees with a naive flood fill on random maps", () => {
    const rng = seeded(3);
    for (let round = 0; round < 40; round++) {
      const labels = createPlane(23, 17);
      labels.data.forEach((_, i) => {
        labels.data[i] = rng() < 0.4 ? 1 : 0;
      });
      const start = { x: Math.floor(rng() * 23), y: Math.floor(rng() * 17) };
      const label = labels.data[start.y * 23 + start.x];
      const seen = new Set<number>();
      const queue = [start.y * 23 + start.x];
      while (queue.length) {
        const i = queue.pop()!;
        if (seen.has(i) || labels.data[i] !== label) continue;
        seen.add(i);
        const x = i % 23;
        if (x > 0) queue.push(i - 1);
        if (x < 22) queue.push(i + 1);
        if (i >= 23) queue.push(i - 23);
        if (i < 23 * 16) queue.push(i + 23);
      }
      const found = flood(labels, start);
      expect(found.count).toBe(seen.size);
      expect(found.mask.data.reduce((sum, v) => sum + v, 0)).toBe(seen.size);
      expect(found.rect).toEqual(bounds(found.mask));
    }
  });

  it("stops at lines and leaves no seam under them", () => {
    const labels = createPlane(5, 3);
    const walls = plane("..#..\n..#..\n..#..");
    expect(text(flood(labels, { x: 0, y: 1 }, walls).mask)).toBe(lines("###..", "###..", "###.."));
  });

  it("does nothing outside", () => {
    expect(flood(createPlane(3, 3), { x: 7, y: 0 }).count).toBe(0);
  });
});

describe("the brush", () => {
  it("stamps discs that are symmetric", () => {
    for (const size of [1, 2, 3, 4, 5, 8, 13, 40]) {
      const plate = createPlane(50, 50);
      const dirty = new Dirty();
      stampDisc(plate, 25, 25, size, 1, dirty);
      const { x0, y0, x1, y1 } = dirty.rect;
      expect([x1 - x0, y1 - y0]).toEqual([size, size]);
      for (let y = y0; y < y1; y++) {
        for (let x = x0; x < x1; x++) {
          const here = plate.data[y * 50 + x];
          expect(plate.data[y * 50 + (x0 + x1 - 1 - x)]).toBe(here);
          expect(plate.data[(y0 + y1 - 1 - y) * 50 + x]).toBe(here);
          expect(plate.data[(y0 + x - x0) * 50 + (x0 + y - y0)]).toBe(here);
        }
      }
      const area = plate.data.reduce((sum, v) => sum + v, 0);
      if (size > 4) expect(Math.abs(area / ((Math.PI * size * size) / 4) - 1)).toBeLessThan(0.12);
    }
  });

  it("leaves no gaps in quick strokes and is clipped at the border", () => {
    const plate = createPlane(30, 8);
    const rect = strokeSegment(plate, { x: -4, y: 4, size: 3 }, { x: 40, y: 4, size: 3 }, 5);
    expect(rect).toEqual({ x0: 0, y0: 3, x1: 30, y1: 6 });
    expect(plate.data.subarray(4 * 30, 5 * 30).every((v) => v === 5)).toBe(true);
  });
});

describe("selections", () => {
  it("rectangles include both corners, whichever way they are dragged", () => {
    expect(bounds(rectangleMask({ width: 9, height: 9 }, { x: 6.2, y: 5.5 }, { x: 2.9, y: 1.1 }))).toEqual({
      x0: 2,
      y0: 1,
      x1: 7,
      y1: 6,
    });
  });

  it("a lasso selects pixels whose centres are inside", () => {
    const square = lassoMask({ width: 6, height: 6 }, [
      { x: 1, y: 1 },
      { x: 4, y: 1 },
      { x: 4, y: 4 },
      { x: 1, y: 4 },
    ]);
    expect(text(square)).toBe(lines("......", ".###..", ".###..", ".###..", "......", "......"));
    expect(bounds(lassoMask({ width: 6, height: 6 }, [{ x: 1, y: 1 }]))).toEqual(EMPTY);
  });

  it("labels and lines", () => {
    expect(text(labelMask(plane("012\n210"), 2))).toBe(lines("..#", "#.."));
    const edges = plane("#....\n.#...\n.....\n...##");
    expect(text(connectedLineMask(edges, { x: 1, y: 0 }))).toBe(lines("#....", ".#...", ".....", "....."));
    expect(bounds(connectedLineMask(createPlane(5, 5), { x: 1, y: 1 }))).toEqual(EMPTY);
  });

  it("combine", () => {
    const [a, b] = [plane("##.."), plane(".##.")];
    expect(text(combine(a, b, "add"))).toBe("###.");
    expect(text(combine(a, b, "subtract"))).toBe("#...");
    expect(text(combine(a, b, "intersect"))).toBe(".#..");
    expect(text(combine(a, b, "replace"))).toBe(".##.");
    expect(text(combine(null, b, "subtract"))).toBe("....");
    expect(text(invert(a))).toBe("..##");
  });

  it("have an outline of closed loops, one around each part and hole", () => {
    const found = loops(outline(plane("......\n.####.\n.#.##.\n.####.\n......\n....#.")));
    expect(found.map((loop) => loop.length / 2).sort()).toEqual([4, 4, 4]);
    const length = (loop: number[]) =>
      loop.reduce((sum, value, i) => sum + Math.abs(value - loop[(i + 2) % loop.length]), 0);
    expect(found.map(length).sort((p, q) => p - q)).toEqual([4, 4, 14]);
    // Parts that touch at a corner may be one loop or two; nothing is lost.
    const touching = loops(outline(plane("#.\n.#")));
    expect(touching.map(length).reduce((p, q) => p + q)).toBe(8);
  });

  it("have an outline that closes", () => {
    const runs = outline(plane("....\n.##.\n.#..\n...."));
    const length = runs.reduce((sum, [x0, y0, x1, y1]) => sum + Math.abs(x1 - x0) + Math.abs(y1 - y0), 0);
    expect(length).toBe(8);
  });
});

describe("a hole", () => {
  it("is filled with the nearest label", () => {
    const labels = plane("1111222\n1111222\n1111222");
    const mask = plane(".......\n..###..\n.......");
    labels.data.forEach((_, i) => {
      if (mask.data[i]) labels.data[i] = 9;
    });
    fillHole(labels, mask);
    expect(labels.data.includes(9)).toBe(false);
    expect([...labels.data.subarray(7, 14)]).toEqual([1, 1, 1, 1, 2, 2, 2]);
  });

  it("gets the nearest label on random masks", () => {
    const rng = seeded(5);
    const size = 24;
    for (let round = 0; round < 10; round++) {
      const labels = createPlane(size, size);
      const mask = createPlane(size, size);
      for (let i = 0; i < labels.data.length; i++) {
        labels.data[i] = 1 + Math.floor(rng() * 5);
        mask.data[i] = rng() < 0.75 ? 1 : 0;
      }
      const before = labels.data.slice();
      fillHole(labels, mask);
      let wrong = 0;
      for (let i = 0; i < labels.data.length; i++) {
        if (!mask.data[i]) continue;
        let best = Number.POSITIVE_INFINITY;
        const at: number[] = [];
        for (let n = 0; n < labels.data.length; n++) {
          if (mask.data[n]) continue;
          const d = ((n % size) - (i % size)) ** 2 + (Math.floor(n / size) - Math.floor(i / size)) ** 2;
          if (d < best) at.length = 0;
          if (d <= best) at.push(before[n]);
          best = Math.min(best, d);
        }
        if (!at.includes(labels.data[i])) wrong++;
      }
      // Propagating offsets is exact except for single pixels.
      expect(wrong).toBeLessThan(4);
    }
  });

  it("that covers everything is left unchanged", () => {
    const labels = plane("12\n34");
    fillHole(labels, plane("##\n##"));
    expect([...labels.data]).toEqual([1, 2, 3, 4]);
  });
});
