import type { components } from "../api/schema";
import { type Affine, IDENTITY } from "../raster/affine";
import type { OriginData } from "../raster/origin";
import type { Point } from "../raster/plane";
import type { Rect } from "../raster/rect";
import type { Drawing } from "./drawing";
import { bytesPerPixel, LAYER_TYPES, type LayerName, type PlaneName } from "./layers";

type Schemas = components["schemas"];
export type ObjectsHeader = Schemas["Objects"];
export type ContentHeader = Schemas["Content"];

/** Pixels of a rectangle that never change: an object before any transform, or what lies below all objects. */
export interface Content {
  readonly id: string;
  /** Where they were in the drawing that they come from. */
  readonly rect: Rect;
  readonly mask: Uint8Array;
  /** Values of layers, as planes have them. */
  readonly planes: Readonly<Partial<Record<LayerName, Uint8Array>>>;
  /** Null where lines alone were taken, so that the photo stays. */
  readonly origin: OriginData | null;
}

/** Handles of a warp: where they are in the content, and where they were dragged to. */
export interface Warp {
  readonly from: readonly Point[];
  readonly to: readonly Point[];
}

/** An object in the drawing. It never changes: a move makes another one with the same id. */
export interface Placed {
  readonly id: string;
  readonly name: string;
  readonly content: Content;
  readonly visible: boolean;
  readonly matrix: Affine;
  readonly warp: Warp | null;
  readonly pivot: Point;
}

/** The objects of a drawing, from the bottom to the top, and what lies below them where they change anything. */
export interface Objects {
  readonly placed: readonly Placed[];
  readonly below: Content | null;
}

export const NO_OBJECTS: Objects = { placed: [], below: null };

/** The server takes no more. */
export const MOST_OBJECTS = 64;
const LONGEST_NAME = 60;
/** Contents that are kept though no object refers to them: those of the largest list, and of a few steps before it. */
const REMEMBERED = 2 * MOST_OBJECTS;

/** A random id: 16 hexadecimal digits. */
export function newId(): string {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function named(name: string): string {
  return [...name.trim()].slice(0, LONGEST_NAME).join("") || "Object";
}

export function unplaced(content: Content, name: string): Placed {
  return { id: newId(), name: named(name), content, visible: true, matrix: IDENTITY, warp: null, pivot: CENTRE };
}

const CENTRE: Point = { x: 0.5, y: 0.5 };

/** All contents that objects refer to. */
function contentsOf({ placed, below }: Objects): Content[] {
  return [...new Set([...(below ? [below] : []), ...placed.map(({ content }) => content)])];
}

/** What a message says of changed objects: only contents that the server lacks. */
export interface ObjectsData {
  objects: ObjectsHeader;
  contents: ContentHeader[];
  bytes: Uint8Array[];
}

/**
 * The objects of an open drawing. Like its layers, there are those that are shown and those that the server has.
 */
export class ObjectList {
  private now: Objects = NO_OBJECTS;
  private sent: Objects = NO_OBJECTS;
  /** The last contents that were seen: what the server answers may be about objects that were changed meanwhile. */
  private readonly seen = new Map<string, Content>();
  private readonly listeners = new Set<() => void>();

  get current(): Objects {
    return this.now;
  }

  /** Whether they were changed since the last `take`. */
  get changed(): boolean {
    return this.now !== this.sent;
  }

  find(id: string | undefined): Placed | undefined {
    return id === undefined ? undefined : this.now.placed.find((placed) => placed.id === id);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Objects that the drawing has been made to contain. */
  set(objects: Objects): void {
    if (objects === this.now) return;
    this.now = objects.placed.length ? objects : NO_OBJECTS;
    for (const listener of this.listeners) listener();
  }

  revert(): void {
    this.set(this.sent);
  }

  /** What the server lacks; from now on it is assumed to have it. Null if that is nothing. */
  take(drawing: Drawing): ObjectsData | null {
    if (!this.changed) return null;
    const known = new Set(contentsOf(this.sent));
    const fresh = contentsOf(this.now).filter((content) => !known.has(content));
    this.remember(contentsOf(this.sent));
    this.sent = this.now;
    return {
      objects: {
        below: this.now.below?.id ?? null,
        placed: this.now.placed.map((placed) => ({
          id: placed.id,
          name: placed.name,
          content: placed.content.id,
          visible: placed.visible,
          matrix: [...placed.matrix],
          pivot: [placed.pivot.x, placed.pivot.y],
          warp: placed.warp?.from.map((p, i) => pair(p, placed.warp!.to[i])) ?? [],
        })),
      },
      contents: fresh.map((content) => headerOf(content)),
      bytes: fresh.flatMap((content) => bytesOf(content, drawing)),
    };
  }

  /** Objects from the server. False if one of their contents is missing: then the drawing must be loaded again. */
  receive(objects: ObjectsHeader, contents: readonly Content[]): boolean {
    this.remember(contentsOf(this.sent));
    const given = new Map([...contentsOf(this.now), ...contents].map((content) => [content.id, content]));
    const content = (id: string) => given.get(id) ?? this.seen.get(id);
    const below = objects.below ? content(objects.below) : null;
    const placed = (objects.placed ?? []).map((one) => ({ ...one, content: content(one.content) }));
    if (below === undefined || placed.some((one) => !one.content)) return false;
    const received: Objects = {
      below,
      placed: placed.map(({ id, name, content, visible, matrix, pivot, warp }) => ({
        id,
        name,
        content: content!,
        visible,
        matrix: matrix as Affine,
        pivot: point(pivot),
        warp: warp.length ? { from: warp.map(([from]) => point(from)), to: warp.map(([, to]) => point(to)) } : null,
      })),
    };
    this.sent = received.placed.length ? received : NO_OBJECTS;
    this.set(received);
    return true;
  }

  private remember(contents: readonly Content[]): void {
    for (const content of contents) {
      this.seen.delete(content.id);
      this.seen.set(content.id, content);
    }
    for (const id of this.seen.keys()) {
      if (this.seen.size <= REMEMBERED) break;
      this.seen.delete(id);
    }
  }
}

function point([x, y]: readonly [number, number]): Point {
  return { x, y };
}

function pair(from: Point, to: Point): [[number, number], [number, number]] {
  return [
    [from.x, from.y],
    [to.x, to.y],
  ];
}

function headerOf({ id, rect, planes, origin }: Content): ContentHeader {
  const layers: PlaneName[] = LAYER_TYPES.map(({ name }) => name).filter((name) => planes[name]);
  return {
    id,
    x: rect.x0,
    y: rect.y0,
    width: rect.x1 - rect.x0,
    height: rect.y1 - rect.y0,
    layers: origin ? [...layers, "origin"] : layers,
    pieces: origin ? [...origin.pieces] : [],
  };
}

function bytesOf({ mask, planes, origin }: Content, drawing: Drawing): Uint8Array[] {
  const layers = LAYER_TYPES.filter(({ name }) => planes[name]);
  return [mask, ...layers.map((type) => drawing.encode(type, planes[type.name]!)), ...(origin ? [origin.bytes] : [])];
}

/** The contents of a message, whose pixels come last. */
export function splitContents(headers: readonly ContentHeader[], body: Uint8Array, drawing: Drawing): Content[] {
  const sizes = headers.map(({ width, height, layers }) => {
    return width * height * layers.reduce((sum, name) => sum + bytesPerPixel(name), 1);
  });
  let at = body.length - sizes.reduce((sum, size) => sum + size, 0);
  return headers.map(({ id, x, y, width, height, layers, pieces }) => {
    const take = (channels: number) => body.slice(at, (at += width * height * channels));
    const mask = take(1);
    const planes: Partial<Record<LayerName, Uint8Array>> = {};
    let origin: OriginData | null = null;
    for (const name of layers) {
      const bytes = take(bytesPerPixel(name));
      if (name === "origin") origin = { bytes, pieces: pieces ?? [] };
      else planes[name] = drawing.decode(name, bytes, width, height);
    }
    return { id, rect: { x0: x, y0: y, x1: x + width, y1: y + height }, mask, planes, origin };
  });
}
