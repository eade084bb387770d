import { describe, expect, it } from "vitest";
import { patchHeader, readFrame, splitLayers, splitPatches, writeFrame } from "../api/frames";
import { Drawing } from "./drawing";

function blank(): Drawing {
  return new Drawing(8, 6, [
    { name: "segments", channels: 1, bytes: new Uint8Array(48) },
    { name: "edges", channels: 1, bytes: new Uint8Array(48) },
    { name: "marks", channels: 1, bytes: new Uint8Array(48) },
  ]);
}

describe("a drawing", () => {
  it("makes patches of exactly what changed", () => {
    const drawing = blank();
    drawing.labels!.data[2 * 8 + 3] = 4;
    drawing.labels!.data[3 * 8 + 5] = 4;
    drawing.touch({ x0: 0, y0: 0, x1: 8, y1: 6 });
    const patches = drawing.take();
    // The origin changes where the labels do.
    expect(patches.map(({ layer }) => layer)).toEqual(["segments", "origin"]);
    expect(patches[1].rect).toEqual(patches[0].rect);
    expect([...patches[1].bytes]).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
    expect(patches[0].rect).toEqual({ x0: 3, y0: 2, x1: 6, y1: 4 });
    expect([...patches[0].bytes]).toEqual([4, 0, 0, 0, 0, 4]);
    expect(drawing.take()).toEqual([]);
  });

  it("discards what is reverted", () => {
    const drawing = blank();
    drawing.edges!.data[9] = 1;
    drawing.touch(drawing.frame);
    drawing.revert();
    expect(drawing.edges!.data[9]).toBe(0);
    expect(drawing.take()).toEqual([]);
  });

  it("keeps an unfinished stroke when an edit of another tab arrives", () => {
    const drawing = blank();
    drawing.edges!.data[0] = 1;
    drawing.touch({ x0: 0, y0: 0, x1: 1, y1: 1 });
    drawing.receive({ layer: "edges", rect: { x0: 0, y0: 0, x1: 2, y1: 1 }, bytes: new Uint8Array([0, 1]) });
    expect([...drawing.edges!.data.subarray(0, 2)]).toEqual([1, 1]);
    expect(drawing.take()[0].rect).toEqual({ x0: 0, y0: 0, x1: 1, y1: 1 });
  });

  it("of a painting is sent as RGB", () => {
    const rgb = new Uint8Array(12).fill(10);
    rgb.set([1, 2, 3], 9);
    const drawing = new Drawing(2, 2, [{ name: "colours", channels: 3, bytes: rgb }]);
    expect(drawing.paintingColours).toEqual([
      [10, 10, 10],
      [1, 2, 3],
    ]);
    drawing.labels!.data[0] = 1;
    drawing.touch(drawing.frame);
    const [patch] = drawing.take();
    expect(patch.layer).toBe("colours");
    expect([...patch.bytes]).toEqual([1, 2, 3]);
  });
});

describe("frames", () => {
  it("come back as they were sent", () => {
    const drawing = blank();
    drawing.marks.data[5] = 1;
    drawing.touch(drawing.frame);
    const patches = drawing.take();
    const frame = readFrame<{ patches: ReturnType<typeof patchHeader>[]; title: string }>(
      writeFrame(
        { title: "Löschen", patches: patches.map(patchHeader) },
        patches.map((patch) => patch.bytes),
      ),
    );
    expect(frame.header.title).toBe("Löschen");
    expect(splitPatches(frame.header.patches, frame.body, [])).toEqual(patches);
  });

  it("hold layers one after another", () => {
    const layers = splitLayers(
      [
        { name: "colours", channels: 3 },
        { name: "marks", channels: 1 },
      ],
      2,
      1,
      new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]),
      [],
    );
    expect(layers.map((layer) => [...layer.bytes])).toEqual([
      [1, 2, 3, 4, 5, 6],
      [7, 8],
    ]);
  });
});
