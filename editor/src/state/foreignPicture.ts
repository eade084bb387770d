import { fetchFrame, projectUrl } from "../api/client";
import { readFrame, splitLayers } from "../api/frames";
import type { components } from "../api/schema";
import { crop } from "../raster/copy";
import { meanColours } from "../raster/labelColours";
import { bounds } from "../raster/mask";
import { createPlane } from "../raster/plane";
import { EMPTY } from "../raster/rect";
import type { Clip } from "./clipboard";
import { Drawing } from "./drawing";

/** From here on, a pixel of a transparent picture belongs to what it shows. */
const OPAQUE = 128;

/**
 * A picture of another program as something that can be pasted into a project: its drawing, extracted like the project's.
 * Null if nothing of it is opaque.
 */
export async function clipOfPicture(picture: Blob, project: string): Promise<Clip | null> {
  const frame = readFrame<components["schemas"]["Extracted"]>(
    await fetchFrame(projectUrl(project, "/picture"), { body: picture }),
  );
  const { layers, labels, pieces, size } = frame.header;
  const { width, height } = size;
  const drawing = new Drawing(width, height, splitLayers(layers, width, height, frame.body, pieces));
  const rgba = await pixelsOf(picture, width, height);
  const mask = createPlane(
    width,
    height,
    Uint8Array.from({ length: width * height }, (_, i) => Number(rgba[4 * i + 3] >= OPAQUE)),
  );
  const rect = bounds(mask);
  if (rect === EMPTY) return null;
  const painted = drawing.paintingColours?.map((colour) => ({ name: "", colour }));
  const means = drawing.labels ? meanColours(drawing.labels, rgba, labels.length) : [];
  return {
    project: "",
    width,
    height,
    scope: "all",
    rect,
    mask: crop(mask, rect),
    labels: drawing.labels && crop(drawing.labels, rect),
    looks: painted ?? labels.map(({ name, colour }, i) => ({ name, colour: means[i] ?? colour })),
    seen: true,
    edges: drawing.edges && crop(drawing.edges, rect),
    origin: null,
  };
}

async function pixelsOf(picture: Blob, width: number, height: number): Promise<Uint8ClampedArray> {
  const bitmap = await createImageBitmap(picture);
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}
