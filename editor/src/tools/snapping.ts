import { FIRST, type OriginPlane } from "../raster/origin";
import { partBoxes } from "../raster/parts";
import type { Plane, Point } from "../raster/plane";
import { type Alignment, linesIn, NO_GUIDES, snap } from "../raster/snap";
import { get, set } from "../state/store";
import type { Floating } from "./floating";
import { optionValue, type SwitchOption } from "./options";

/** Whether parts are aligned with the picture and with other parts when they are near. */
export const SNAP: SwitchOption = { kind: "switch", id: "move.snap", label: "Snap", initial: true };

/** How near, in pixels of the screen. */
const REACH_PX = 6;
/** Other parts: how many, and how many pixels they have at least. */
const MOST_PARTS = 8;
const LEAST_PLACED = 16;
const LEAST_SHARE = 0.01;
/** For lines, in lengths of the longer side. */
const LEAST_LENGTH = 0.1;

interface Planes {
  labels: Plane | null;
  edges: Plane | null;
  origin: OriginPlane;
}

/** What can be aligned with: the picture, what was placed in it before, and the larger of its areas or lines. */
export function alignmentIn(size: Pick<Plane, "width" | "height">, { labels, edges, origin }: Planes): Alignment {
  const boxes = partBoxes(origin, (value) => value >= FIRST, LEAST_PLACED, MOST_PARTS);
  if (labels) boxes.push(...partBoxes(labels, () => true, LEAST_SHARE * size.width * size.height, MOST_PARTS));
  else if (edges) {
    const least = LEAST_LENGTH * Math.max(size.width, size.height);
    boxes.push(...partBoxes(edges, (value) => value === 1, least, MOST_PARTS, true));
  }
  return linesIn(size, boxes);
}

/** How far the lines of a part are pulled by the nearest guides, which are shown. `off`: not at all. */
export function pull(moving: Floating, lines: Alignment, off: boolean): Point {
  if (off || !optionValue(SNAP)) {
    set({ guides: NO_GUIDES });
    return { x: 0, y: 0 };
  }
  const reach = REACH_PX / get().view.zoom;
  const [x, y] = [snap(lines.x, moving.alignment.x, reach), snap(lines.y, moving.alignment.y, reach)];
  set({ guides: { x: x.on, y: y.on } });
  return { x: x.shift, y: y.shift };
}
