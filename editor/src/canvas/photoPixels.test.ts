import { describe, expect, it } from "vitest";
import type { Rect } from "../raster/rect";
import { changedPixels, photoZoom, showsPhotoPixels, Tiles, visibleTiles } from "./photoPixels";

const DRAWING = { width: 400, height: 300 };
const PHOTO = { width: 4000, height: 3000 };

describe("the view", () => {
  it("is at 100 % where a pixel of the photo is a pixel of the screen", () => {
    expect(photoZoom({ zoom: 10, x: 0, y: 0 }, DRAWING, PHOTO)).toBe(1);
    expect(showsPhotoPixels({ zoom: 10, x: 0, y: 0 }, DRAWING, PHOTO)).toBe(true);
    expect(showsPhotoPixels({ zoom: 9.9, x: 0, y: 0 }, DRAWING, PHOTO)).toBe(false);
  });

  it("shows the tiles that the pane covers, and no others", () => {
    const pane = { width: 700, height: 500 };
    const tiles = visibleTiles({ zoom: 10, x: 200, y: 150 }, pane, DRAWING, PHOTO);
    // 1650 to 2350, 1250 to 1750
    expect(tiles.map(({ x0, y0 }) => `${x0},${y0}`).sort()).toEqual([
      ...["1536,1024", "1536,1280", "1536,1536"],
      ...["1792,1024", "1792,1280", "1792,1536"],
      ...["2048,1024", "2048,1280", "2048,1536"],
      ...["2304,1024", "2304,1280", "2304,1536"],
    ]);
  });

  it("asks for the tiles in the middle first", () => {
    const tiles = visibleTiles({ zoom: 10, x: 200, y: 150 }, { width: 700, height: 500 }, DRAWING, PHOTO);
    const distances = tiles.map((r) => Math.hypot((r.x0 + r.x1) / 2 - 2000, (r.y0 + r.y1) / 2 - 1500));
    expect(tiles[0]).toEqual({ x0: 1792, y0: 1280, x1: 2048, y1: 1536 });
    expect(distances).toEqual([...distances].sort((a, b) => a - b));
  });

  it("ends where the photo ends", () => {
    const tiles = visibleTiles({ zoom: 10, x: 400, y: 300 }, { width: 100, height: 100 }, DRAWING, PHOTO);
    expect(tiles).toEqual([{ x0: 3840, y0: 2816, x1: 4000, y1: 3000 }]);
  });

  it("gives a change a margin", () => {
    const change = changedPixels({ x0: 10, y0: 20, x1: 30, y1: 40 }, DRAWING, PHOTO);
    expect(change).toEqual({ x0: 40, y0: 140, x1: 360, y1: 460 });
  });
});

const A = { x0: 0, y0: 0, x1: 256, y1: 256 };
const B = { x0: 256, y0: 0, x1: 512, y1: 256 };
const C = { x0: 512, y0: 0, x1: 768, y1: 256 };

function loader() {
  const asked: { rect: Rect; signal: AbortSignal; done: (image: string) => void; fail: () => void }[] = [];
  const tiles = new Tiles<string>(
    (rect, signal) => new Promise((done, fail) => asked.push({ rect, signal, done, fail: () => fail(new Error()) })),
    () => {},
  );
  return { asked, tiles };
}

const settled = () => new Promise((done) => setTimeout(done));

describe("tiles", () => {
  it("are loaded two at a time, in the order given", async () => {
    const { asked, tiles } = loader();
    tiles.want([A, B, C]);
    expect(asked.map(({ rect }) => rect)).toEqual([A, B]);
    asked[0].done("a");
    await settled();
    expect(asked.map(({ rect }) => rect)).toEqual([A, B, C]);
    expect(tiles.complete).toBe(false);
    asked[1].done("b");
    asked[2].done("c");
    await settled();
    expect(tiles.complete).toBe(true);
    expect(tiles.shown.map(({ image }) => image)).toEqual(["a", "b", "c"]);
  });

  it("that are not visible any more are not loaded, and forgotten", async () => {
    const { asked, tiles } = loader();
    tiles.want([A, B]);
    asked[0].done("a");
    await settled();
    tiles.want([C]);
    expect(asked[1].signal.aborted).toBe(true);
    expect(tiles.shown).toEqual([]);
    expect(asked[2].rect).toBe(C);
  });

  it("are shown until newer ones are there, unless the result changed in them", async () => {
    const { asked, tiles } = loader();
    tiles.want([A, B]);
    asked[0].done("a");
    asked[1].done("b");
    await settled();
    tiles.outdate({ x0: 240, y0: 0, x1: 250, y1: 10 });
    expect(tiles.shown.map(({ image }) => image)).toEqual(["b"]);
    tiles.want([A, B]);
    expect(asked.length).toBe(4);
    asked[2].done("a2");
    asked[3].done("b2");
    await settled();
    expect(tiles.shown.map(({ image }) => image).sort()).toEqual(["a2", "b2"]);
  });

  it("of an older result are dropped when they arrive, and asked for again", async () => {
    const { asked, tiles } = loader();
    tiles.want([A]);
    tiles.outdate(null);
    tiles.want([A]);
    expect(asked.length).toBe(2);
    asked[0].done("old");
    await settled();
    expect(tiles.shown).toEqual([]);
    asked[1].done("new");
    await settled();
    expect(tiles.shown.map(({ image }) => image)).toEqual(["new"]);
  });

  it("that are refused are asked for again a moment later", async () => {
    const { asked, tiles } = loader();
    tiles.want([A]);
    asked[0].fail();
    await settled();
    expect(asked.length).toBe(1);
    await new Promise((done) => setTimeout(done, 450));
    expect(asked.length).toBe(2);
    tiles.close();
  });
});
