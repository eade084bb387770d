import { colourTable, hatchPixels, labelPixels, linePixels, tintPixels } from "../raster/compose";
import { fillMask } from "../raster/fill";
import { fillHole } from "../raster/hole";
import type { ColourIndex } from "../raster/indexed";
import type { Rgb } from "../raster/palette";
import { createPlane, type Plane } from "../raster/plane";
import { EMPTY, type Rect } from "../raster/rect";
import { type Cutout, type Landing, pasteLines, pasteNearest } from "../raster/transform";

export type LayerName = "segments" | "colours" | "edges" | "marks" | "sources";
/** The planes of a drawing: its layers, and where in the photo its pixels come from. */
export type PlaneName = LayerName | "origin";

/** How tools see a layer: to the brush, a label map and the colours of a painting are both labels. */
export type LayerRole = "labels" | "edges" | "marks" | "sources";

/** Values of the layer `sources`: nothing new is copied from here, or only from here. */
export const EXCLUDE = 1;
export const SAMPLE = 2;

/** Colours in which layers are shown. */
export interface LayerColours {
  labels: readonly Rgb[];
  lines: Rgb;
}

/** Everything in the editor that depends on the type of a layer. */
export interface LayerType {
  /** Its name in the server's messages. */
  readonly name: LayerName;
  readonly role: LayerRole;
  /** Its name in the Layers panel. */
  readonly title: string;
  /** Bytes per pixel in the server's messages. */
  readonly channels: number;
  /** The value of an empty pixel. */
  readonly blank: number;
  /** It covers what is below it, so the photo is shown above it. */
  readonly opaque?: boolean;
  /** It lies over the photo: moving or deleting parts of the drawing does not change it, and it draws nothing. */
  readonly ofPhoto?: boolean;
  /** It is not listed: hidden, locked and edited together with another layer. */
  readonly follows?: LayerRole;
  /** Its download in the export dialog. */
  readonly download?: { file: string; description: string };

  decode(bytes: Uint8Array, width: number, height: number, palette: ColourIndex): Plane;
  encode(values: Uint8Array, palette: ColourIndex): Uint8Array;
  /** Pixels for the screen. */
  compose(plane: Plane, rect: Rect, colours: LayerColours): ImageData;
  /** Delete the pixels that a mask covers. */
  clear(plane: Plane, mask: Plane): void;
  /** Paste a transformed part of the layer. Returns what was touched. */
  paste(from: Plane, cutout: Cutout, landing: Landing, onto: Plane): Rect;
}

const identity = {
  decode: (bytes: Uint8Array, width: number, height: number) => createPlane(width, height, bytes),
  encode: (values: Uint8Array) => values,
};

/** Every pixel has a value, so deleted pixels are filled from their surroundings. */
const areas = {
  role: "labels",
  blank: 0,
  opaque: true,
  compose: (plane: Plane, rect: Rect, { labels }: LayerColours) => labelPixels(plane, colourTable(labels), rect),
  clear: fillHole,
  paste: (from: Plane, _cutout: Cutout, landing: Landing, onto: Plane) => pasteNearest(from, landing, onto),
} as const;

/** Colours of the layer `sources`, by value. */
const TINTS: readonly (Rgb | null)[] = [null, [226, 72, 72], [46, 170, 96]];

/** All types of layers, from the bottom to the top. */
export const LAYER_TYPES: readonly LayerType[] = [
  {
    ...areas,
    ...identity,
    name: "segments",
    title: "Labels",
    channels: 1,
    download: { file: "segments.png", description: "palette PNG; each index is a label" },
  },
  {
    ...areas,
    name: "colours",
    title: "Colours",
    channels: 3,
    decode: (bytes, width, height, palette) => palette.encode(bytes, width, height),
    encode: (values, palette) => palette.decode(values),
  },
  {
    ...identity,
    name: "edges",
    role: "edges",
    title: "Lines",
    channels: 1,
    blank: 0,
    download: { file: "edges.png", description: "PNG, black on white" },
    compose: (plane, rect, { lines }) => linePixels(plane, lines, rect),
    clear: (plane, mask) => fillMask(plane, mask, 0),
    paste: pasteLines,
  },
  {
    // Holes that were filled automatically and are not accepted yet.
    ...identity,
    name: "marks",
    role: "marks",
    title: "Filled holes",
    channels: 1,
    blank: 0,
    follows: "labels",
    compose: (plane, rect) => hatchPixels(plane, [255, 255, 255], rect),
    clear: (plane, mask) => fillMask(plane, mask, 1),
    paste: (_from, _cutout, landing, onto) => {
      fillMask(onto, landing.mask, 0);
      return landing.rect;
    },
  },
  {
    ...identity,
    name: "sources",
    role: "sources",
    title: "Copy marks",
    channels: 1,
    blank: 0,
    ofPhoto: true,
    compose: (plane, rect) => tintPixels(plane, TINTS, rect),
    clear: () => {},
    paste: () => EMPTY,
  },
];

/** Bytes per pixel in the server's messages. */
export function bytesPerPixel(name: PlaneName): number {
  return name === "origin" ? 2 : LAYER_TYPES.find((type) => type.name === name)!.channels;
}

/** A layer of an open drawing. */
export interface Layer {
  readonly type: LayerType;
  /** What is shown. */
  readonly plane: Plane;
  /** What the server has. */
  readonly base: Plane;
}
