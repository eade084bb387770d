import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Project } from "../api/client";
import { bounds, rectangleMask } from "../raster/mask";
import { matchLabels } from "../raster/matchLabels";
import { DRAWN, REMOVED, UNMOVED } from "../raster/origin";
import type { Rgb } from "../raster/palette";
import { Drawing } from "../state/drawing";
import { DEFAULT_LAYERS, get, set } from "../state/store";
import { copySelection, cutSelection, paste } from "./actions";
import { anchor, cancelFloating, floating } from "./floating";

const SIDE = 32;
const RED: Rgb = [200, 30, 30];
const BLUE: Rgb = [30, 30, 200];
const DARK: Rgb = [120, 10, 10];

/** A drawing with a square of label 1 and a line in it. */
function open(id: string, names: string[], colours: Rgb[], side = SIDE, layers = ["segments", "edges"]): Drawing {
  const labels = new Uint8Array(side * side);
  const edges = new Uint8Array(side * side);
  for (let y = 8; y < 14; y++) {
    labels.fill(1, y * side + 4, y * side + 10);
    edges[y * side + 6] = 1;
  }
  const bytes = { segments: labels, edges } as Record<string, Uint8Array>;
  const drawing = new Drawing(
    side,
    side,
    layers.map((name) => ({ name: name as "edges", channels: 1, bytes: bytes[name].slice() })),
  );
  const project = { id, labels: names.map((name, i) => ({ name, colour: colours[i] })) } as unknown as Project;
  set({ drawing, project, photoColours: null, selection: null, floating: "none", notices: [] });
  return drawing;
}

function select(drawing: Drawing, from = 4): void {
  set({ selection: { mask: rectangleMask(drawing, { x: from, y: 8 }, { x: 9, y: 13 }), scope: "all" } });
}

/** What the server answers to requests for pictures of other projects; null if they are gone. Returns the requests. */
function answers(answer: (body: { project: string; picture: string | null }) => object | null): object[] {
  const asked: object[] = [];
  vi.stubGlobal("fetch", async (_address: string, { body }: RequestInit) => {
    const request = JSON.parse(String(body));
    asked.push(request);
    const found = answer(request);
    const gone = { code: "not_found", message: "it is no longer there" };
    return new Response(JSON.stringify(found ?? gone), { status: found ? 201 : 404 });
  });
  return asked;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

beforeEach(() => {
  cancelFloating();
  set({ clip: null, layers: DEFAULT_LAYERS, tool: "pencil", options: {}, view: { zoom: 4, x: 20, y: 22 } });
});

describe("copy and paste", () => {
  it("put a copy in the middle of the view, with its lines and its place in the photo", () => {
    const drawing = open("a", ["sky", "cup"], [BLUE, RED]);
    select(drawing);
    copySelection();
    paste();
    expect(get().floating).toBe("move");
    expect(get().tool).toBe("move");
    anchor();
    const at = (x: number, y: number) => y * SIDE + x;
    // Six pixels around (20, 22); the original is still there.
    expect(bounds(get().selection!.mask)).toEqual({ x0: 17, y0: 19, x1: 23, y1: 25 });
    expect(drawing.labels!.data[at(17, 19)]).toBe(1);
    expect(drawing.edges!.data[at(19, 20)]).toBe(1);
    expect(drawing.labels!.data[at(4, 8)]).toBe(1);
    const value = drawing.origin.plane.data[at(17, 19)];
    const [shift] = drawing.origin.piece(value).transforms;
    expect(shift.kind === "affine" && shift.matrix.map((entry) => Math.round(entry * SIDE) + 0)).toEqual([
      SIDE,
      0,
      0,
      SIDE,
      -13,
      -11,
    ]);
    expect(get().notices).toEqual([]);
  });

  it("cut leaves a hole, and pasting in place closes it exactly", () => {
    const drawing = open("a", ["sky", "cup"], [BLUE, RED]);
    const before = [drawing.labels!.data.slice(), drawing.edges!.data.slice()];
    select(drawing);
    cutSelection();
    expect(drawing.labels!.data.includes(1)).toBe(false);
    expect(drawing.origin.plane.data.includes(REMOVED)).toBe(true);
    paste(true);
    anchor();
    expect([drawing.labels!.data, drawing.edges!.data]).toEqual(before);
    expect(drawing.origin.plane.data.every((value) => value === 0)).toBe(true);
    expect(drawing.marks.data.includes(1)).toBe(false);
  });

  it("a cancelled paste leaves nothing behind, and brings the selection back", () => {
    const drawing = open("a", ["sky", "cup"], [BLUE, RED]);
    const before = drawing.labels!.data.slice();
    select(drawing);
    const { selection } = get();
    copySelection();
    paste();
    floating()!.set({ angle: 30, width: 11 });
    cancelFloating();
    expect(drawing.labels!.data).toEqual(before);
    expect(drawing.take()).toEqual([]);
    expect(get().selection).toBe(selection);
    expect(get().tool).toBe("pencil");
  });

  it("between photos match labels, and bring the photo's pixels", async () => {
    const asked = answers((body) => ({ id: `${body.picture ?? "of photo"} ${body.project}` }));
    const first = open("a", ["region 1", "Cup"], [BLUE, RED]);
    first.origin.plane.data.set([DRAWN, REMOVED], 9 * SIDE + 7);
    select(first);
    copySelection();
    const other = open("b", ["region 1", "region 2", "cup"], [DARK, RED, BLUE], 24);
    await paste(true);
    anchor();
    const { x0, y0 } = bounds(get().selection!.mask);
    const values = other.origin.plane.data;
    const piece = other.origin.piece(values[y0 * 24 + x0]);
    expect(piece.picture).toBe("of photo a");
    // A place of this drawing, in shares, is one of the other photo: pixels are as large as they were.
    const [map] = piece.transforms;
    const matrix = map.kind === "affine" ? map.matrix : [];
    expect(matrix.slice(0, 4).map((entry) => entry * SIDE)).toEqual([24, 0, 0, 24]);
    expect(((x0 + 0.5) / 24) * matrix[0] + matrix[4]).toBeCloseTo(4.5 / SIDE, 9);
    expect(((y0 + 0.5) / 24) * matrix[3] + matrix[5]).toBeCloseTo(8.5 / SIDE, 9);
    // What was drawn there comes from nowhere here, and a hole is none.
    expect([...values.slice((y0 + 1) * 24 + x0 + 3, (y0 + 1) * 24 + x0 + 5)]).toEqual([DRAWN, DRAWN]);
    expect(asked).toEqual([{ project: "a", picture: null }]);
    // What is copied here comes along to a third project, from its picture.
    copySelection();
    const third = open("c", ["sky", "cup"], [BLUE, RED], 24);
    await paste(true);
    anchor();
    const at = bounds(get().selection!.mask);
    expect(third.origin.piece(third.origin.plane.data[at.y0 * 24 + at.x0])).toEqual({
      transforms: piece.transforms,
      picture: "of photo a b",
    });
    expect(
      get()
        .notices.map(({ text }) => text)
        .join(),
    ).not.toContain("drawn");
  });

  it("between photos match labels, count as drawn if the photo is gone, and say both", async () => {
    answers(() => null);
    select(open("a", ["region 1", "Cup"], [BLUE, RED]));
    copySelection();
    const other = open("b", ["region 1", "region 2", "cup"], [DARK, RED, BLUE], 24);
    const original = other.labels!.data.slice();
    await paste();
    anchor();
    const { x0, y0 } = bounds(get().selection!.mask);
    expect(other.labels!.data[y0 * 24 + x0]).toBe(2);
    expect(other.origin.plane.data[y0 * 24 + x0]).toBe(DRAWN);
    expect(other.edges!.data[(y0 + 1) * 24 + x0 + 2]).toBe(1);
    const said = get()
      .notices.map(({ text }) => text)
      .join(" ");
    expect(said).toContain("Cup → cup");
    expect(said).toContain("counts as drawn");
    // Its last row is outside of the picture.
    expect(other.labels!.data.filter((value, i) => value !== original[i]).length).toBe(30);
  });

  it("what is larger than the other drawing becomes smaller", async () => {
    answers(() => null);
    const drawing = open("a", ["sky", "cup"], [BLUE, RED]);
    set({ selection: { mask: rectangleMask(drawing, { x: 0, y: 0 }, { x: 31, y: 15 }), scope: "all" } });
    copySelection();
    const small = open("b", ["sky", "cup"], [BLUE, RED], 16);
    await paste(true);
    expect(floating()!.pose).toMatchObject({ width: 16, height: 8 });
    anchor();
    expect(small.labels!.data.slice(16 * 8, 16 * 8 + 16)).toHaveLength(16);
  });

  it("lines alone go where there are lines, and nowhere else", async () => {
    answers(() => null);
    const drawing = open("a", ["sky", "cup"], [BLUE, RED]);
    select(drawing);
    set({ selection: { ...get().selection!, scope: "edges" } });
    copySelection();
    paste();
    anchor();
    // The photo is not moved: where the lines are others now, they were drawn.
    const { plane, base } = drawing.layer("edges")!;
    plane.data.forEach((line, i) => {
      expect(drawing.origin.plane.data[i]).toBe(line === base.data[i] ? UNMOVED : DRAWN);
    });
    open("b", ["sky", "cup"], [BLUE, RED], SIDE, ["segments"]);
    await paste();
    expect(floating()).toBeNull();
    expect(get().notices[0].text).toContain("no layer");
  });

  it("before anything was copied says what to do", () => {
    open("a", ["sky", "cup"], [BLUE, RED]);
    paste();
    expect(get().notices[0].text).toContain("Ctrl+C");
    copySelection();
    expect(get().clip).toBeNull();
  });
});

describe("labels of another drawing", () => {
  it("are found by names that were given, else by their colours", () => {
    const to = [
      { name: "Region 1", colour: RED },
      { name: "Sky", colour: BLUE },
    ];
    expect(matchLabels([{ name: "sky ", colour: RED }], to)).toEqual([1]);
    expect(matchLabels([{ name: "region 1", colour: BLUE }], to)).toEqual([1]);
    expect(matchLabels([{ name: "", colour: DARK }], to)).toEqual([0]);
    const people = [
      { name: "hair", colour: RED },
      { name: "person 1", colour: BLUE },
      { name: "person 2", colour: RED },
    ];
    expect(matchLabels([{ name: "hair", colour: BLUE }], people)).toEqual([0]);
    expect(matchLabels([{ name: "person 2", colour: BLUE }], people)).toEqual([1]);
  });
});
