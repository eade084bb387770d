import { describe, expect, it } from "vitest";
import { IDENTITY } from "../raster/affine";
import { seeded } from "../raster/ascii";
import { ColourIndex } from "../raster/indexed";
import { rectangleMask } from "../raster/mask";
import { clonePlane } from "../raster/plane";
import { cutOut, placeAffine, transformCutout } from "../raster/transform";
import { LAYER_TYPES, type LayerType } from "./layers";

const SIDE = 12;

/** Bytes as the server sends them: any values, but 0 and 1 where a layer is a mask. */
function bytes({ role, channels }: LayerType): Uint8Array {
  const rng = seeded(4);
  const limit = role === "labels" ? 5 : 2;
  return new Uint8Array(SIDE * SIDE * channels).map(() => Math.floor(limit * rng()));
}

const palette = new ColourIndex();
const mask = rectangleMask({ width: SIDE, height: SIDE }, { x: 3, y: 3 }, { x: 7, y: 8 });

it.each(LAYER_TYPES)("a layer of type $name is sent as it was received", (type) => {
  const plane = type.decode(bytes(type), SIDE, SIDE, palette);
  expect(type.encode(plane.data, palette)).toEqual(bytes(type));
});

describe.each(LAYER_TYPES.filter(({ ofPhoto }) => !ofPhoto))("a layer of type $name", (type) => {
  const plane = () => type.decode(bytes(type), SIDE, SIDE, palette);

  it("is deleted inside the mask only", () => {
    const cleared = plane();
    type.clear(cleared, mask);
    expect(cleared.data).not.toEqual(plane().data);
    expect(cleared.data.filter((_, i) => !mask.data[i])).toEqual(plane().data.filter((_, i) => !mask.data[i]));
  });

  it("is unchanged outside of what is pasted", () => {
    const cutout = cutOut(mask);
    const landing = transformCutout(cutout, placeAffine(cutout, IDENTITY)!);
    const pasted = clonePlane(plane());
    expect(type.paste(plane(), cutout, landing, pasted)).toEqual({ x0: 3, y0: 3, x1: 8, y1: 9 });
    expect(pasted.data.filter((_, i) => !mask.data[i])).toEqual(plane().data.filter((_, i) => !mask.data[i]));
  });
});
