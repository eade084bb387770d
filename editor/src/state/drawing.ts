import { copyRect, cropBytes, difference, pasteBytes } from "../raster/copy";
import { ColourIndex } from "../raster/indexed";
import type { Rgb } from "../raster/palette";
import { clonePlane, createPlane, type Plane } from "../raster/plane";
import { EMPTY, frame, isEmpty, type Rect, union } from "../raster/rect";
import { LAYER_TYPES, type Layer, type LayerName, type LayerRole } from "./layers";

export type { LayerName } from "./layers";

export interface LayerData {
  name: LayerName;
  channels: number;
  bytes: Uint8Array;
}

export interface PatchData {
  layer: LayerName;
  rect: Rect;
  bytes: Uint8Array;
}

type Listener = (rect: Rect) => void;

/**
 * The drawing. Each layer has a plane that is shown and a base, which is what the server has. A tool writes to the planes
 * and calls `touch`; `take` turns the difference into patches, `revert` discards it.
 *
 * A painting (`colours`) is held as positions in a palette, like labels, and becomes RGB only on its way to the server.
 */
export class Drawing {
  readonly width: number;
  readonly height: number;
  /** From the bottom to the top. */
  readonly layers: readonly Layer[];
  readonly labels: Plane | null;
  readonly edges: Plane | null;
  readonly marks: Plane;
  /** Called before pixels from the server are written: whoever holds a copy of the drawing must write it back first. */
  beforeReceive: (() => void) | null = null;
  private readonly palette = new ColourIndex();
  private touched: Rect = EMPTY;
  private readonly listeners = new Set<Listener>();

  constructor(width: number, height: number, layers: readonly LayerData[]) {
    this.width = width;
    this.height = height;
    this.layers = LAYER_TYPES.flatMap((type) => {
      const given = layers.find(({ name }) => name === type.name);
      if (!given && type.name !== "marks") return [];
      const plane = given
        ? type.decode(given.bytes, width, height, this.palette)
        : createPlane(width, height, new Uint8Array(width * height).fill(type.blank));
      return { type, plane, base: clonePlane(plane) };
    });
    this.labels = this.layer("labels")?.plane ?? null;
    this.edges = this.layer("edges")?.plane ?? null;
    this.marks = this.layer("marks")!.plane;
  }

  layer(role: LayerRole): Layer | undefined {
    return this.layers.find(({ type }) => type.role === role);
  }

  get frame(): Rect {
    return frame(this);
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Report that pixels changed. */
  touch(rect: Rect): void {
    if (isEmpty(rect)) return;
    this.touched = union(this.touched, rect);
    for (const listener of this.listeners) listener(rect);
  }

  /** Show everything again, for instance in other colours. */
  repaint(): void {
    for (const listener of this.listeners) listener(this.frame);
  }

  /** Discard what was touched since the last `take`. */
  revert(): void {
    const rect = this.touched;
    for (const { plane, base } of this.layers) copyRect(base, plane, rect);
    for (const listener of this.listeners) listener(rect);
    this.touched = EMPTY;
  }

  /** The patches that bring the server up to date; from now on it is assumed to have them. */
  take(): PatchData[] {
    const patches: PatchData[] = [];
    for (const { type, plane, base } of this.layers) {
      const rect = difference(plane, base, this.touched);
      if (isEmpty(rect)) continue;
      copyRect(plane, base, rect);
      patches.push({ layer: type.name, rect, bytes: type.encode(cropBytes(plane, rect), this.palette) });
    }
    this.touched = EMPTY;
    return patches;
  }

  /** Pixels from the server. What a tool is drawing at the moment is kept, unless the same pixel changed. */
  receive(patch: PatchData): void {
    this.beforeReceive?.();
    const layer = this.layers.find(({ type }) => type.name === patch.layer);
    if (!layer) return;
    const { type, plane, base } = layer;
    const { rect } = patch;
    const width = rect.x1 - rect.x0;
    const values = type.decode(patch.bytes, width, rect.y1 - rect.y0, this.palette).data;
    if (isEmpty(this.touched)) {
      pasteBytes(plane, rect, values);
    } else {
      for (let k = 0; k < values.length; k++) {
        const i = (rect.y0 + Math.floor(k / width)) * this.width + rect.x0 + (k % width);
        if (values[k] !== base.data[i]) plane.data[i] = values[k];
      }
    }
    pasteBytes(base, rect, values);
    for (const listener of this.listeners) listener(rect);
  }

  /** Whether this is a painting: its palette grows freely, and its colours have no names. */
  get isPainting(): boolean {
    return this.layer("labels")?.type.name === "colours";
  }

  /** Colours of the painting's palette, or null where labels have names and colours of their own. */
  get paintingColours(): readonly Rgb[] | null {
    return this.isPainting ? this.palette.colours : null;
  }

  /** The position of a colour in a painting's palette; it is added if it is new. */
  colourPosition([r, g, b]: Rgb): number {
    return this.palette.position(r, g, b);
  }
}
