import type { Point } from "../raster/plane";
import { get, set, type View } from "../state/store";

/** `view.x`, `view.y` is the point of the drawing at the centre of a pane, so panes side by side show the same place. */
export interface Size {
  width: number;
  height: number;
}

export const MIN_ZOOM = 0.1;
export const MAX_ZOOM = 64;

export function toScreen(view: View, pane: Size, p: Point): Point {
  return { x: pane.width / 2 + (p.x - view.x) * view.zoom, y: pane.height / 2 + (p.y - view.y) * view.zoom };
}

export function toDrawing(view: View, pane: Size, p: Point): Point {
  return { x: view.x + (p.x - pane.width / 2) / view.zoom, y: view.y + (p.y - pane.height / 2) / view.zoom };
}

export function cssTransform(view: View, pane: Size): string {
  const { x, y } = toScreen(view, pane, { x: 0, y: 0 });
  return `translate(${x}px, ${y}px) scale(${view.zoom})`;
}

/** Whether two panes show a picture larger one above the other than side by side. */
export function stacksBetter(area: Size, picture: Size): boolean {
  const zoom = (width: number, height: number) => Math.min(width / picture.width, height / picture.height);
  return zoom(area.width, area.height / 2) > zoom(area.width / 2, area.height);
}

let lastPane: Size = { width: 600, height: 600 };

/** Fit the whole drawing into the view, with a margin. */
export function fitDrawing(pane: Size = lastPane): void {
  lastPane = pane;
  const { drawing } = get();
  if (!drawing || pane.width < 2) return;
  const margin = 2 * Math.min(24, 0.04 * pane.width);
  const zoom = Math.min((pane.width - margin) / drawing.width, (pane.height - margin) / drawing.height);
  set({ view: { zoom: clampZoom(zoom), x: drawing.width / 2, y: drawing.height / 2 } });
}

export function rememberPane(pane: Size): void {
  lastPane = pane;
}

/** Zoom to 100 %: a pixel of the photo is a pixel of the screen. What is in the middle stays there. */
export function zoomToPhoto(): void {
  const { view, drawing, project } = get();
  if (!drawing || !project) return;
  set({
    view: { ...view, zoom: clampZoom(project.full_size.width / drawing.width / (globalThis.devicePixelRatio ?? 1)) },
  });
}

export function zoomBy(factor: number, at?: Point, pane: Size = lastPane): void {
  const { view } = get();
  const zoom = clampZoom(view.zoom * factor);
  const middle = { x: pane.width / 2, y: pane.height / 2 };
  const fixed = toDrawing(view, pane, at ?? middle);
  const offset = at ?? middle;
  set({
    view: { zoom, x: fixed.x - (offset.x - middle.x) / zoom, y: fixed.y - (offset.y - middle.y) / zoom },
  });
}

export function panBy(dx: number, dy: number): void {
  const { view, drawing } = get();
  if (!drawing) return;
  const keep = (value: number, limit: number) => Math.min(limit, Math.max(0, value));
  set({
    view: {
      ...view,
      x: keep(view.x - dx / view.zoom, drawing.width),
      y: keep(view.y - dy / view.zoom, drawing.height),
    },
  });
}

function clampZoom(zoom: number): number {
  return Math.min(MAX_ZOOM, Math.max(MIN_ZOOM, zoom));
}
