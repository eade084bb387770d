import { rgbPixels } from "../raster/compose";
import { createPlane } from "../raster/plane";
import { frame, intersect, isEmpty, type Rect } from "../raster/rect";

type Listener = (image: ImageData, x: number, y: number) => void;

/** The newest render, kept whole so that a canvas can be mounted at any time. */
export class Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
  empty = true;
  private readonly listeners = new Set<Listener>();

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.rgb = new Uint8Array(width * height * 3);
  }

  /** A picture of another size with what one before showed, moved; the same one if nothing has changed. */
  static resized(before: Picture | null, width: number, height: number, dx: number, dy: number): Picture {
    if (before?.width === width && before.height === height && !dx && !dy) return before;
    const after = new Picture(width, height);
    if (!before || before.empty) return after;
    after.rgb.fill(128);
    const rect = intersect({ x0: dx, y0: dy, x1: dx + before.width, y1: dy + before.height }, frame(after));
    for (let y = rect.y0; y < rect.y1; y++) {
      const from = 3 * ((y - dy) * before.width + rect.x0 - dx);
      after.rgb.set(before.rgb.subarray(from, from + 3 * (rect.x1 - rect.x0)), 3 * (y * width + rect.x0));
    }
    after.empty = isEmpty(rect);
    return after;
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    if (!this.empty) listener(rgbPixels(this.rgb, this.width, this.height), 0, 0);
    return () => this.listeners.delete(listener);
  }

  put(rect: Rect, bytes: Uint8Array): void {
    const width = rect.x1 - rect.x0;
    const height = rect.y1 - rect.y0;
    createPlane(width * 3, height, bytes);
    for (let y = 0; y < height; y++) {
      this.rgb.set(bytes.subarray(3 * y * width, 3 * (y + 1) * width), 3 * ((rect.y0 + y) * this.width + rect.x0));
    }
    this.empty = false;
    const image = rgbPixels(bytes, width, height);
    for (const listener of this.listeners) listener(image, rect.x0, rect.y0);
  }
}
