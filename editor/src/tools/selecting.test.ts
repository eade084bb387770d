import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { writeFrame } from "../api/frames";
import { bounds } from "../raster/mask";
import { Drawing } from "../state/drawing";
import { DEFAULT_LAYERS, get, set } from "../state/store";
import { fillSelection } from "./actions";
import { magneticLasso } from "./magnetic";
import { objectSelect } from "./object";
import { setOption } from "./options";
import { chooseTool } from "./registry";
import { draft } from "./select";
import type { Touch } from "./tool";

const SIDE = 32;
/** Requests that were made, and what answers them. */
let asked: { path: string; body: Record<string, unknown> }[];
let answers: (() => Promise<Response> | Response)[];

function touch(x: number, y: number, more: Partial<Touch> = {}): Touch {
  return { x, y, pressure: 0.5, pen: false, shift: false, alt: false, ctrl: false, ...more };
}

/** A mask whose rows from `top` to `bottom` are selected. */
function rows(top: number, bottom: number): () => Response {
  const mask = new Uint8Array(SIDE * SIDE).fill(1, top * SIDE, bottom * SIDE);
  return () => new Response(writeFrame({ size: { width: SIDE, height: SIDE } }, [mask]));
}

function refusal(code: string, message: string): () => Response {
  return () => new Response(JSON.stringify({ code, message }), { status: 422 });
}

/** A path that bends to the left of the straight one. */
function bent(): Response {
  const { start, end } = asked[asked.length - 1].body as Record<string, [number, number]>;
  const middle = [(start[0] + end[0]) / 2 - 4, (start[1] + end[1]) / 2];
  return new Response(JSON.stringify({ points: [start, middle, end] }));
}

function click(x: number, y: number, more: Partial<Touch> = {}): void {
  objectSelect.down(touch(x, y, more));
  objectSelect.up(touch(x, y, more));
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

beforeEach(() => {
  asked = [];
  answers = [];
  vi.stubGlobal("fetch", async (address: string, init: RequestInit) => {
    asked.push({ path: address.split("/").pop()!, body: JSON.parse(String(init.body)) });
    return (answers.shift() ?? bent)();
  });
  const bytes = new Uint8Array(SIDE * SIDE);
  set({
    drawing: new Drawing(SIDE, SIDE, [
      { name: "segments", channels: 1, bytes },
      { name: "marks", channels: 1, bytes: bytes.slice() },
      { name: "sources", channels: 1, bytes: bytes.slice() },
      { name: "origin", channels: 2, bytes: new Uint8Array(2 * SIDE * SIDE), pieces: [] },
    ]),
    project: { id: "p", labels: [] } as never,
    selection: null,
    options: {},
    tool: "move",
    layers: DEFAULT_LAYERS,
    view: { zoom: 1, x: 0, y: 0 },
    notices: [],
  });
});

afterEach(() => {
  objectSelect.cancel();
  magneticLasso.cancel();
  vi.unstubAllGlobals();
});

it("prepares the picture when the tool is taken", async () => {
  answers = [rows(0, 0)];
  chooseTool("object");
  await settled();
  expect(asked).toEqual([{ path: "select", body: { marks: [] } }]);
  expect(get().selection).toBeNull();
});

it("sends all marks of a selection, and starts again with a plain click", async () => {
  answers = [rows(4, 8), rows(4, 12), rows(4, 6), rows(20, 24)];
  click(5, 5);
  await settled();
  click(9, 10, { shift: true });
  await settled();
  click(9, 7, { alt: true });
  await settled();
  expect(asked[2].body.marks).toEqual([
    { type: "stroke", points: [[5, 5]], add: true },
    { type: "stroke", points: [[9, 10]], add: true },
    { type: "stroke", points: [[9, 7]], add: false },
  ]);
  expect(bounds(get().selection!.mask)).toEqual({ x0: 0, y0: 4, x1: SIDE, y1: 6 });
  click(9, 22);
  await settled();
  expect(asked[3].body.marks).toHaveLength(1);
  expect(bounds(get().selection!.mask)).toEqual({ x0: 0, y0: 20, x1: SIDE, y1: 24 });
});

it("adds an object to what another tool selected, and takes one away", async () => {
  answers = [rows(0, 8), rows(8, 16), rows(4, 6)];
  click(5, 5);
  await settled();
  set({ selection: { ...get().selection! } });
  click(5, 12, { shift: true });
  await settled();
  expect(bounds(get().selection!.mask)).toEqual({ x0: 0, y0: 0, x1: SIDE, y1: 16 });
  set({ selection: { ...get().selection! } });
  click(5, 5, { alt: true });
  await settled();
  expect(asked[2].body.marks).toEqual([{ type: "stroke", points: [[5, 5]], add: true }]);
  expect(get().selection!.mask.data[5 * SIDE]).toBe(0);
  expect(get().selection!.mask.data[9 * SIDE]).toBe(1);
});

it("shows the newest answer only, and forgets a mark that was refused", async () => {
  let late = () => {};
  answers = [() => new Promise<Response>((resolve) => (late = () => resolve(rows(0, 2)()))), rows(4, 8)];
  click(5, 1);
  click(5, 5);
  await settled();
  late();
  await settled();
  expect(bounds(get().selection!.mask)).toEqual({ x0: 0, y0: 4, x1: SIDE, y1: 8 });
  answers = [refusal("invalid", "the mark is outside the photo"), rows(4, 12)];
  click(5, 20, { shift: true });
  await settled();
  expect(get().notices.map((one) => one.text)).toEqual(["The mark is outside the photo."]);
  click(5, 10, { shift: true });
  await settled();
  expect(asked[3].body.marks).toHaveLength(2);
});

it("does nothing for a scribble beside the picture", async () => {
  setOption({ id: "object.drag" } as never, "scribble");
  objectSelect.down(touch(-20, 12));
  objectSelect.move([touch(-20, 20), touch(-12, 28)]);
  objectSelect.up(touch(-12, 28));
  await settled();
  expect([asked, get().notices]).toEqual([[], []]);
});

it("drags a box or a scribble", async () => {
  answers = [rows(4, 8), rows(4, 8)];
  const drag = () => {
    objectSelect.down(touch(2, 12));
    objectSelect.move([touch(10, 14), touch(20, 28)]);
    objectSelect.up(touch(20, 28));
  };
  drag();
  await settled();
  setOption({ id: "object.drag" } as never, "scribble");
  drag();
  await settled();
  expect(asked.map(({ body }) => body.marks)).toEqual([
    [{ type: "box", corners: [[2, 12], [20, 28]], add: true }], // biome-ignore format: one mark a line
    [{ type: "stroke", points: [[2, 12], [10, 14], [20, 28]], add: true }], // biome-ignore format: one mark a line
  ]);
});

it("closes a lasso whose parts follow edges", async () => {
  for (const [x, y] of [[20, 2], [28, 28], [8, 28]]) magneticLasso.down(touch(x, y)); // biome-ignore format: points
  magneticLasso.hover(touch(10, 10));
  await settled();
  expect(draft.points.length).toBe(1 + 3 + 3 + 3);
  expect(draft.anchors.length).toBe(3);
  expect(magneticLasso.finish()).toBe(true);
  await settled();
  const { data } = get().selection!.mask;
  expect(data[16 * SIDE + 11]).toBe(1); // left of the straight line
  expect(data[16 * SIDE + 23]).toBe(0); // as on the right side
  expect(draft.points).toEqual([]);
  expect(magneticLasso.finish()).toBe(false);
});

it("takes anchors back, and Escape all of them", async () => {
  for (const [x, y] of [[20, 2], [28, 28], [8, 28]]) magneticLasso.down(touch(x, y)); // biome-ignore format: points
  await settled();
  expect([magneticLasso.back(), draft.anchors.length]).toEqual([true, 2]);
  expect([magneticLasso.back(), draft.anchors.length]).toEqual([true, 1]);
  expect([magneticLasso.back(), draft.anchors.length]).toEqual([true, 0]);
  expect(magneticLasso.back()).toBe(false);
  for (const [x, y] of [[20, 2], [28, 28], [8, 28]]) magneticLasso.down(touch(x, y)); // biome-ignore format: points
  magneticLasso.cancel();
  await settled();
  expect(draft.anchors).toEqual([]);
  expect(get().selection).toBeNull();
});

it("stays straight where the server finds no path", async () => {
  answers = Array.from({ length: 3 }, () => refusal("invalid", "no"));
  for (const [x, y] of [[4, 4], [28, 4], [28, 28]]) magneticLasso.down(touch(x, y)); // biome-ignore format: points
  magneticLasso.finish();
  await settled();
  expect(get().selection!.mask.data[6 * SIDE + 20]).toBe(1);
});

it("fills what is selected with the current label", async () => {
  answers = [rows(4, 8)];
  click(5, 5);
  await settled();
  set({ label: 3 });
  fillSelection();
  const { data } = get().drawing!.labels!;
  expect([data[3 * SIDE], data[4 * SIDE], data[7 * SIDE + 31], data[8 * SIDE]]).toEqual([0, 3, 3, 0]);
});
