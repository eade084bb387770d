import { beforeEach, describe, expect, it } from "vitest";
import { multiply, scaling, translation } from "../raster/affine";
import { bounds, rectangleMask } from "../raster/mask";
import { Drawing } from "../state/drawing";
import { DEFAULT_LAYERS, DEFAULT_OPTIONS, get, set } from "../state/store";
import { acceptHoles, deleteSelection, deselect, duplicate, flip, invertSelection, selectAll } from "./actions";
import { curve, line } from "./curves";
import { drop, floating, lift, settle } from "./floating";
import { move } from "./move";
import { pencil } from "./pencil";
import { bucket, eyedropper } from "./points";
import { lasso, outlineSelect, rectangle, region } from "./select";
import { brush, eraser } from "./strokes";
import type { Tool, Touch } from "./tool";

const SIDE = 32;

function touch(x: number, y: number, more: Partial<Touch> = {}): Touch {
  return { x: x + 0.5, y: y + 0.5, pressure: 0.5, pen: false, shift: false, alt: false, ...more };
}

function drag(tool: Tool, ...points: [number, number][]): void {
  const [first, ...rest] = points.map(([x, y]) => touch(x, y));
  tool.down(first);
  for (const point of rest) tool.move([point]);
  tool.up(rest[rest.length - 1] ?? first);
}

function drawing(): Drawing {
  return get().drawing!;
}

/** Left half label 0, right half label 1; one line down the middle. */
beforeEach(() => {
  const labels = new Uint8Array(SIDE * SIDE);
  const edges = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) {
    labels.fill(1, y * SIDE + SIDE / 2, (y + 1) * SIDE);
    edges[y * SIDE + SIDE / 2] = 1;
  }
  drop();
  set({
    drawing: new Drawing(SIDE, SIDE, [
      { name: "segments", channels: 1, bytes: labels },
      { name: "edges", channels: 1, bytes: edges },
    ]),
    layers: DEFAULT_LAYERS,
    options: DEFAULT_OPTIONS,
    selection: null,
    floating: "none",
    label: 1,
    notices: [],
  });
});

describe("pencil and eraser", () => {
  it("draws without corners however the hand comes", () => {
    drag(pencil, [2, 2], [6, 2], [6, 6], [3, 6]);
    const { data } = drawing().edges!;
    const at = (x: number, y: number) => data[y * SIDE + x];
    expect(at(2, 2)).toBe(1);
    expect(at(6, 2)).toBe(0);
    expect(at(6, 4)).toBe(1);
    expect(at(6, 6)).toBe(0);
    expect(at(3, 6)).toBe(1);
  });

  it("forgets a stroke that is cancelled", () => {
    const before = drawing().edges!.data.slice();
    pencil.down(touch(2, 2));
    pencil.move([touch(9, 9)]);
    pencil.cancel();
    expect(drawing().edges!.data).toEqual(before);
  });

  it("erases lines and leaves labels", () => {
    const labels = drawing().labels!.data.slice();
    drag(eraser, [16, 4], [16, 12]);
    expect(drawing().edges!.data[8 * SIDE + 16]).toBe(0);
    expect(drawing().edges!.data[28 * SIDE + 16]).toBe(1);
    expect(drawing().labels!.data).toEqual(labels);
  });

  it("refuses on a locked layer, with a sentence", () => {
    set({ layers: { ...DEFAULT_LAYERS, edges: { ...DEFAULT_LAYERS.edges, locked: true } } });
    const before = drawing().edges!.data.slice();
    drag(pencil, [2, 2], [9, 9]);
    expect(drawing().edges!.data).toEqual(before);
    expect(get().notices[0].text).toContain("locked");
  });
});

describe("lines and curves", () => {
  it("shows tries of a line and keeps the last", () => {
    const before = drawing().edges!.data.reduce((a, b) => a + b, 0);
    drag(line, [2, 2], [14, 30], [2, 10]);
    const { data } = drawing().edges!;
    expect(data.reduce((a, b) => a + b, 0) - before).toBe(9);
    expect(data[6 * SIDE + 2]).toBe(1);
  });

  it("keeps to 45° with Shift", () => {
    line.down(touch(2, 2));
    line.up(touch(10, 9, { shift: true }));
    expect(drawing().edges!.data[10 * SIDE + 10]).toBe(1);
  });

  it("bends a curve to the pointer and lays it at the second press", () => {
    drag(curve, [2, 4], [12, 4]);
    curve.hover?.(touch(7, 10));
    curve.down(touch(7, 10));
    const { data } = drawing().edges!;
    expect([9, 10, 11].some((y) => data[y * SIDE + 7] === 1)).toBe(true);
    expect(data[4 * SIDE + 7]).toBe(0);
  });
});

describe("labels", () => {
  it("are painted, filled and picked", () => {
    drag(brush, [4, 4]);
    expect(drawing().labels!.data[4 * SIDE + 4]).toBe(1);
    set({ label: 0 });
    drag(bucket, [20, 20]);
    expect(drawing().labels!.data[20 * SIDE + 30]).toBe(0);
    eyedropper.down(touch(4, 4));
    expect(get().label).toBe(1);
  });

  it("grow with pressure of a pen only", () => {
    set({ options: { ...DEFAULT_OPTIONS, brushSize: 10 } });
    brush.down(touch(5, 8, { pen: true, pressure: 0.1 }));
    brush.up(touch(5, 8));
    const thin = bounds({
      width: SIDE,
      height: SIDE,
      data: drawing().labels!.data.map((v, i) => (i % SIDE < 16 ? v : 0)),
    });
    expect(thin.x1 - thin.x0).toBe(1);
  });
});

describe("selections", () => {
  it("by box, lasso, area and line; Shift adds, Alt takes away", () => {
    drag(rectangle, [2, 2], [9, 9]);
    expect(bounds(get().selection!.mask)).toEqual({ x0: 2, y0: 2, x1: 10, y1: 10 });
    rectangle.down(touch(20, 20, { shift: true }));
    rectangle.move([touch(24, 24, { shift: true })]);
    rectangle.up(touch(24, 24, { shift: true }));
    expect(bounds(get().selection!.mask)).toEqual({ x0: 2, y0: 2, x1: 25, y1: 25 });
    region.down(touch(20, 2, { alt: true }));
    region.up(touch(20, 2, { alt: true }));
    expect(bounds(get().selection!.mask)).toEqual({ x0: 2, y0: 2, x1: 10, y1: 10 });
    deselect();
    drag(lasso, [4, 4], [12, 4], [12, 12], [4, 12]);
    expect(get().selection!.mask.data[8 * SIDE + 8]).toBe(1);
    deselect();
    drag(outlineSelect, [18, 10]);
    expect(get().selection!.scope).toBe("edges");
    expect(get().selection!.mask.data.reduce((a, b) => a + b, 0)).toBe(SIDE);
  });

  it("all, inverted", () => {
    selectAll();
    invertSelection();
    expect(get().selection).toBeNull();
  });
});

describe("a piece in hand", () => {
  const pick = () =>
    set({ selection: { mask: rectangleMask(drawing(), { x: 14, y: 8 }, { x: 19, y: 15 }), scope: "both" } });

  it("moves with labels and lines, leaves a marked hole, and can be accepted", () => {
    pick();
    drag(move, [16, 10], [10, 10]);
    settle();
    const { labels, edges, marks } = drawing();
    expect(edges!.data[10 * SIDE + 10]).toBe(1);
    expect(edges!.data[10 * SIDE + 16]).toBe(0);
    expect(labels!.data[10 * SIDE + 12]).toBe(1);
    expect(marks.data[10 * SIDE + 16]).toBe(1);
    expect(marks.data[10 * SIDE + 10]).toBe(0);
    acceptHoles();
    expect(marks.data.includes(1)).toBe(false);
  });

  it("comes back untouched when it is cancelled, however it was turned and warped", () => {
    const before = [drawing().labels!.data.slice(), drawing().edges!.data.slice()];
    pick();
    const piece = lift()!;
    piece.transform(multiply(scaling(1.6, -0.7, { x: 16, y: 12 }), translation(3, 4)));
    piece.beginWarp(3);
    piece.dragHandle(4, { x: 20, y: 14 });
    drop();
    expect(drawing().labels!.data).toEqual(before[0]);
    expect(drawing().edges!.data).toEqual(before[1]);
    expect(drawing().marks.data.includes(1)).toBe(false);
  });

  it("of lines alone leaves the labels alone", () => {
    const labels = drawing().labels!.data.slice();
    drag(outlineSelect, [16, 10]);
    lift()!.shift(-5, 0);
    settle();
    expect(drawing().labels!.data).toEqual(labels);
    expect(drawing().edges!.data[10 * SIDE + 11]).toBe(1);
    expect(drawing().edges!.data[10 * SIDE + 16]).toBe(0);
  });

  it("is duplicated, flipped, deleted", () => {
    pick();
    duplicate();
    settle();
    expect(drawing().edges!.data[10 * SIDE + 16]).toBe(1);
    expect(drawing().edges!.data[22 * SIDE + 28]).toBe(1);
    pick();
    flip("horizontal");
    expect(drawing().edges!.data[10 * SIDE + 17]).toBe(1);
    deleteSelection();
    expect(drawing().edges!.data[10 * SIDE + 17]).toBe(0);
  });

  it("is laid down before another's edit comes in", () => {
    pick();
    lift()!.shift(-6, 0);
    drawing().receive({ layer: "edges", rect: { x0: 0, y0: 0, x1: 1, y1: 1 }, bytes: new Uint8Array([1]) });
    expect(floating()).toBeNull();
    expect(drawing().edges!.data[0]).toBe(1);
    expect(drawing().edges!.data[10 * SIDE + 10]).toBe(1);
  });
});
