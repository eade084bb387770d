import { call, fetchFrame, projectUrl, Refusal } from "../api/client";
import { readFrame, splitLayers } from "../api/frames";
import type { components } from "../api/schema";
import { crop } from "../raster/copy";
import { meanColours } from "../raster/labelColours";
import { bounds } from "../raster/mask";
import { FIRST } from "../raster/origin";
import { createPlane } from "../raster/plane";
import { EMPTY } from "../raster/rect";
import { type Brought, type Clip, picturesOf } from "./clipboard";
import { Drawing } from "./drawing";
import { hasMargins, NO_MARGINS } from "./margins";
import { notify } from "./store";

/** From here on, a pixel of a transparent picture belongs to what it shows. */
const OPAQUE = 128;

/**
 * A picture of another program as something that can be pasted into a project: its drawing, extracted like the project's,
 * and its pixels, which the project keeps. Null if nothing of it is opaque.
 */
export async function clipOfPicture(picture: Blob, project: string): Promise<Clip | null> {
  const bitmap = await decoded(picture);
  const frame = readFrame<components["schemas"]["Extracted"]>(
    await fetchFrame(projectUrl(project, "/picture"), { body: picture }),
  );
  const { layers, labels, pieces, size, picture: kept } = frame.header;
  const { width, height } = size;
  const drawing = new Drawing(width, height, splitLayers(layers, width, height, frame.body, pieces));
  const rgba = pixelsOf(bitmap, width, height);
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
    margins: NO_MARGINS,
    scope: "all",
    rect,
    mask: crop(mask, rect),
    labels: drawing.labels && crop(drawing.labels, rect),
    looks: painted ?? labels.map(({ name, colour }, i) => ({ name, colour: means[i] ?? colour })),
    seen: true,
    edges: drawing.edges && crop(drawing.edges, rect),
    origin: kept && {
      bytes: Uint8Array.from({ length: 2 * (rect.x1 - rect.x0) * (rect.y1 - rect.y0) }, (_, i) => (i % 2 ? 0 : FIRST)),
      pieces: [{ transforms: [], picture: kept.id }],
    },
    ...(kept && { picture: kept.size }),
  };
}

/** Copy the pictures that a clip's pixels come from into a project. Those that are refused are left out, and it is said why. */
export async function bring(clip: Clip, project: string): Promise<Brought> {
  const brought = new Map<string | null, string>();
  for (const picture of picturesOf(clip)) {
    // On a larger canvas, places are shares of the canvas, not of the photo.
    if (picture === null && hasMargins(clip.margins)) continue;
    if (!clip.project) {
      // A picture of another program is kept already.
      if (picture) brought.set(picture, picture);
      continue;
    }
    try {
      const { id } = await call("post", "/api/projects/{project_id}/pictures", {
        path: { project_id: project },
        body: { project: clip.project, picture },
      });
      brought.set(picture, id);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      notify(error.message, "problem");
    }
  }
  return brought;
}

/** Before anything is sent: the server reads more kinds of pictures than browsers do. */
async function decoded(picture: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(picture);
  } catch {
    throw new Error("This browser cannot read the picture. Save it as PNG or JPEG in another program, and paste that.");
  }
}

function pixelsOf(bitmap: ImageBitmap, width: number, height: number): Uint8ClampedArray {
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}
