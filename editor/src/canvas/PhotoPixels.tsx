import { useEffect, useRef } from "react";
import type { Picture } from "../state/picture";
import { type Session, session } from "../state/session";
import { get, useStudio, type View } from "../state/store";
import { changedPixels, photoZoom, showsPhotoPixels, Tiles, visibleTiles } from "./photoPixels";
import type { Size } from "./viewport";

type Load = NonNullable<Session["loadWindow"]>;

interface Props {
  picture: Picture;
  pane: Size;
  /** Where the result begins, as a fraction of the width. */
  from: number;
}

/** Zoomed in to 100 % and beyond, the photo's own pixels of what is visible, above the result at the drawing's size. */
export function PhotoPixels(props: Props) {
  const project = useStudio((s) => s.project);
  const view = useStudio((s) => s.view);
  const shown = useStudio((s) => s.renderedSteps !== null);
  const frame = useStudio((s) => s.frame !== null);
  const load = session()?.loadWindow;
  if (frame || !shown || !project || !load || props.pane.width < 2) return null;
  if (!showsPhotoPixels(view, props.picture, project.full_size)) return null;
  return <TileCanvas {...props} load={load} {...project.full_size} />;
}

function TileCanvas({ picture, pane, from, load, width, height }: Props & { load: Load } & Size) {
  const ref = useRef<HTMLCanvasElement>(null);
  const tiles = useRef<Tiles<ImageBitmap> | null>(null);
  const draw = useRef(() => {});
  const view = useStudio((s) => s.view);
  const renders = useStudio((s) => s.renders);
  const final = useStudio((s) => !s.rendering && !s.synthesising);

  useEffect(() => {
    let frame = 0;
    const soon = () => {
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw.current();
      });
    };
    const loaded = new Tiles(load, soon);
    tiles.current = loaded;
    const stop = picture.subscribe((image, x, y) => {
      const change = { x0: x, y0: y, x1: x + image.width, y1: y + image.height };
      loaded.outdate(changedPixels(change, picture, { width, height }));
    });
    return () => {
      stop();
      loaded.close();
      cancelAnimationFrame(frame);
    };
  }, [load, picture, width, height]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another render may differ where the small picture does not
  useEffect(() => tiles.current?.outdate(null), [renders]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new result is loaded, too
  useEffect(() => {
    const photo = { width, height };
    // Until the result is final, what it no longer shows is dropped, and nothing is loaded.
    if (final) tiles.current?.want(visibleTiles(view, pane, picture, photo));
    draw.current = () => {
      if (ref.current && tiles.current) paint(ref.current, tiles.current, get().view, pane, picture, photo, from);
    };
    draw.current();
  }, [view, pane, picture, width, height, from, final, renders]);
  return <canvas ref={ref} className="photo-pixels" data-layer="photo-pixels" />;
}

/** Draw the tiles, each pixel of the photo as a square of whole pixels of the screen. */
function paint(
  canvas: HTMLCanvasElement,
  tiles: Tiles<ImageBitmap>,
  view: View,
  pane: Size,
  drawing: Size,
  photo: Size,
  from: number,
): void {
  const ratio = devicePixelRatio;
  canvas.width = Math.round(pane.width * ratio);
  canvas.height = Math.round(pane.height * ratio);
  canvas.style.width = `${canvas.width / ratio}px`;
  canvas.style.height = `${canvas.height / ratio}px`;
  canvas.dataset.complete = `${tiles.complete}`;
  const context = canvas.getContext("2d");
  if (!context) return;
  // Sides of a drawing are rounded, so its proportions are not quite the photo's, whose pixels are shown as squares.
  const scale = photoZoom(view, drawing, photo);
  const start = (side: number, centre: number, whole: number) =>
    Math.round((side * ratio) / 2 - centre * whole * scale);
  const x = start(pane.width, view.x / drawing.width, photo.width);
  const y = start(pane.height, view.y / drawing.height, photo.height);
  const right = (column: number) => x + Math.round(column * scale);
  const below = (row: number) => y + Math.round(row * scale);
  if (from > 0) {
    const edge = right(from * photo.width);
    context.beginPath();
    context.rect(edge, 0, canvas.width - edge, canvas.height);
    context.clip();
  }
  context.imageSmoothingEnabled = false;
  for (const { rect, image } of tiles.shown) {
    const [left, top] = [right(rect.x0), below(rect.y0)];
    context.drawImage(image, left, top, right(rect.x1) - left, below(rect.y1) - top);
  }
}
