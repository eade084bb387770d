import { beforeEach, describe, expect, it } from "vitest";
import { bends, landed } from "../raster/bending";
import { drawChains } from "../raster/contours";
import { FIRST, UNMOVED } from "../raster/origin";
import { placesOf } from "../raster/places";
import { Drawing } from "../state/drawing";
import { type Figure, inPixels, setPeople } from "../state/people";
import { DEFAULT_LAYERS, get, type StudioState, set } from "../state/store";
import { movePart, movePoint, turnHead } from "./pointMoves";
import { points } from "./points";
import type { Touch } from "./tool";

const SIDE = 96;
const SIZE = { width: SIDE, height: SIDE };

/** A closed curve of 20 points, beginning at its left end, the lower half first. */
function loop(first: number, x: number, y: number, width: number, height: number) {
  const numbers = Array.from({ length: 20 }, (_, i) => first + i);
  const places = numbers.map((_, i): [number, number] => {
    const angle = Math.PI * (1 + i / 10);
    return [(x + (width / 2) * Math.cos(angle)) / SIDE, (y - (height / 2) * Math.sin(angle)) / SIDE];
  });
  return { numbers, places };
}

const at = Array.from({ length: 20 }, (_, i) => i / 20);
const outer = loop(0, 48, 60, 30, 18);
const inner = loop(20, 48, 60, 24, 10);
const oval = loop(40, 48, 46, 60, 76);
const nose = 60;
const face: Figure = {
  kind: "face",
  name: "face 1",
  points: [...outer.places, ...inner.places, ...oval.places, [0.5, 0.45]],
  depths: [...Array(40).fill(0), ...Array(20).fill(0), -0.15],
  curves: [
    { name: "outer lips", part: "lips", points: outer.numbers, at, closed: true },
    { name: "inner lips", part: "lips", points: inner.numbers, at, closed: true },
    { name: "face oval", part: "face oval", points: oval.numbers, at, closed: true },
    { name: "nose bridge", part: "nose bridge", points: [50, nose], at: [0, 0.5], closed: false },
  ],
  handles: Array.from({ length: 61 }, (_, point) => ({
    point,
    name: point === nose ? "tip of the nose" : `point ${point}`,
  })),
  turning: nose,
};
const MOUTH = 3;

function touch(x: number, y: number, shift = false): Touch {
  return { x, y, pressure: 0.5, pen: false, shift, alt: false, ctrl: false };
}

function drag(from: [number, number], to: [number, number], shift = false): void {
  points.down(touch(...from, shift));
  points.move([touch(...to, shift)]);
  points.up(touch(...to, shift));
}

function shown() {
  return placesOf(get().drawing!.origin, inPixels(face, SIZE)).map((p) => p!);
}

function count(label: number) {
  return get().drawing!.labels!.data.filter((value) => value === label).length;
}

beforeEach(() => {
  points.end();
  const labels = new Uint8Array(SIDE * SIDE);
  const edges = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const within = (w: number, h: number) => ((x + 0.5 - 48) / w) ** 2 + ((y + 0.5 - 60) / h) ** 2 < 1;
      if (within(12, 5)) labels[y * SIDE + x] = MOUTH;
      else if (within(15, 9)) labels[y * SIDE + x] = 2;
    }
  }
  edges.fill(1, 60 * SIDE + 30, 60 * SIDE + 34);
  set({
    drawing: new Drawing(SIDE, SIDE, [
      { name: "segments", channels: 1, bytes: labels },
      { name: "edges", channels: 1, bytes: edges },
    ]),
    layers: DEFAULT_LAYERS,
    tool: "points",
    view: { zoom: 4, x: 48, y: 48 },
  });
  setPeople({ project: "p", state: "found", figures: [face], places: [inPixels(face, SIZE)], chosen: null });
});

describe("moves of points", () => {
  const still = inPixels(face, SIZE);

  it("take neighbours along, on both lips, the less the further away they are", () => {
    const moved = movePoint(face, still, 0, { x: -4, y: 0 }, false);
    const shift = moved.map((p, i) => still[i].x - p!.x);
    expect(shift[0]).toBe(4);
    expect(shift[20]).toBe(4);
    expect(shift[2]).toBeCloseTo(shift[18]);
    expect(shift[2]).toBeGreaterThan(shift[4]);
    expect(shift[10]).toBe(0);
    expect(shift[40]).toBe(0);
  });

  it("move one point alone, or a whole part; the outline takes the whole face", () => {
    const changed = (places: ReturnType<typeof movePart>) => places.filter((p, i) => p!.y !== still[i].y).length;
    expect(changed(movePoint(face, still, 0, { x: 0, y: 3 }, true))).toBe(1);
    expect(changed(movePart(face, still, "lips", { x: 0, y: 3 }))).toBe(40);
    expect(changed(movePart(face, still, "face oval", { x: 0, y: 3 }))).toBe(61);
  });

  it("turn the head: the nose follows the pointer, the outline stays", () => {
    const moved = turnHead(face, still, { x: 5, y: 0 }, SIZE);
    expect(moved[nose]!.x - still[nose].x).toBeCloseTo(5, 0);
    for (const i of oval.numbers) expect(Math.abs(moved[i]!.x - still[i].x)).toBeLessThan(2.5);
  });
});

describe("the points tool", () => {
  it("bends labels, lines and origin around the point, and nothing else", () => {
    drag([33, 60], [29, 56]);
    const { drawing } = get();
    const found = shown();
    expect(found[0].x).toBeCloseTo(29, 0);
    expect(found[0].y).toBeCloseTo(56, 0);
    expect(found[10].x).toBeCloseTo(63, 0);
    expect(drawing!.origin.plane.data[57 * SIDE + 31]).toBeGreaterThanOrEqual(FIRST);
    expect(drawing!.labels!.data[57 * SIDE + 30]).toBe(2);
    expect(drawing!.origin.plane.data[0]).toBe(UNMOVED);
    expect(drawing!.edges!.data.includes(1)).toBe(true);
  });

  it("starts every drag from the drawing before the first one", () => {
    drag([33, 60], [29, 58]);
    drag([63, 60], [67, 58]);
    drag([29, 58], [33, 60]);
    drag([67, 58], [63, 60]);
    expect(
      shown().every((p, i) => Math.hypot(p.x - inPixels(face, SIZE)[i].x, p.y - inPixels(face, SIZE)[i].y) < 0.01),
    ).toBe(true);
    expect(get().drawing!.origin.plane.data.every((value) => value === UNMOVED)).toBe(true);
  });

  it("hides what was seen in a mouth that closes", () => {
    const before = count(MOUTH);
    const places = inPixels(face, SIZE);
    const closed = places.map((p, i) => {
      if (i >= 40) return p;
      const inside = places[20 + (i % 20)];
      return { x: p.x, y: p.y + 60 - inside.y };
    });
    const drawing = get().drawing!;
    for (const bend of bends(face.curves, places, closed)) {
      const { cutout, landing } = landed(bend, drawing);
      for (const { type, plane, base } of drawing.layers) type.paste(base, cutout, landing, plane);
      drawing.origin.paste(drawing.origin.base, landing);
    }
    expect(before).toBeGreaterThan(150);
    expect(count(MOUTH)).toBeLessThan(12);
    const used = new Set(get().drawing!.origin.plane.data);
    expect([...used].filter((value) => value >= FIRST).length).toBe(2);
  });

  it("lets go of the drawing when anything else changes it", () => {
    drag([33, 60], [29, 58]);
    const { drawing } = get();
    drawing!.labels!.data.fill(1, 0, SIDE);
    drawing!.touch({ x0: 0, y0: 0, x1: SIDE, y1: 1 });
    drawing!.take();
    drag([63, 60], [67, 58]);
    expect(drawing!.labels!.data[5]).toBe(1);
    expect(shown()[0].x).toBeCloseTo(29, 0);
  });

  it("draws the curves of a drawing of landmarks anew", () => {
    const bytes = new Uint8Array(SIDE * SIDE);
    drawChains({ width: SIDE, height: SIDE, data: bytes }, face.curves, inPixels(face, SIZE));
    const lines = new Drawing(SIDE, SIDE, [{ name: "edges", channels: 1, bytes }]);
    set({ drawing: lines, project: { id: "p", settings: { kind: "landmarks" } } as StudioState["project"] });
    const before = lines.edges!.data.filter((value) => value).length;
    drag([33, 60], [29, 56]);
    const expected = new Uint8Array(SIDE * SIDE);
    const plane = { width: SIDE, height: SIDE, data: expected };
    drawChains(plane, face.curves, movePoint(face, inPixels(face, SIZE), 0, { x: -4, y: -4 }, false));
    const off = [...expected.keys()].filter((i) => lines.edges!.data[i] !== expected[i]);
    expect(off.map((i) => [i % SIDE, Math.floor(i / SIDE), expected[i]])).toEqual([]);
    expect(expected.filter((value) => value).length).toBeGreaterThan(before - 10);
    set({ project: null });
  });

  it("shows more points the nearer one looks, the most useful ones first", () => {
    const few = points.shown(1).length;
    const many = points.shown(12).length;
    expect(few).toBeGreaterThan(3);
    expect(many).toBeGreaterThan(few);
    expect(points.shown(1)[0].point).toBe(0);
  });
});
