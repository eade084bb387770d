import { fetchFrame, type Project, projectUrl } from "../api/client";
import { readFrame, splitLayers } from "../api/frames";
import type { components } from "../api/schema";
import { meanColours } from "../raster/labelColours";
import type { Rgb } from "../raster/palette";
import { clonePlane, type Plane } from "../raster/plane";
import { Drawing } from "./drawing";
import { get, set, useStudio } from "./store";

/** The labels of the unedited drawing. */
async function uneditedLabels({ id, history }: Project, drawing: Drawing): Promise<Plane | null> {
  // What is being extracted has no edits.
  if (get().phase === "prepare" || history.revision === 0) return drawing.labels && clonePlane(drawing.labels);
  const frame = await fetchFrame(projectUrl(id, "/layers?of=training"));
  const { header, body } = readFrame<components["schemas"]["Extracted"]>(frame);
  const { width, height } = header.size;
  return new Drawing(width, height, splitLayers(header.layers, width, height, body, header.pieces)).labels;
}

/** The pixels of the photo at the size of the drawing, RGBA. */
async function photoPixels(id: string, width: number, height: number): Promise<Uint8ClampedArray> {
  const photo = new Image();
  photo.src = projectUrl(id, "/photo");
  await photo.decode();
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.drawImage(photo, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

async function coloursOf(project: Project, drawing: Drawing): Promise<(Rgb | null)[] | null> {
  const labels = await uneditedLabels(project, drawing);
  if (!labels || drawing.isPainting) return null;
  const pixels = await photoPixels(project.id, labels.width, labels.height);
  return meanColours(labels, pixels, 256);
}

/** Keep the mean colours of the labels in the photo up to date with the open drawing. */
export function followPhotoColours(): () => void {
  return useStudio.subscribe((now, before) => {
    if (now.drawing === before.drawing) return;
    const { project, drawing } = now;
    if (project?.id !== before.project?.id || !drawing) set({ photoColours: null });
    if (!project || !drawing) return;
    coloursOf(project, drawing).then(
      (colours) => {
        if (get().drawing === drawing) set({ photoColours: colours });
      },
      () => {
        // Labels keep their own colours where the photo cannot be read.
        if (get().drawing === drawing) set({ photoColours: null });
      },
    );
  });
}
