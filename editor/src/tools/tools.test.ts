import { beforeEach, describe, expect, it } from "vitest";
import { multiply, scaling, translation } from "../raster/affine";
import { bounds, rectangleMask } from "../raster/mask";
import { REMOVED } from "../raster/origin";
import { extent } from "../raster/pose";
import { NO_GUIDES } from "../raster/snap";
import { Drawing } from "../state/drawing";
import { DEFAULT_LAYERS, get, type OptionValue, set } from "../state/store";
import {
  acceptHoles,
  deleteSelection,
  deselect,
  duplicate,
  flip,
  invertSelection,
  nudge,
  selectAll,
  startTransform,
  startWarp,
} from "./actions";
import { curve, line } from "./curves";
import { anchor, cancel, cancelFloating, floating, floatSelection } from "./floating";
import { bucket, eyedropper } from "./labels";
import { move } from "./move";
import { optionValue, resetOptions, setOption } from "./options";
import { pencil } from "./pencil";
import { chooseTool, TOOLS } from "./registry";
import { removeTool } from "./remove";
import { lasso, outlineSelect, rectangle, region } from "./select";
import { SNAP } from "./snapping";
import { brush, eraser } from "./strokes";
import { AXIS, SYMMETRY } from "./symmetry";
import type { Tool, Touch } from "./tool";

const SIDE = 32;

function touch(x: number, y: number, more: Partial<Touch> = {}): Touch {
  return { x: x + 0.5, y: y + 0.5, pressure: 0.5, pen: false, shift: false, alt: false, ctrl: false, ...more };
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
  cancelFloating();
  set({
    drawing: new Drawing(SIDE, SIDE, [
      { name: "segments", channels: 1, bytes: labels },
      { name: "edges", channels: 1, bytes: edges },
    ]),
    layers: DEFAULT_LAYERS,
    options: {},
    view: { zoom: 100, x: 0, y: 0 },
    tool: "pencil",
    selection: null,
    floating: "none",
    label: 1,
    notices: [],
  });
});

describe("pencil and eraser", () => {
  it("draws without corners in any direction", () => {
    drag(pencil, [2, 2], [6, 2], [6, 6], [3, 6]);
    const { data } = drawing().edges!;
    const at = (x: number, y: number) => data[y * SIDE + x];
    expect(at(2, 2)).toBe(1);
    expect(at(6, 2)).toBe(0);
    expect(at(6, 4)).toBe(1);
    expect(at(6, 6)).toBe(0);
    expect(at(3, 6)).toBe(1);
  });

  it("discards a cancelled stroke", () => {
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

  it("refuses to draw on a locked layer, with a message", () => {
    set({ layers: { ...DEFAULT_LAYERS, edges: { ...DEFAULT_LAYERS.edges, locked: true } } });
    const before = drawing().edges!.data.slice();
    drag(pencil, [2, 2], [9, 9]);
    expect(drawing().edges!.data).toEqual(before);
    expect(get().notices[0].text).toContain("locked");
  });
});

describe("symmetry", () => {
  const mirrors = (data: Uint8Array, axis: number) => {
    for (let i = 0; i < data.length; i++) {
      const x = i % SIDE;
      const other = 2 * axis - 1 - x;
      if (other >= 0 && other < SIDE) expect(data[i]).toBe(data[i - x + other]);
    }
  };

  it("mirrors lines, areas and what is erased, on a pixel or between two", () => {
    setOption(SYMMETRY, true);
    drawing().labels!.data.fill(0);
    for (const axis of [16, 12.5]) {
      setOption(AXIS, (100 * axis) / SIDE);
      drawing().edges!.data.fill(0);
      drawing().labels!.data.fill(0);
      drag(pencil, [5, 2], [9, 7], [6, 12]);
      expect(drawing().edges!.data[2 * SIDE + 2 * axis - 1 - 5]).toBe(1);
      mirrors(drawing().edges!.data, axis);
      for (const size of [4, 5]) {
        setOption(brush.size, size);
        drag(brush, [4, 20], [9, 24]);
        mirrors(drawing().labels!.data, axis);
      }
      drag(eraser, [5, 2], [6, 3]);
      mirrors(drawing().edges!.data, axis);
      expect(drawing().edges!.data.includes(1)).toBe(true);
    }
  });

  it("draws nothing beyond the border, and nothing at all while it is off", () => {
    setOption(SYMMETRY, true);
    setOption(AXIS, 10);
    drawing().edges!.data.fill(0);
    drag(pencil, [20, 2], [24, 2]);
    expect(drawing().edges!.data.reduce((a, b) => a + b, 0)).toBe(5);
    resetOptions();
    drag(pencil, [4, 6], [6, 6]);
    expect(drawing().edges!.data.reduce((a, b) => a + b, 0)).toBe(8);
  });
});

describe("lines and curves", () => {
  it("previews a line and keeps the last", () => {
    const before = drawing().edges!.data.reduce((a, b) => a + b, 0);
    drag(line, [2, 2], [14, 30], [2, 10]);
    const { data } = drawing().edges!;
    expect(data.reduce((a, b) => a + b, 0) - before).toBe(9);
    expect(data[6 * SIDE + 2]).toBe(1);
  });

  it("snaps to 45° with Shift", () => {
    line.down(touch(2, 2));
    line.up(touch(10, 9, { shift: true }));
    expect(drawing().edges!.data[10 * SIDE + 10]).toBe(1);
  });

  it("bends a curve to the pointer and commits it at the second press", () => {
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

  it("depend on the pressure of a pen", () => {
    setOption(brush.size, 10);
    brush.down(touch(5, 8, { pen: true, pressure: 0.1 }));
    brush.up();
    const thin = bounds({
      width: SIDE,
      height: SIDE,
      data: drawing().labels!.data.map((v, i) => (i % SIDE < 16 ? v : 0)),
    });
    expect(thin.x1 - thin.x0).toBe(1);
  });
});

describe("selections", () => {
  it("by box, lasso, area and line; Shift adds, Alt subtracts", () => {
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

describe("a floating selection", () => {
  const pick = () =>
    set({ selection: { mask: rectangleMask(drawing(), { x: 14, y: 8 }, { x: 19, y: 15 }), scope: "all" } });

  it("moves with labels and lines, leaves a marked hole, and can be accepted", () => {
    pick();
    drag(move, [16, 10], [10, 10]);
    anchor();
    const { labels, edges, marks } = drawing();
    expect(edges!.data[10 * SIDE + 10]).toBe(1);
    expect(edges!.data[10 * SIDE + 16]).toBe(0);
    expect(labels!.data[10 * SIDE + 12]).toBe(1);
    expect(marks.data[10 * SIDE + 16]).toBe(1);
    expect(marks.data[10 * SIDE + 10]).toBe(0);
    acceptHoles();
    expect(marks.data.includes(1)).toBe(false);
  });

  it("is restored exactly when it is cancelled, however it was transformed", () => {
    const before = [drawing().labels!.data.slice(), drawing().edges!.data.slice()];
    pick();
    const floated = floatSelection()!;
    floated.transform(multiply(scaling(1.6, -0.7, { x: 16, y: 12 }), translation(3, 4)));
    floated.beginWarp(3);
    floated.dragHandle(4, { x: 20, y: 14 });
    cancelFloating();
    expect(drawing().labels!.data).toEqual(before[0]);
    expect(drawing().edges!.data).toEqual(before[1]);
    expect(drawing().marks.data.includes(1)).toBe(false);
  });

  it("of lines alone leaves the labels alone", () => {
    const labels = drawing().labels!.data.slice();
    drag(outlineSelect, [16, 10]);
    floatSelection()!.shift(-5, 0);
    anchor();
    expect(drawing().labels!.data).toEqual(labels);
    expect(drawing().edges!.data[10 * SIDE + 11]).toBe(1);
    expect(drawing().edges!.data[10 * SIDE + 16]).toBe(0);
  });

  it("keeps a warp when a press misses the handles", () => {
    pick();
    chooseTool("move");
    startWarp();
    floating()!.dragHandle(4, { x: 20, y: 14 });
    const warped = drawing().labels!.data.slice();
    drag(move, [2, 2], [9, 9]);
    expect(get().floating).toBe("warp");
    drag(move, [16, 12], [9, 9]);
    expect(floating()!.mode).toBe("warp");
    expect(drawing().labels!.data).toEqual(warped);
  });

  it("is placed, sized and turned by numbers about its pivot", () => {
    pick();
    const part = floatSelection()!;
    expect(part.pose).toEqual({ x: 17, y: 12, width: 6, height: 8, angle: 0 });
    part.setPivot({ x: 0, y: 0 });
    part.set({ x: 4, y: 20 });
    part.set({ width: 12, height: 4 });
    expect(part.pose).toEqual({ x: 4, y: 20, width: 12, height: 4, angle: 0 });
    // The line was the third of six columns.
    expect([8, 9].map((x) => drawing().edges!.data[21 * SIDE + x]).includes(1)).toBe(true);
    part.set({ width: 6, height: 8, angle: 90 });
    part.set({ angle: 0, x: 14, y: 8 });
    anchor();
    expect(drawing().marks.data.includes(1)).toBe(false);
    expect(drawing().origin.plane.data.every((value) => value === 0)).toBe(true);
  });

  it("keeps whole pixels where a number asks for half of one", () => {
    set({ selection: { mask: rectangleMask(drawing(), { x: 14, y: 8 }, { x: 18, y: 12 }), scope: "all" } });
    const part = floatSelection()!;
    expect(part.pose.x).toBe(16.5);
    part.set({ x: 10 });
    expect(part.placed).toEqual(translation(-6, 0));
    const { pieces } = drawing()
      .take()
      .find(({ layer }) => layer === "origin")!;
    expect(JSON.parse(JSON.stringify(pieces))).toEqual([
      { transforms: [{ kind: "affine", matrix: [1, 0, 0, 1, 6 / SIDE, 0] }] },
    ]);
  });

  it("snaps to the picture and to other parts, shows to what, and does not with Ctrl or the switch off", () => {
    const at = (to: Touch) => {
      pick();
      move.down(touch(16, 10));
      move.move([to]);
      const { guides } = get();
      const box = extent(floating()!.placed, floating()!.cutout.box);
      move.up(to);
      expect(get().guides).toEqual(NO_GUIDES);
      cancelFloating();
      return { x: box.x0, y: box.y0, guides };
    };
    set({ view: { zoom: 2, x: 0, y: 0 } });
    // From (14, 8): two pixels beside the left edge and the bottom.
    expect(at(touch(4, 24))).toEqual({ x: 0, y: 24, guides: { x: [0], y: [32] } });
    expect(at(touch(4, 24, { ctrl: true }))).toEqual({ x: 2, y: 22, guides: NO_GUIDES });
    // The border of the two halves.
    expect(at(touch(10, 9))).toMatchObject({ x: 10, guides: { x: [16] } });
    setOption(SNAP, false);
    expect(at(touch(4, 24))).toMatchObject({ x: 2, y: 22 });
  });

  it("stays warped when it is nudged and gets another grid of handles", () => {
    pick();
    startWarp(3);
    floating()!.dragHandle(4, { x: 18, y: 14 });
    const edges = drawing().edges!.data.slice();
    startWarp(5);
    expect(floating()!.warp!.to).toHaveLength(25);
    nudge(1, 0);
    nudge(-1, 0);
    const differing = drawing().edges!.data.filter((value, i) => value !== edges[i]).length;
    expect(differing).toBeLessThan(4);
  });

  it("loses only the transform with Esc, not the move before it", () => {
    const before = drawing().edges!.data.slice();
    pick();
    drag(move, [16, 10], [10, 10]);
    const moved = drawing().edges!.data.slice();
    startTransform();
    floating()!.transform(multiply(scaling(2, 2, { x: 10, y: 10 }), floating()!.matrix));
    startWarp();
    floating()!.dragHandle(4, { x: 12, y: 16 });
    cancel();
    expect(get().floating).toBe("transform");
    cancel();
    expect(get().floating).toBe("move");
    expect(drawing().edges!.data).toEqual(moved);
    cancel();
    expect(get().floating).toBe("none");
    expect(drawing().edges!.data).toEqual(before);
  });

  it("is not moved further after Esc in the middle of a drag", () => {
    pick();
    drag(move, [16, 10], [10, 10]);
    const moved = drawing().edges!.data.slice();
    startTransform();
    move.down(touch(10, 10));
    move.move([touch(12, 12)]);
    cancel();
    move.move([touch(14, 14)]);
    move.up(touch(14, 14));
    expect(get().floating).toBe("move");
    expect(drawing().edges!.data).toEqual(moved);
  });

  it("that was not moved before ends with one Esc", () => {
    pick();
    startTransform();
    floating()!.transform(scaling(2, 2, { x: 16, y: 12 }));
    cancel();
    expect(floating()).toBeNull();
  });

  it("gives back the tool that was used before", () => {
    for (const end of [anchor, cancelFloating]) {
      chooseTool("brush");
      pick();
      duplicate();
      expect(get().tool).toBe("move");
      end();
      expect(get().tool).toBe("brush");
    }
    pick();
    startTransform();
    chooseTool("move");
    anchor();
    expect(get().tool).toBe("move");
    chooseTool("brush");
    pick();
    startTransform();
    chooseTool("eraser");
    expect(get().tool).toBe("eraser");
  });

  it("is duplicated, flipped, deleted", () => {
    pick();
    duplicate();
    anchor();
    expect(drawing().edges!.data[10 * SIDE + 16]).toBe(1);
    expect(drawing().edges!.data[22 * SIDE + 28]).toBe(1);
    pick();
    flip("horizontal");
    expect(drawing().edges!.data[10 * SIDE + 17]).toBe(1);
    deleteSelection();
    expect(drawing().edges!.data[10 * SIDE + 17]).toBe(0);
  });

  it("ends when the drawing is replaced, and the tool used before comes back", () => {
    chooseTool("brush");
    pick();
    startTransform();
    expect(get().tool).toBe("move");
    set({ drawing: new Drawing(SIDE, SIDE, []), selection: null });
    expect(get().tool).toBe("brush");
    expect(get().floating).toBe("none");
    expect(floating()).toBeNull();
  });

  it("is anchored before another tab's edit comes in", () => {
    pick();
    floatSelection()!.shift(-6, 0);
    drawing().receive({ layer: "edges", rect: { x0: 0, y0: 0, x1: 1, y1: 1 }, bytes: new Uint8Array([1]) });
    expect(floating()).toBeNull();
    expect(drawing().edges!.data[0]).toBe(1);
    expect(drawing().edges!.data[10 * SIDE + 10]).toBe(1);
  });
});

describe("options of tools", () => {
  it("all go back to their initial values", () => {
    for (const { options = [] } of TOOLS) {
      for (const option of options) {
        if (option.kind === "slider") setOption(option, option.max);
        else if (option.kind === "switch") setOption(option, !option.initial);
        else setOption(option, option.choices[option.choices.length - 1].value);
        expect(optionValue<OptionValue>(option)).not.toBe(option.initial);
      }
    }
    resetOptions();
    for (const { options = [] } of TOOLS)
      for (const option of options) expect(optionValue<OptionValue>(option)).toBe(option.initial);
  });
});

describe("the registry", () => {
  it("has no id and no key twice", () => {
    for (const property of ["id", "key"] as const)
      expect(new Set(TOOLS.map((tool) => tool[property])).size).toBe(TOOLS.length);
  });
});

describe("Remove", () => {
  it("closes labels and lines behind a stroke, and nothing is copied from there", () => {
    setOption(removeTool.size, 5);
    const bar = rectangleMask(drawing(), { x: 4, y: 10 }, { x: 6, y: 20 });
    for (let i = 0; i < bar.data.length; i++) if (bar.data[i]) drawing().labels!.data[i] = 1;
    drag(removeTool, [5, 10], [5, 20]);
    expect(drawing().labels!.data[15 * SIDE + 5]).toBe(0);
    expect(drawing().origin.plane.data[15 * SIDE + 5]).toBe(REMOVED);
    expect(drawing().origin.plane.data[15 * SIDE + 25]).toBe(0);
    expect(get().selection).toBeNull();
  });

  it("shows the stroke as a selection until the pen is lifted, and can be cancelled", () => {
    const before = drawing().labels!.data.slice();
    removeTool.down(touch(16, 16));
    expect(get().selection).not.toBeNull();
    removeTool.cancel();
    expect(get().selection).toBeNull();
    expect(drawing().labels!.data).toEqual(before);
  });
});
