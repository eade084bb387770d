import { beforeEach, describe, expect, it } from "vitest";
import { scaling } from "../raster/affine";
import { rectangleMask } from "../raster/mask";
import { DRAWN, FIRST, REMOVED, UNMOVED } from "../raster/origin";
import { Drawing, type LayerData } from "../state/drawing";
import { merge } from "../state/labels";
import { DEFAULT_LAYERS, get, set } from "../state/store";
import { deleteSelection, duplicate, flip } from "./actions";
import { anchor, cancelFloating, floating, floatSelection } from "./floating";
import { bucket } from "./labels";
import { pencil } from "./pencil";
import { brush, eraser } from "./strokes";
import type { Tool, Touch } from "./tool";

const SIDE = 32;

function touch(x: number, y: number): Touch {
  return { x: x + 0.5, y: y + 0.5, pressure: 0.5, pen: false, shift: false, alt: false, ctrl: false };
}

function drag(tool: Tool, ...points: [number, number][]): void {
  const [first, ...rest] = points.map(([x, y]) => touch(x, y));
  tool.down(first);
  for (const point of rest) tool.move([point]);
  tool.up(rest[rest.length - 1] ?? first);
}

function origin() {
  return get().drawing!.origin;
}

function at(x: number, y: number): number {
  return origin().plane.data[y * SIDE + x];
}

function count(value: number): number {
  return origin().plane.data.filter((v) => v === value).length;
}

/** The server gets everything: there is no session in these tests. */
function sent() {
  return get().drawing!.take();
}

function show(...layers: LayerData[]): void {
  cancelFloating();
  set({
    drawing: new Drawing(SIDE, SIDE, layers),
    layers: DEFAULT_LAYERS,
    options: {},
    tool: "pencil",
    selection: null,
    floating: "none",
    label: 1,
  });
}

function pick(scope: "all" | "edges" = "all"): void {
  set({ selection: { mask: rectangleMask({ width: SIDE, height: SIDE }, { x: 14, y: 8 }, { x: 19, y: 15 }), scope } });
}

const labels = new Uint8Array(SIDE * SIDE);
const edges = new Uint8Array(SIDE * SIDE);
for (let y = 0; y < SIDE; y++) {
  labels.fill(1, y * SIDE + SIDE / 2, (y + 1) * SIDE);
  edges[y * SIDE + SIDE / 2] = 1;
}

/** Left half label 0, right half label 1; one line down the middle. */
beforeEach(() =>
  show({ name: "segments", channels: 1, bytes: labels.slice() }, { name: "edges", channels: 1, bytes: edges.slice() }),
);

describe("the origin", () => {
  it("moves with a floating selection; where it was, something was removed", () => {
    pick();
    floatSelection()!.shift(-6, 0);
    anchor();
    expect(at(10, 10)).toBe(FIRST);
    expect(at(16, 10)).toBe(REMOVED);
    const patch = sent().find(({ layer }) => layer === "origin")!;
    expect(patch.rect).toEqual({ x0: 8, y0: 8, x1: 20, y1: 16 });
    expect(patch.bytes).toHaveLength(2 * 12 * 8);
    expect(JSON.stringify(patch.pieces)).toBe('[{"transforms":[{"kind":"affine","matrix":[1,0,0,1,0.1875,0]}]}]');
  });

  it("is unmoved after a selection was moved back, even if it was sent in between", () => {
    pick();
    const floated = floatSelection()!;
    floated.shift(-6, 3);
    sent();
    floated.shift(6, -3);
    anchor();
    sent();
    expect(count(UNMOVED)).toBe(SIDE * SIDE);
  });

  it("is restored when a transform is cancelled", () => {
    pick();
    floatSelection()!.transform(scaling(1.6, -0.7, { x: 16, y: 12 }));
    floating()!.beginWarp(3);
    floating()!.dragHandle(4, { x: 20, y: 14 });
    expect(count(UNMOVED)).toBeLessThan(SIDE * SIDE);
    cancelFloating();
    expect(count(UNMOVED)).toBe(SIDE * SIDE);
  });

  it("of a warp is a spline through its handles", () => {
    pick();
    floatSelection()!.beginWarp(3);
    floating()!.dragHandle(4, { x: 18, y: 14 });
    anchor();
    const [map] = origin().piece(at(16, 12)).transforms;
    expect(map).toMatchObject({ kind: "spline", aspect: 1 });
    if (map.kind !== "spline") return;
    expect(map.points[4]).toEqual([18 / SIDE, 14 / SIDE]);
    expect(map.sources[4]).toEqual([17 / SIDE, 12 / SIDE]);
  });

  it("of a duplicate and of a deleted part", () => {
    pick();
    duplicate();
    anchor();
    expect(count(REMOVED)).toBe(0);
    expect(at(28, 22)).toBe(FIRST);
    pick();
    deleteSelection();
    sent();
    expect(count(REMOVED)).toBe(6 * 8);
  });

  it("is unmoved after two flips", () => {
    pick();
    flip("horizontal");
    sent();
    expect(at(14, 10)).toBe(FIRST);
    pick();
    flip("horizontal");
    sent();
    expect(count(UNMOVED)).toBe(SIDE * SIDE);
  });

  it("of what was drawn is nowhere, but only where the drawing has changed", () => {
    drag(brush, [15, 4]);
    sent();
    expect([at(15, 4), at(17, 4)]).toEqual([DRAWN, UNMOVED]);
    drag(pencil, [2, 20], [9, 20]);
    sent();
    expect([at(5, 20), at(5, 21)]).toEqual([DRAWN, UNMOVED]);
    drag(eraser, [16, 28]);
    sent();
    expect([at(16, 28), at(15, 28)]).toEqual([DRAWN, UNMOVED]);
    set({ label: 0 });
    drag(bucket, [30, 30]);
    sent();
    expect(at(30, 2)).toBe(DRAWN);
  });

  it("of a merged label is nowhere", () => {
    set({ project: { labels: [] } as never });
    merge(1, 0);
    sent();
    set({ project: null });
    expect([at(30, 2), at(2, 2)]).toEqual([DRAWN, UNMOVED]);
  });

  it("of what was removed remains removed when something is drawn there", () => {
    pick();
    deleteSelection();
    sent();
    drag(pencil, [15, 9], [15, 14]);
    drag(brush, [15, 12]);
    sent();
    expect(at(15, 12)).toBe(REMOVED);
  });

  it("stays where lines are moved alone, or the labels are locked", () => {
    pick("edges");
    floatSelection()!.shift(-5, 0);
    anchor();
    sent();
    expect([at(11, 10), at(16, 10), at(12, 10)]).toEqual([DRAWN, DRAWN, UNMOVED]);
    set({ layers: { ...DEFAULT_LAYERS, labels: { ...DEFAULT_LAYERS.labels, locked: true } } });
    pick();
    deleteSelection();
    sent();
    expect(count(REMOVED)).toBe(0);
  });

  it("moves with the lines of a drawing without labels", () => {
    show({ name: "edges", channels: 1, bytes: edges.slice() });
    pick("edges");
    floatSelection()!.shift(-5, 0);
    anchor();
    sent();
    expect([at(11, 10), at(19, 10)]).toEqual([FIRST, REMOVED]);
  });

  it("is discarded with a cancelled stroke, and undone by the server", () => {
    drag(brush, [15, 4]);
    sent();
    const drawn = origin().plane.data.slice();
    pencil.down(touch(2, 20));
    pencil.move([touch(9, 20)]);
    pencil.cancel();
    expect(origin().plane.data).toEqual(drawn);
    const rect = { x0: 0, y0: 0, x1: SIDE, y1: SIDE };
    get().drawing!.receive({ layer: "origin", rect, bytes: new Uint8Array(2 * SIDE * SIDE), pieces: [] });
    expect(count(UNMOVED)).toBe(SIDE * SIDE);
  });
});
