import { describe, expect, it } from "vitest";
import { apply, IDENTITY, inverse, multiply, rotation, scaling, translation } from "./affine";
import { lines, plane, seeded, text } from "./ascii";
import { drawPolyline } from "./line";
import { rectangleMask } from "./mask";
import { createPlane, type Plane } from "./plane";
import { frame } from "./rect";
import { thin } from "./thin";
import { invertAt, thinPlate } from "./tps";
import { cutOut, type Placement, pasteLines, pasteNearest, placeAffine, placeWarp, transformCutout } from "./transform";

describe("affine maps", () => {
  it("invert and multiply", () => {
    const m = multiply(rotation(0.7, { x: 3, y: 4 }), multiply(scaling(2, -0.5, { x: 1, y: 1 }), translation(5, -2)));
    const back = inverse(m)!;
    const p = apply(m, 7, 11);
    const q = apply(back, p.x, p.y);
    expect(q.x).toBeCloseTo(7, 9);
    expect(q.y).toBeCloseTo(11, 9);
    expect(inverse(scaling(0, 1, { x: 0, y: 0 }))).toBeNull();
  });
});

describe("a thin-plate spline", () => {
  it("passes through its points, is affine for affine shifts, and can be inverted", () => {
    const rng = seeded(7);
    const from = Array.from({ length: 9 }, () => ({ x: rng() * 200, y: rng() * 200 }));
    const to = from.map((p) => ({ x: p.x + rng() * 20 - 10, y: p.y + rng() * 20 - 10 }));
    const map = thinPlate(from, to);
    from.forEach((p, i) => {
      expect(map(p.x, p.y).x).toBeCloseTo(to[i].x, 6);
      expect(map(p.x, p.y).y).toBeCloseTo(to[i].y, 6);
    });
    const m = multiply(rotation(0.3, { x: 0, y: 0 }), translation(3, 5));
    const straight = thinPlate(
      from,
      from.map((p) => apply(m, p.x, p.y)),
    );
    expect(straight(57, 91).x).toBeCloseTo(apply(m, 57, 91).x, 5);
    const there = map(80, 70);
    const again = invertAt(map, there.x, there.y, { x: there.x, y: there.y });
    expect(Math.hypot(again.x - 80, again.y - 70)).toBeLessThan(0.05);
  });

  it("is a shift for two points, and refuses collinear points", () => {
    const shift = thinPlate(
      [
        { x: 0, y: 0 },
        { x: 9, y: 0 },
      ],
      [
        { x: 2, y: 1 },
        { x: 11, y: 1 },
      ],
    );
    expect(shift(5, 5)).toEqual({ x: 7, y: 6 });
    const row = [0, 1, 2].map((x) => ({ x, y: x }));
    expect(() => thinPlate(row, row)).toThrow(RangeError);
  });
});

function source(size = 40): { labels: Plane; edges: Plane; mask: Plane } {
  const labels = createPlane(size, size);
  const edges = createPlane(size, size);
  const mask = rectangleMask(labels, { x: 10, y: 10 }, { x: 19, y: 19 });
  for (let y = 10; y < 20; y++) labels.data.fill(3, y * size + 10, y * size + 20);
  drawPolyline(
    edges,
    [
      { x: 10, y: 10 },
      { x: 19, y: 10 },
      { x: 19, y: 19 },
      { x: 10, y: 19 },
      { x: 10, y: 10 },
    ],
    1,
  );
  return { labels, edges, mask };
}

/** Labels and lines under the mask, transformed and pasted onto other planes. */
function paste(from: ReturnType<typeof source>, placement: Placement, labels: Plane, edges: Plane) {
  const cutout = cutOut(from.mask);
  const landing = transformCutout(cutout, placement);
  pasteNearest(from.labels, landing, labels);
  const rect = pasteLines(from.edges, cutout, landing, edges);
  return { mask: landing.mask, rect };
}

describe("pasting a transformed cutout", () => {
  it("at the same place changes nothing", () => {
    const { labels, edges, mask } = source();
    const [l, e] = [
      { ...labels, data: labels.data.slice() },
      { ...edges, data: edges.data.slice() },
    ];
    const cut = cutOut(mask);
    paste({ labels, edges, mask }, placeAffine(cut, IDENTITY)!, l, e);
    expect(l.data).toEqual(labels.data);
    expect(e.data).toEqual(edges.data);
  });

  it("moves by whole pixels exactly", () => {
    const { labels, edges, mask } = source();
    const cut = cutOut(mask);
    const [l, e] = [createPlane(40, 40), createPlane(40, 40)];
    const pasted = paste({ labels, edges, mask }, placeAffine(cut, translation(7, -4))!, l, e);
    expect(pasted.rect).toEqual({ x0: 17, y0: 6, x1: 27, y1: 16 });
    expect(pasted.mask.data.reduce((a, b) => a + b, 0)).toBe(100);
    for (let i = 0; i < 1600; i++) {
      if (labels.data[i]) expect(l.data[i + 7 - 4 * 40]).toBe(3);
      if (edges.data[i]) expect(e.data[i + 7 - 4 * 40]).toBe(1);
    }
    expect(e.data.reduce((a, b) => a + b, 0)).toBe(edges.data.reduce((a, b) => a + b, 0));
  });

  it("mirrors twice into itself, and turns four quarters into itself", () => {
    const { labels, edges, mask } = source();
    labels.data[12 * 40 + 11] = 5;
    for (const m of [scaling(-1, 1, { x: 15, y: 15 }), rotation(Math.PI / 2, { x: 15, y: 15 })]) {
      let now = { mask, labels, edges };
      for (let round = 0; round < 4; round++) {
        const cut = cutOut(now.mask);
        const [l, e] = [createPlane(40, 40), createPlane(40, 40)];
        const pasted = paste(now, placeAffine(cut, m)!, l, e);
        now = { mask: pasted.mask, labels: l, edges: e };
      }
      expect(now.labels.data).toEqual(labels.data);
      expect(now.mask.data).toEqual(mask.data);
    }
  });

  it("keeps lines whole and thin when scaled, and labels on the palette", () => {
    const { labels, edges, mask } = source();
    for (const factor of [0.4, 1.7, 2]) {
      const cut = cutOut(mask);
      const [l, e] = [createPlane(40, 40), createPlane(40, 40)];
      paste({ labels, edges, mask }, placeAffine(cut, scaling(factor, factor, { x: 15, y: 15 }))!, l, e);
      expect(new Set(l.data)).toEqual(new Set([0, 3]));
      const again = { ...e, data: e.data.slice() };
      thin(again);
      expect(again.data).toEqual(e.data);
      // The outline is still closed: the middle cannot be left without crossing it.
      const seen = new Set([15 * 40 + 15]);
      const queue = [15 * 40 + 15];
      while (queue.length) {
        const i = queue.pop()!;
        for (const n of [i - 1, i + 1, i - 40, i + 40]) {
          if (n >= 0 && n < 1600 && !seen.has(n) && !e.data[n]) {
            seen.add(n);
            queue.push(n);
          }
        }
      }
      expect(seen.has(0)).toBe(false);
    }
  });

  it("warps by handles: a handle's line goes where the handle goes", () => {
    const { labels, edges, mask } = source();
    const cut = cutOut(mask);
    const from = [10, 15, 20].flatMap((y) => [10, 15, 20].map((x) => ({ x, y })));
    const to = from.map((p) => (p.x === 20 && p.y === 15 ? { x: 23, y: 15 } : p));
    const [l, e] = [createPlane(40, 40), createPlane(40, 40)];
    paste({ labels, edges, mask }, placeWarp(cut, from, to)!, l, e);
    expect(l.data[15 * 40 + 21]).toBe(3);
    expect(l.data[11 * 40 + 22]).toBe(0);
    expect([21, 22, 23].some((x) => e.data[15 * 40 + x] === 1)).toBe(true);
  });

  it("fails for a singular map", () => {
    const { mask } = source();
    expect(placeAffine(cutOut(mask), scaling(0, 1, { x: 0, y: 0 }))).toBeNull();
  });
});

describe("thinning", () => {
  it("reduces bars to lines and leaves lines unchanged", () => {
    const bar = plane("........\n.######.\n.######.\n.######.\n........");
    thin(bar);
    expect(bar.data.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(6);
    const line = plane(".....\n.#...\n..#..\n...#.\n.....");
    expect(thin(line)).toBe(false);
  });

  it("changes only allowed pixels", () => {
    const bar = plane("####\n####\n####");
    const allowed = createPlane(4, 3);
    thin(bar, frame(bar), allowed);
    expect(text(bar)).toBe(lines("####", "####", "####"));
  });
});
