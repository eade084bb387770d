import type { Rect } from "../raster/rect";
import type { View } from "../state/store";
import type { Size } from "./viewport";

/** The side of the squares in which the server paints the photo, in its pixels: small, so that the first is soon there. */
export const TILE = 256;
/** Parts that are loaded at once, and the pause before a refused one is asked for again. */
const PARALLEL = 2;
const PAUSE_MS = 400;
/** How far around a change the result may change, in pixels of the drawing. */
const MARGIN = 6;

/** Screen pixels per pixel of the photo; 1 is 100 %. */
export function photoZoom(view: View, drawing: Size, photo: Size): number {
  return (view.zoom * (globalThis.devicePixelRatio ?? 1) * drawing.width) / photo.width;
}

/** Whether every pixel of the photo has at least one of the screen. */
export function showsPhotoPixels(view: View, drawing: Size, photo: Size): boolean {
  return photoZoom(view, drawing, photo) > 0.999;
}

/** The tiles that a pane shows, those in the middle first. */
export function visibleTiles(view: View, pane: Size, drawing: Size, photo: Size): Rect[] {
  const tiles: Rect[] = [];
  const range = (centre: number, side: number, from: number, to: number) => {
    const [middle, half] = [(centre * to) / from, ((side / 2 / view.zoom) * to) / from + 1];
    return [Math.max(0, Math.floor((middle - half) / TILE)), Math.min(to, middle + half)];
  };
  const [left, right] = range(view.x, pane.width, drawing.width, photo.width);
  const [top, bottom] = range(view.y, pane.height, drawing.height, photo.height);
  for (let y = top * TILE; y < bottom; y += TILE) {
    for (let x = left * TILE; x < right; x += TILE) {
      tiles.push({ x0: x, y0: y, x1: Math.min(x + TILE, photo.width), y1: Math.min(y + TILE, photo.height) });
    }
  }
  const [x, y] = [(view.x * photo.width) / drawing.width, (view.y * photo.height) / drawing.height];
  const distance = (r: Rect) => Math.hypot((r.x0 + r.x1) / 2 - x, (r.y0 + r.y1) / 2 - y);
  return tiles.sort((a, b) => distance(a) - distance(b));
}

/** A changed rectangle of the drawing, in pixels of the photo and with all that may change with it. */
export function changedPixels(change: Rect, drawing: Size, photo: Size): Rect {
  const [x, y] = [photo.width / drawing.width, photo.height / drawing.height];
  return {
    x0: (change.x0 - MARGIN) * x,
    y0: (change.y0 - MARGIN) * y,
    x1: (change.x1 + MARGIN) * x,
    y1: (change.y1 + MARGIN) * y,
  };
}

interface Tile<Image> {
  rect: Rect;
  image: Image;
  /** Whether it is of the newest result. An old one is shown until the new one is there. */
  fresh: boolean;
}

/** The parts of the result that were loaded at the photo's size. */
export class Tiles<Image> {
  private readonly tiles = new Map<string, Tile<Image>>();
  private readonly loading = new Map<string, AbortController>();
  private wanted: Rect[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly load: (rect: Rect, signal: AbortSignal) => Promise<Image>;
  private readonly changed: () => void;

  constructor(load: (rect: Rect, signal: AbortSignal) => Promise<Image>, changed: () => void) {
    this.load = load;
    this.changed = changed;
  }

  /** The tiles to show. */
  get shown(): Tile<Image>[] {
    return [...this.tiles.values()];
  }

  /** Whether everything wanted is there and new. */
  get complete(): boolean {
    return this.wanted.length > 0 && this.wanted.every((rect) => this.tiles.get(key(rect))?.fresh);
  }

  /** Load these tiles in this order, and no others; tiles that are not wanted are forgotten. */
  want(rects: Rect[]): void {
    this.wanted = rects;
    const keys = new Set(rects.map(key));
    this.abort((at) => !keys.has(at));
    for (const at of this.tiles.keys()) if (!keys.has(at)) this.tiles.delete(at);
    this.next();
  }

  /** There is a newer result, which differs in a rectangle: what was loaded there no longer shows it. */
  outdate(change: Rect | null): void {
    this.abort(() => true);
    for (const [at, tile] of this.tiles) {
      tile.fresh = false;
      if (change && touches(tile.rect, change)) this.tiles.delete(at);
    }
    this.changed();
  }

  private abort(which: (at: string) => boolean): void {
    for (const [at, request] of this.loading) {
      if (!which(at)) continue;
      request.abort();
      this.loading.delete(at);
    }
  }

  private next(): void {
    for (const rect of this.wanted) {
      if (this.loading.size >= PARALLEL) return;
      if (!this.loading.has(key(rect)) && !this.tiles.get(key(rect))?.fresh) void this.fetch(rect);
    }
  }

  private async fetch(rect: Rect): Promise<void> {
    const request = new AbortController();
    this.loading.set(key(rect), request);
    try {
      const image = await this.load(rect, request.signal);
      if (request.signal.aborted) return;
      this.tiles.set(key(rect), { rect, image, fresh: true });
      this.changed();
    } catch {
      // Refused because the result is being made, or the server is away: asked for again while it is wanted.
      if (request.signal.aborted) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.next(), PAUSE_MS);
      return;
    } finally {
      if (this.loading.get(key(rect)) === request) this.loading.delete(key(rect));
    }
    this.next();
  }

  close(): void {
    clearTimeout(this.timer);
    this.want([]);
  }
}

function key(rect: Rect): string {
  return `${rect.x0},${rect.y0}`;
}

function touches(a: Rect, b: Rect): boolean {
  return a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;
}
