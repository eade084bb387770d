import { fetchFrame, type Label, type Project, projectUrl } from "../api/client";
import { readFrame, splitLayers } from "../api/frames";
import type { components } from "../api/schema";
import { crop } from "../raster/copy";
import { meanColours, tellable, touchingLabels } from "../raster/labelColours";
import type { Rgb } from "../raster/palette";
import { clonePlane, createPlane, type Plane } from "../raster/plane";
import { Drawing } from "./drawing";
import { photoIn } from "./margins";
import { get, type StudioState } from "./store";

/** The labels of the unedited drawing, where the photo is. */
async function uneditedLabels({ id, history }: Project, drawing: Drawing): Promise<Plane | null> {
  // What is being extracted has no edits.
  if (get().phase === "prepare" || history.revision === 0) return drawing.labels && clonePlane(drawing.labels);
  const frame = await fetchFrame(projectUrl(id, "/layers?of=training"));
  const { header, body } = readFrame<components["schemas"]["Extracted"]>(frame);
  const { width, height } = header.size;
  const layers = splitLayers(header.layers, width, height, body, header.pieces);
  const { labels } = new Drawing(width, height, layers);
  const rect = photoIn({ width, height, margins: header.margins });
  return labels && createPlane(rect.x1 - rect.x0, rect.y1 - rect.y0, crop(labels, rect));
}

/** The pixels of the photo at its size in the drawing, RGBA; those of the last photo are kept. */
async function photoPixels(id: string, width: number, height: number): Promise<Uint8ClampedArray> {
  const key = `${id} ${width} ${height}`;
  if (kept?.key === key) return kept.pixels;
  const photo = new Image();
  photo.src = projectUrl(id, "/photo");
  await photo.decode();
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(photo, 0, 0, width, height);
  kept = { key, pixels: context.getImageData(0, 0, width, height).data };
  return kept.pixels;
}

let kept: { key: string; pixels: Uint8ClampedArray } | null = null;

type Colours = Pick<StudioState, "photoColours" | "mutedColours">;

const NONE: Colours = { photoColours: null, mutedColours: null };

/** The colours of a drawing's labels in its photo. Where the photo cannot be read, labels keep their own colours. */
export async function photoColoursOf(drawing: Drawing, labels: readonly Label[]): Promise<Colours> {
  const { project } = get();
  if (!project || !drawing.labels || drawing.isPainting) return NONE;
  try {
    const { x0, y0, x1, y1 } = photoIn(drawing);
    const pixels = await photoPixels(project.id, x1 - x0, y1 - y0);
    const unedited = await uneditedLabels(project, drawing);
    if (!unedited) return NONE;
    return coloursIn(pixels, unedited, labels, project.line_colour);
  } catch {
    return NONE;
  }
}

/** The same, from the pixels of the photo, RGBA, and the labels of the unedited drawing. */
export function coloursIn(
  pixels: Uint8ClampedArray,
  unedited: Plane,
  labels: readonly Label[],
  lineColour: Rgb,
): Colours {
  const photoColours = meanColours(unedited, pixels, labels.length);
  const colours = photoColours.map((colour, i) => colour ?? labels[i].colour);
  return { photoColours, mutedColours: tellable(colours, touchingLabels(unedited), lineColour) };
}
