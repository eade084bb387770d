import { beforeEach, describe, expect, it } from "vitest";
import { multiply, rotation, scaling } from "../raster/affine";
import { rectangleMask } from "../raster/mask";
import { DRAWN, REMOVED, UNMOVED } from "../raster/origin";
import { within } from "../raster/pose";
import { Drawing, type LayerData } from "../state/drawing";
import { splitContents } from "../state/objects";
import { DEFAULT_LAYERS, get, set } from "../state/store";
import { deleteSelection, duplicate, paste } from "./actions";
import { anchor, cancelFloating, floating, floatSelection, KEEP } from "./floating";
import { move } from "./move";
import {
  deleteObjectById,
  duplicateObject,
  mergeAllObjects,
  mergeObject,
  renameObject,
  reorderObject,
  selectObject,
  showObject,
} from "./objects";
import { pencil } from "./pencil";
import { brush } from "./strokes";
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

/** A ground of labels 0 and 1, left and right; squares of labels 2 and 3, each with a line across it. */
function open(): Drawing {
  const labels = new Uint8Array(SIDE * SIDE);
  const edges = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < SIDE; y++) labels.fill(1, y * SIDE + SIDE / 2, (y + 1) * SIDE);
  for (const [value, x0, y0] of [
    [2, 2, 2],
    [3, 2, 14],
  ]) {
    for (let y = y0; y < y0 + 6; y++) labels.fill(value, y * SIDE + x0, y * SIDE + x0 + 6);
    edges.fill(1, (y0 + 2) * SIDE + x0, (y0 + 2) * SIDE + x0 + 6);
  }
  const layers: LayerData[] = [
    { name: "segments", channels: 1, bytes: labels },
    { name: "edges", channels: 1, bytes: edges },
  ];
  const drawing = new Drawing(SIDE, SIDE, layers);
  const names = ["sky", "", "cup", "cup"];
  set({ drawing, project: { id: "p", labels: names.map((name) => ({ name, colour: [0, 0, 0] })) } as never });
  return drawing;
}

/** Everything that is shown, and the origin as formulas. */
function look(drawing: Drawing): string {
  const origin = Array.from(drawing.origin.plane.data, (value) =>
    value < 3 ? String(value) : JSON.stringify(drawing.origin.piece(value)),
  );
  return JSON.stringify([drawing.layers.map(({ plane }) => Array.from(plane.data)), origin]);
}

function pick(x: number, y: number, side = 6): void {
  const mask = rectangleMask({ width: SIDE, height: SIDE }, { x, y }, { x: x + side - 1, y: y + side - 1 });
  set({ selection: { mask, scope: "all" } });
}

/** Move what is selected. */
function shift(dx: number, dy: number): string {
  const moved = floatSelection()!;
  moved.shift(dx, dy);
  anchor();
  return get().selection!.object!;
}

function label(drawing: Drawing, x: number, y: number): number {
  return drawing.labels!.data[y * SIDE + x];
}

let drawing: Drawing;

/** The server gets everything: there is no session in these tests. */
function send(): void {
  drawing.take();
  drawing.objects.take(drawing);
}

beforeEach(() => {
  cancelFloating();
  set({ layers: DEFAULT_LAYERS, options: {}, tool: "move", selection: null, floating: "none", label: 0, notices: [] });
  drawing = open();
});

/** Contents as they follow a message. */
function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

describe("an object", () => {
  it("is what was moved; moved again, it leaves the place where it was as that was before", () => {
    pick(2, 2);
    const id = shift(10, 3);
    expect(drawing.objects.current.placed.map(({ name }) => name)).toEqual(["cup"]);
    expect(label(drawing, 13, 6)).toBe(2);
    expect(drawing.origin.plane.data[4 * SIDE + 4]).toBe(REMOVED);
    send();
    expect(shift(10, 8)).toBe(id);
    expect(drawing.objects.current.placed).toHaveLength(1);
    expect(label(drawing, 13, 6)).toBe(0);
    expect(drawing.edges!.data[7 * SIDE + 13]).toBe(0);
    expect(drawing.origin.plane.data[6 * SIDE + 13]).toBe(UNMOVED);
    expect(label(drawing, 23, 14)).toBe(2);
    // Back where it came from, the drawing is the unedited one.
    shift(-20, -11);
    const moved = look(drawing);
    expect(moved === look(open())).toBe(true);
  });

  it("is never resampled twice", () => {
    pick(2, 2);
    shift(10, 3);
    const once = look(drawing);
    for (const factor of [0.4, 3.7, 1 / (0.4 * 3.7)]) {
      const part = floatSelection()!;
      const about = within(part.cutout.box, part.pivot);
      part.transform(multiply(part.matrix, multiply(rotation(0.3, about), scaling(factor, factor, about))));
      anchor();
      send();
    }
    const part = floatSelection()!;
    part.set({ angle: 0 });
    anchor();
    expect(look(drawing) === once).toBe(true);
  });

  it("is hidden, shown, raised, lowered and deleted without a trace", () => {
    pick(2, 2);
    shift(14, 4);
    pick(2, 14);
    const second = shift(16, -6);
    const first = drawing.objects.current.placed[0].id;
    expect(drawing.objects.current.placed.map(({ name }) => name)).toEqual(["cup", "cup 2"]);
    const both = look(drawing);
    expect(label(drawing, 19, 9)).toBe(3);
    reorderObject(second, -1);
    expect(label(drawing, 19, 9)).toBe(2);
    showObject(first, false);
    expect(label(drawing, 19, 9)).toBe(3);
    expect(label(drawing, 17, 7)).toBe(1);
    showObject(first, true);
    reorderObject(first, -1);
    expect(look(drawing) === both).toBe(true);
    reorderObject(first, -1); // it is the lowest
    expect(look(drawing) === both).toBe(true);
    deleteObjectById(second);
    selectObject(first);
    deleteSelection();
    expect(drawing.objects.current).toEqual({ placed: [], below: null });
    expect(drawing.labels!.data.includes(2)).toBe(false);
    expect(drawing.origin.plane.data.filter((value) => value === REMOVED)).toHaveLength(72);
  });

  it("below another one is moved under it", () => {
    pick(2, 2);
    const first = shift(14, 4);
    pick(2, 14);
    shift(16, -6);
    const both = look(drawing);
    send();
    selectObject(first);
    shift(1, 1);
    send();
    expect(label(drawing, 19, 9)).toBe(3);
    expect(label(drawing, 17, 7)).toBe(2);
    expect(label(drawing, 16, 6)).toBe(1);
    const part = floatSelection()!;
    part.shift(3, 3);
    cancelFloating();
    shift(-1, -1);
    expect(look(drawing) === both).toBe(true);
  });

  it("takes along what is drawn on it, and leaves what is drawn beside it", () => {
    pick(2, 2);
    const id = shift(10, 3);
    send();
    drag(pencil, [8, 9], [22, 9]);
    drag(brush, [16, 6], [24, 6]);
    send();
    const before = drawing.edges!.data.slice();
    selectObject(id);
    shift(0, 12);
    send();
    for (let x = 12; x < 18; x++) {
      expect(drawing.edges!.data[21 * SIDE + x]).toBe(1);
      expect(drawing.edges!.data[9 * SIDE + x]).toBe(0);
    }
    for (const x of [8, 11, 18, 22]) expect(drawing.edges!.data[9 * SIDE + x]).toBe(before[9 * SIDE + x]);
    expect(label(drawing, 16, 18)).toBe(0);
    expect(drawing.origin.plane.data[18 * SIDE + 16]).toBe(DRAWN);
    expect(label(drawing, 22, 6)).toBe(0);
    shift(0, -12);
    expect([...drawing.edges!.data]).toEqual([...before]);
  });

  it("that was made smaller is drawn on without gaps", () => {
    pick(2, 2);
    const part = floatSelection()!;
    part.set({ x: 20, y: 20, width: 3, height: 3 });
    anchor();
    send();
    set({ options: { "brush.size": 9 }, label: 1 });
    drag(brush, [20, 20]);
    send();
    const again = floatSelection()!;
    again.set({ width: 6, height: 6 });
    anchor();
    for (let y = 17; y < 23; y++) for (let x = 17; x < 23; x++) expect(label(drawing, x, y)).toBe(1);
  });

  it("is duplicated, renamed and merged", () => {
    pick(2, 2);
    const id = shift(10, 3);
    duplicateObject(id);
    anchor();
    expect(drawing.objects.current.placed.map(({ name }) => name)).toEqual(["cup", "cup 2"]);
    const [first, second] = drawing.objects.current.placed;
    expect(second.content).toBe(first.content);
    renameObject(second.id, "  saucer ");
    expect(drawing.objects.find(second.id)!.name).toBe("saucer");
    selectObject(second.id);
    shift(-10, -10);
    const before = look(drawing);
    mergeObject(second.id);
    expect(look(drawing) === before).toBe(true);
    expect(drawing.objects.current.placed).toHaveLength(1);
    // It lay on the other one, and moves with it there; elsewhere, it stays.
    selectObject(id);
    shift(0, 12);
    shift(0, -12);
    expect(look(drawing) === before).toBe(true);
    mergeAllObjects();
    expect(look(drawing) === before).toBe(true);
    expect(drawing.objects.current.placed).toEqual([]);
  });

  it("is what was pasted or duplicated, unless it is not to be kept", () => {
    pick(2, 2);
    duplicate();
    expect(floating()!.isObject).toBe(false);
    anchor();
    expect(drawing.objects.current.placed).toHaveLength(1);
    set({ options: { [KEEP.id]: false }, selection: null });
    pick(2, 14);
    floatSelection()!.shift(12, -2);
    anchor();
    send();
    expect(drawing.objects.current.placed).toHaveLength(1);
    // The part lies on the object now and goes with it.
    const [{ id }] = drawing.objects.current.placed;
    expect(label(drawing, 15, 14)).toBe(3);
    selectObject(id);
    shift(0, 10);
    expect(label(drawing, 15, 24)).toBe(3);
    expect(label(drawing, 15, 14)).toBe(0);
    paste();
    expect(get().notices.length).toBeGreaterThan(0);
  });

  it("is taken by the move tool where it is seen, and not when a layer is locked", () => {
    pick(2, 2);
    const id = shift(10, 3);
    send();
    set({ selection: null });
    drag(move, [14, 7], [14, 17]);
    anchor();
    expect(get().selection!.object).toBe(id);
    expect(label(drawing, 14, 17)).toBe(2);
    set({ layers: { ...DEFAULT_LAYERS, edges: { visible: true, opacity: 1, locked: true } } });
    expect(floatSelection()).toBeNull();
    expect(get().notices[0].text).toContain("locked");
  });

  it("is the same in another tab", () => {
    pick(2, 2);
    shift(10, 3);
    const patches = drawing.take();
    const sent = drawing.objects.take(drawing)!;
    expect(drawing.objects.take(drawing)).toBeNull();
    const other = open();
    for (const patch of patches) other.receive(patch);
    const body = joined(sent.bytes);
    expect(other.objects.receive(sent.objects, [])).toBe(false);
    expect(other.objects.receive(sent.objects, splitContents(sent.contents, body, other))).toBe(true);
    expect(other.objects.changed).toBe(false);
    selectObject(other.objects.current.placed[0].id);
    shift(4, 4);
    const there = look(other);
    set({ drawing });
    selectObject(drawing.objects.current.placed[0].id);
    shift(4, 4);
    expect(look(drawing) === there).toBe(true);
  });

  it("that was warped opens with its handles, in another tab, too", () => {
    pick(2, 2);
    const part = floatSelection()!;
    part.beginWarp(3);
    part.dragHandle(8, { x: 12, y: 11 });
    anchor();
    const patches = drawing.take();
    const sent = drawing.objects.take(drawing)!;
    const once = look(drawing);
    const other = open();
    for (const patch of patches) other.receive(patch);
    other.objects.receive(sent.objects, splitContents(sent.contents, joined(sent.bytes), other));
    selectObject(other.objects.current.placed[0].id);
    const again = floatSelection()!;
    expect(get().floating).toBe("warp");
    expect(again.warp!.to[8]).toEqual({ x: 12, y: 11 });
    again.shift(3, 3);
    again.shift(-3, -3);
    anchor();
    expect(look(other) === once).toBe(true);
  });

  it("of a painting keeps its colours", () => {
    const bytes = new Uint8Array(3 * SIDE * SIDE).fill(200);
    bytes.set([10, 20, 30], 0);
    const painted = () => new Drawing(SIDE, SIDE, [{ name: "colours", channels: 3, bytes: bytes.slice() }]);
    const painting = painted();
    set({ drawing: painting, project: { id: "p", labels: [] } as never });
    pick(0, 0, 2);
    shift(5, 5);
    const patches = painting.take();
    const sent = painting.objects.take(painting)!;
    const other = painted();
    for (const patch of patches) other.receive(patch);
    other.objects.receive(sent.objects, splitContents(sent.contents, joined(sent.bytes), other));
    set({ drawing: other });
    selectObject(other.objects.current.placed[0].id);
    shift(2, 0);
    const { plane } = other.layer("labels")!;
    expect(other.paintingColours![plane.data[5 * SIDE + 7]]).toEqual([10, 20, 30]);
    expect(other.paintingColours![plane.data[5 * SIDE + 5]]).toEqual([200, 200, 200]);
  });
});
