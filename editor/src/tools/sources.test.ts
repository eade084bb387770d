import { beforeEach, describe, expect, it } from "vitest";
import { rectangleMask } from "../raster/mask";
import { UNMOVED } from "../raster/origin";
import { Drawing } from "../state/drawing";
import { EXCLUDE, SAMPLE } from "../state/layers";
import { DEFAULT_LAYERS, get, set } from "../state/store";
import { anchor, floatSelection } from "./floating";
import { setOption } from "./options";
import { removeTool } from "./remove";
import { copyMarks } from "./sources";
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

function at(x: number, y: number): number {
  return get().drawing!.layer("sources")!.plane.data[y * SIDE + x];
}

beforeEach(() => {
  const layers = ["segments", "sources"] as const;
  const bytes = () => new Uint8Array(SIDE * SIDE);
  set({
    drawing: new Drawing(
      SIDE,
      SIDE,
      layers.map((name) => ({ name, channels: 1, bytes: bytes() })),
    ),
    layers: DEFAULT_LAYERS,
    options: {},
    selection: null,
    floating: "none",
  });
  setOption(copyMarks.size, 5);
});

describe("copy marks", () => {
  it("are painted in two colours and erased", () => {
    drag(copyMarks, [5, 5], [20, 5]);
    setOption(copyMarks.mode, "sample");
    drag(copyMarks, [15, 5], [20, 5]);
    expect([at(6, 5), at(18, 5), at(18, 15)]).toEqual([EXCLUDE, SAMPLE, 0]);
    setOption(copyMarks.mode, "erase");
    drag(copyMarks, [0, 5], [10, 5]);
    expect([at(6, 5), at(18, 5)]).toEqual([0, SAMPLE]);
  });

  it("draw nothing: only their own layer is sent", () => {
    drag(copyMarks, [5, 5], [20, 5]);
    expect(
      get()
        .drawing!.take()
        .map(({ layer }) => layer),
    ).toEqual(["sources"]);
    expect(get().drawing!.origin.plane.data.every((value) => value === UNMOVED)).toBe(true);
  });

  it("stay where they are when parts of the drawing are moved or removed", () => {
    drag(copyMarks, [5, 5], [20, 5]);
    const before = get().drawing!.layer("sources")!.plane.data.slice();
    const mask = rectangleMask({ width: SIDE, height: SIDE }, { x: 3, y: 3 }, { x: 10, y: 8 });
    set({ selection: { mask, scope: "all" } });
    floatSelection()!.shift(12, 9);
    anchor();
    drag(removeTool, [15, 5], [20, 5]);
    expect(get().drawing!.layer("sources")!.plane.data).toEqual(before);
  });

  it("cannot be painted while they are locked", () => {
    set({ layers: { ...DEFAULT_LAYERS, sources: { visible: true, opacity: 1, locked: true } } });
    drag(copyMarks, [5, 5], [20, 5]);
    expect(at(6, 5)).toBe(0);
  });
});
