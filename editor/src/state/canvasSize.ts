import { call, type Project } from "../api/client";
import { anchor } from "../tools/floating";
import { hasMargins, type Margins, photoIn, sameMargins } from "./margins";
import { attempt } from "./projects";
import { session } from "./session";
import { get, set } from "./store";

export type Side = keyof Margins;

/** The sides in the order in which they are listed, and whether they are measured along the width. */
export const SIDES: readonly { side: Side; name: string; across: boolean }[] = [
  { side: "left", name: "Left", across: true },
  { side: "top", name: "Top", across: false },
  { side: "right", name: "Right", across: true },
  { side: "bottom", name: "Bottom", across: false },
];

interface Size {
  width: number;
  height: number;
}

/** The photo in the drawing, and at its own size. */
export interface Measures {
  drawing: Size;
  photo: Size;
}

export function measuresOf({ size, margins, photo }: Project): Measures {
  const { x0, y0, x1, y1 } = photoIn({ ...size, margins });
  return { drawing: { width: x1 - x0, height: y1 - y0 }, photo };
}

/** The canvas around something that lies between margins. */
export function around({ width, height }: Size, { left, top, right, bottom }: Margins): Size {
  return { width: width + left + right, height: height + top + bottom };
}

export type Unit = "px" | "%";

/** A side of a margin as a number to type: pixels of the photo, or percent of its width or height. */
export function shown(value: number, across: boolean, unit: Unit, { drawing, photo }: Measures): number {
  const share = value / (across ? drawing.width : drawing.height);
  return unit === "%" ? Math.round(1000 * share) / 10 : Math.round(share * (across ? photo.width : photo.height));
}

/** The pixels of the drawing that a typed number means: the nearest whole ones, none below 0. */
export function taken(typed: number, across: boolean, unit: Unit, { drawing, photo }: Measures): number {
  const share = unit === "%" ? typed / 100 : typed / (across ? photo.width : photo.height);
  return Math.max(0, Math.round(share * (across ? drawing.width : drawing.height)));
}

/** A share of the photo's sides on each of them. */
export function allAround(share: number, { drawing }: Measures): Margins {
  const [x, y] = [Math.round(share * drawing.width), Math.round(share * drawing.height)];
  return { left: x, top: y, right: x, bottom: y };
}

/** The smallest canvas of some proportions (width over height) with the photo in its middle. */
export function inProportions(ratio: number, { drawing }: Measures): Margins {
  const x = Math.max(0, Math.round(drawing.height * ratio) - drawing.width);
  const y = Math.max(0, Math.round(drawing.width / ratio) - drawing.height);
  const [left, top] = [Math.floor(x / 2), Math.floor(y / 2)];
  return { left, top, right: x - left, bottom: y - top };
}

/** The canvas at the photo's own size, as the server computes it, to a pixel. */
export function fullSize(margins: Margins, { drawing, photo }: Measures): Size {
  const at = (value: number, across: boolean) => shown(value, across, "px", { drawing, photo });
  return {
    width: photo.width + at(margins.left, true) + at(margins.right, true),
    height: photo.height + at(margins.top, false) + at(margins.bottom, false),
  };
}

/** Why a canvas is too large; null if it is not. */
export function tooLarge(margins: Margins, measures: Measures): string | null {
  const { limits } = get().info ?? {};
  const canvas = around(measures.drawing, margins);
  const times = (canvas.width * canvas.height) / (measures.drawing.width * measures.drawing.height);
  if (limits && times > limits.canvas) {
    return `This is ${times.toFixed(1)} times the photo’s area; at most ${limits.canvas} times is possible.`;
  }
  const full = fullSize(margins, measures);
  if (limits && hasMargins(margins) && full.width * full.height > limits.photo_pixels) {
    const most = Math.round(limits.photo_pixels / 1e6);
    return `This is ${Math.round((full.width * full.height) / 1e6)} megapixels; at most ${most} are possible.`;
  }
  return null;
}

/** Give the canvas other margins around the photo, as one step of the history. */
export async function resizeCanvas(margins: Margins): Promise<boolean> {
  anchor();
  await session()?.saved();
  const { project } = get();
  if (!project) return false;
  if (sameMargins(margins, project.margins)) return true;
  set({ rendering: true });
  const path = { project_id: project.id };
  const done = await attempt(() => call("put", "/api/projects/{project_id}/canvas", { path, body: { margins } }));
  if (!done) set({ rendering: session()?.busy ?? false });
  return done !== null;
}
