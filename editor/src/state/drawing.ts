import { copyRect, cropBytes, difference, pasteBytes } from "../raster/copy";
import { ColourIndex } from "../raster/indexed";
import type { Rgb } from "../raster/palette";
import { clonePlane, createPlane, type Plane } from "../raster/plane";
import { EMPTY, frame, isEmpty, type Rect, union } from "../raster/rect";

export type LayerName = "segments" | "edges" | "colours" | "marks";

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

type Role = "labels" | "edges" | "marks";
type Listener = (rect: Rect) => void;

/**
 * The drawing: what is on screen (`labels`, `edges`, `marks`), and beside it what the server knows (`base`). A tool writes
 * on the former and calls `touch`; `take` turns the difference into patches, `revert` forgets it.
 *
 * A painting (`colours`) is held as positions in a palette, as labels are, and becomes RGB only on its way to the server.
 */
export class Drawing {
  readonly width: number;
  readonly height: number;
  readonly labels: Plane | null;
  readonly edges: Plane | null;
  readonly marks: Plane;
  readonly base: { labels: Plane | null; edges: Plane | null; marks: Plane };
  /** Set for paintings alone: their palette, which grows freely. */
  readonly painting: ColourIndex | null;
  /** Called before pixels from elsewhere come in: who holds a copy of the drawing has to let go of it first. */
  beforeReceive: (() => void) | null = null;
  private touched: Rect = EMPTY;
  private readonly listeners = new Set<Listener>();

  constructor(width: number, height: number, layers: readonly LayerData[]) {
    this.width = width;
    this.height = height;
    const find = (name: LayerName) => layers.find((layer) => layer.name === name);
    const colours = find("colours");
    const segments = find("segments");
    const edges = find("edges");
    this.painting = colours ? new ColourIndex() : null;
    this.labels = colours
      ? this.painting!.encode(colours.bytes, width, height)
      : segments
        ? createPlane(width, height, segments.bytes)
        : null;
    this.edges = edges ? createPlane(width, height, edges.bytes) : null;
    this.marks = createPlane(width, height, find("marks")?.bytes);
    this.base = {
      labels: this.labels && clonePlane(this.labels),
      edges: this.edges && clonePlane(this.edges),
      marks: clonePlane(this.marks),
    };
  }

  get frame(): Rect {
    return frame(this);
  }

  /** What has been touched since the last `take` or `revert`. */
  get pending(): Rect {
    return this.touched;
  }

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Say that pixels changed. */
  touch(rect: Rect): void {
    if (isEmpty(rect)) return;
    this.touched = union(this.touched, rect);
    for (const listener of this.listeners) listener(rect);
  }

  /** Show everything anew, for instance in other colours. */
  repaint(): void {
    for (const listener of this.listeners) listener(this.frame);
  }

  /** Back to what the server knows, in a rectangle or wherever something was touched. */
  revert(rect: Rect = this.touched): void {
    for (const [live, base] of this.pairs()) copyRect(base, live, rect);
    for (const listener of this.listeners) listener(rect);
    if (rect === this.touched) this.touched = EMPTY;
  }

  /** The patches that bring the server up to date; from now on it is taken to know them. */
  take(): PatchData[] {
    const patches: PatchData[] = [];
    for (const [live, base, role] of this.pairs()) {
      const rect = difference(live, base, this.touched);
      if (isEmpty(rect)) continue;
      copyRect(live, base, rect);
      const bytes = cropBytes(live, rect);
      const painted = role === "labels" && this.painting;
      patches.push({ layer: this.layerName(role), rect, bytes: painted ? painted.decode(bytes) : bytes });
    }
    this.touched = EMPTY;
    return patches;
  }

  /** Pixels from the server. What a tool is drawing at the moment is kept, unless the same pixel changed. */
  receive(patch: PatchData): void {
    this.beforeReceive?.();
    const role: Role = patch.layer === "segments" || patch.layer === "colours" ? "labels" : patch.layer;
    const pair = this.pairs().find(([, , name]) => name === role);
    if (!pair) return;
    const [live, base] = pair;
    const { rect } = patch;
    const width = rect.x1 - rect.x0;
    const bytes =
      patch.layer === "colours" ? this.painting!.encode(patch.bytes, width, rect.y1 - rect.y0).data : patch.bytes;
    if (isEmpty(this.touched)) {
      pasteBytes(live, rect, bytes);
    } else {
      for (let k = 0; k < bytes.length; k++) {
        const i = (rect.y0 + Math.floor(k / width)) * this.width + rect.x0 + (k % width);
        if (bytes[k] !== base.data[i]) live.data[i] = bytes[k];
      }
    }
    pasteBytes(base, rect, bytes);
    for (const listener of this.listeners) listener(rect);
  }

  /** Colours of the painting's palette, or null where labels have names and colours of their own. */
  get paintingColours(): readonly Rgb[] | null {
    return this.painting ? this.painting.colours : null;
  }

  private layerName(role: Role): LayerName {
    if (role === "labels") return this.painting ? "colours" : "segments";
    return role;
  }

  private pairs(): [live: Plane, base: Plane, role: Role][] {
    const pairs: [Plane, Plane, Role][] = [[this.marks, this.base.marks, "marks"]];
    if (this.edges && this.base.edges) pairs.unshift([this.edges, this.base.edges, "edges"]);
    if (this.labels && this.base.labels) pairs.unshift([this.labels, this.base.labels, "labels"]);
    return pairs;
  }
}
