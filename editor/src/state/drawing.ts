import { copyRect, crop, difference, mergeRect, pasteRect } from "../raster/copy";
import { ColourIndex } from "../raster/indexed";
import { Origin } from "../raster/origin";
import type { Rgb } from "../raster/palette";
import type { Piece } from "../raster/pieces";
import { clonePlane, createPlane, type Plane } from "../raster/plane";
import { EMPTY, frame, isEmpty, type Rect, union } from "../raster/rect";
import { absorbed } from "./absorbing";
import { known, shown } from "./composing";
import { LAYER_TYPES, type Layer, type LayerName, type LayerRole, type LayerType, type PlaneName } from "./layers";
import { type Margins, NO_MARGINS } from "./margins";
import { ObjectList } from "./objects";

export interface LayerData {
  name: PlaneName;
  channels: number;
  bytes: Uint8Array;
  /** Those that an origin refers to. */
  pieces?: readonly Piece[];
}

export interface PatchData {
  layer: PlaneName;
  rect: Rect;
  bytes: Uint8Array;
  /** Those that an origin refers to. */
  pieces?: readonly Piece[];
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
  readonly margins: Margins;
  /** From the bottom to the top. */
  readonly layers: readonly Layer[];
  readonly labels: Plane | null;
  readonly edges: Plane | null;
  readonly marks: Plane;
  /** Where in the photo its pixels come from. */
  readonly origin: Origin;
  /** Parts that were placed and can be placed anew. */
  readonly objects = new ObjectList();
  /** Called before pixels from the server are written: whoever holds a copy of the drawing must write it back first. */
  beforeReceive: (() => void) | null = null;
  private readonly palette = new ColourIndex();
  private touched: Rect = EMPTY;
  private readonly listeners = new Set<Listener>();

  constructor(width: number, height: number, layers: readonly LayerData[], margins: Margins = NO_MARGINS) {
    this.width = width;
    this.height = height;
    this.margins = margins;
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
    const origin = layers.find(({ name }) => name === "origin");
    this.origin = new Origin(width, height, origin ? { pieces: [], ...origin } : null);
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
    this.origin.revert(rect);
    this.objects.revert();
    for (const listener of this.listeners) listener(rect);
    this.touched = EMPTY;
  }

  /** The patches that bring the server up to date; from now on it is assumed to have them. */
  take(): PatchData[] {
    this.markDrawn();
    // Whoever has changed the objects has said what belongs to them.
    if (!this.objects.changed) {
      this.objects.set(absorbed(this, this.objects.current, known(this), shown(this), this.touched));
    }
    const patches: PatchData[] = [];
    for (const { type, plane, base } of this.layers) {
      const rect = difference(plane, base, this.touched);
      if (isEmpty(rect)) continue;
      copyRect(plane, base, rect);
      patches.push({ layer: type.name, rect, bytes: type.encode(crop(plane, rect), this.palette) });
    }
    const origin = this.origin.take(this.touched);
    if (origin) patches.push({ layer: "origin", ...origin });
    if (!this.beforeReceive) this.origin.compact();
    this.touched = EMPTY;
    return patches;
  }

  /** Where the drawing changed though nothing was moved there, it was drawn. */
  private markDrawn(): void {
    const { x0, y0, x1, y1 } = this.touched;
    for (const { type, plane, base } of this.layers) {
      if (type.role === "marks" || type.ofPhoto) continue;
      for (let y = y0; y < y1; y++) {
        for (let i = y * this.width + x0, end = i + x1 - x0; i < end; i++) {
          if (plane.data[i] !== base.data[i]) this.origin.draw(i);
        }
      }
    }
  }

  /** Pixels from the server. What a tool is drawing at the moment is kept, unless the same pixel changed. */
  receive(patch: PatchData): void {
    this.beforeReceive?.();
    const { rect } = patch;
    const merge = !isEmpty(this.touched);
    if (patch.layer === "origin") this.origin.receive(rect, { pieces: [], ...patch }, merge);
    const layer = this.layers.find(({ type }) => type.name === patch.layer);
    if (!layer) return;
    const { type, plane, base } = layer;
    const values = type.decode(patch.bytes, rect.x1 - rect.x0, rect.y1 - rect.y0, this.palette).data;
    if (merge) mergeRect(plane, base, rect, values);
    else pasteRect(plane, rect, values);
    pasteRect(base, rect, values);
    for (const listener of this.listeners) listener(rect);
  }

  /** Bytes of a layer from the server as values. */
  decode(name: LayerName, bytes: Uint8Array, width: number, height: number): Uint8Array {
    return LAYER_TYPES.find((type) => type.name === name)!.decode(bytes, width, height, this.palette).data;
  }

  /** Values of a layer as bytes for the server. */
  encode(type: LayerType, values: Uint8Array): Uint8Array {
    return type.encode(values, this.palette);
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
