import { fetchFrame, type Project, projectUrl } from "../api/client";
import { readFrame, splitLayers } from "../api/frames";
import type { components } from "../api/schema";
import { meanColours, tellable, touchingLabels } from "../raster/labelColours";
import { clonePlane, type Plane } from "../raster/plane";
import { Drawing } from "./drawing";
import { get, type StudioState, set, useStudio } from "./store";

/** The labels of the unedited drawing. */
async function uneditedLabels({ id, history }: Project, drawing: Drawing): Promise<Plane | null> {
  // What is being extracted has no edits.
  if (get().phase === "prepare" || history.revision === 0) return drawing.labels && clonePlane(drawing.labels);
  const frame = await fetchFrame(projectUrl(id, "/layers?of=training"));
  const { header, body } = readFrame<components["schemas"]["Extracted"]>(frame);
  const { width, height } = header.size;
  return new Drawing(width, height, splitLayers(header.layers, width, height, body, header.pieces)).labels;
}

/** The pixels of the photo at the size of the drawing, RGBA; those of the last photo are kept. */
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

async function coloursOf(project: Project, drawing: Drawing): Promise<Colours> {
  if (drawing.isPainting) return NONE;
  const labels = await uneditedLabels(project, drawing);
  if (!labels) return NONE;
  const own = (get().previewLabels ?? project.labels).map(({ colour }) => colour);
  const pixels = await photoPixels(project.id, labels.width, labels.height);
  const photoColours = meanColours(labels, pixels, own.length);
  const colours = photoColours.map((colour, i) => colour ?? own[i]);
  return { photoColours, mutedColours: tellable(colours, touchingLabels(labels), project.line_colour) };
}

function show(colours: Colours): void {
  set(colours);
  get().drawing?.repaint();
}

/** Keep the colours of the labels in the photo up to date with the open drawing. */
export function followPhotoColours(): () => void {
  return useStudio.subscribe((now, before) => {
    if (now.drawing === before.drawing) return;
    const { project, drawing } = now;
    if (project?.id !== before.project?.id || !drawing) set(NONE);
    if (!project || !drawing) return;
    coloursOf(project, drawing).then(
      (colours) => {
        if (get().drawing === drawing) show(colours);
      },
      () => {
        // Labels keep their own colours where the photo cannot be read.
        if (get().drawing === drawing) show(NONE);
      },
    );
  });
}
