import { type Affine, apply, IDENTITY, multiply, translation } from "../raster/affine";
import { copyRect } from "../raster/copy";
import { closeHole } from "../raster/hole";
import { bounds } from "../raster/mask";
import { clonePlane, type Plane, type Point } from "../raster/plane";
import { EMPTY, type Rect, union } from "../raster/rect";
import { cutOut, layDown, type Piece, type Placement, placeAffine, placeWarp } from "../raster/transform";
import type { Drawing } from "../state/drawing";
import { get, type Selection, set } from "../state/store";
import { Step } from "./tool";

/** A piece of the drawing in hand: lifted once, laid down anew at every move, always from its original pixels. */
export class Floating {
  readonly piece: Piece;
  matrix: Affine = IDENTITY;
  /** Handles of a warp: where they sat in the piece, and where they are. */
  warp: { from: Point[]; to: Point[] } | null = null;
  readonly drawing: Drawing;
  private readonly selection: Selection;
  private readonly original: { labels: Plane | null; edges: Plane | null; marks: Plane };
  private readonly under: { labels: Plane | null; edges: Plane | null; marks: Plane };
  private readonly step: Step;
  private landed: Plane;
  private last: Rect;
  private moved = false;

  constructor(drawing: Drawing, selection: Selection, title: string, keepSource: boolean) {
    const { layers } = get();
    const edges = layers.edges.locked ? null : drawing.edges;
    const labels = selection.scope === "both" && !layers.labels.locked ? drawing.labels : null;
    this.drawing = drawing;
    this.selection = selection;
    this.step = new Step(title);
    this.piece = cutOut(selection.mask, labels, edges);
    const copy = (plane: Plane | null) => plane && clonePlane(plane);
    this.original = { labels: copy(labels), edges: copy(edges), marks: clonePlane(drawing.marks) };
    this.under = { labels: copy(labels), edges: copy(edges), marks: clonePlane(drawing.marks) };
    if (!keepSource) empty(this.under, selection.mask);
    this.landed = selection.mask;
    this.last = this.piece.box;
  }

  transform(matrix: Affine): void {
    this.matrix = matrix;
    this.warp = null;
    const placement = placeAffine(this.piece, matrix);
    if (placement) this.place(placement);
  }

  /** Begin a warp with a grid of handles, from where the piece is now. */
  beginWarp(side: number): void {
    const { x0, y0, x1, y1 } = this.piece.box;
    const from: Point[] = [];
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        from.push({ x: x0 + ((x1 - x0) * column) / (side - 1), y: y0 + ((y1 - y0) * row) / (side - 1) });
      }
    }
    this.warp = { from, to: from.map((p) => apply(this.matrix, p.x, p.y)) };
  }

  dragHandle(index: number, to: Point): void {
    if (!this.warp) return;
    this.warp.to[index] = to;
    try {
      const placement = placeWarp(this.piece, this.warp.from, this.warp.to);
      if (placement) this.place(placement);
    } catch (error) {
      // Handles laid on each other have no spline; the last good shape stays.
      if (!(error instanceof RangeError)) throw error;
    }
  }

  shift(dx: number, dy: number): void {
    this.transform(multiply(translation(dx, dy), this.matrix));
  }

  /** Let the picture follow. */
  follow(): void {
    if (this.moved) this.step.during();
  }

  /** The pen was lifted, though the piece is still in hand. */
  rest(): void {
    if (this.moved) this.step.flush();
  }

  /** Lay it down for good. */
  apply(): void {
    if (this.moved) {
      this.step.flush();
      set({ selection: { ...this.selection, mask: this.landed } });
    }
  }

  cancel(): void {
    this.copyBack(this.original, union(this.last, this.piece.box));
    this.step.cancel();
    set({ selection: this.selection });
  }

  private place(placement: Placement): void {
    this.copyBack(this.under, union(this.last, this.piece.box));
    const { piece, drawing } = this;
    const { landed, rect } = layDown(piece, placement, piece.labels && drawing.labels, piece.edges && drawing.edges);
    if (piece.labels) {
      for (let y = rect.y0; y < rect.y1; y++) {
        for (let i = y * drawing.width + rect.x0, end = i + rect.x1 - rect.x0; i < end; i++) {
          if (landed.data[i]) drawing.marks.data[i] = 0;
        }
      }
    }
    this.landed = landed;
    this.last = rect;
    this.moved = true;
    drawing.touch(union(rect, piece.box));
  }

  private copyBack(from: Floating["under"], rect: Rect): void {
    const { drawing } = this;
    if (from.labels && drawing.labels) copyRect(from.labels, drawing.labels, rect);
    if (from.edges && drawing.edges) copyRect(from.edges, drawing.edges, rect);
    copyRect(from.marks, drawing.marks, rect);
    drawing.touch(rect);
  }
}

/** Take what a mask covers out of planes: no lines, labels closed from around it and marked until accepted. */
export function empty(planes: { labels: Plane | null; edges: Plane | null; marks: Plane }, mask: Plane): Rect {
  const rect = bounds(mask);
  if (planes.labels) closeHole(planes.labels, mask);
  for (let i = 0; i < mask.data.length; i++) {
    if (!mask.data[i]) continue;
    if (planes.labels) planes.marks.data[i] = 1;
    if (planes.edges) planes.edges.data[i] = 0;
  }
  return rect;
}

let current: Floating | null = null;

export function floating(): Floating | null {
  // A drawing that was loaded anew has nothing to do with what was lifted from the old one.
  if (current && current.drawing !== get().drawing) current = null;
  return current;
}

/** Lift the selection. `duplicate` leaves the original where it is. */
export function lift(title = "Move selection", duplicate = false): Floating | null {
  settle();
  const { drawing, selection } = get();
  if (!drawing || !selection || bounds(selection.mask) === EMPTY) return null;
  current = new Floating(drawing, selection, title, duplicate);
  drawing.beforeReceive = settle;
  set({ floating: "transform" });
  return current;
}

function release(): Floating | null {
  const piece = floating();
  current = null;
  if (piece) piece.drawing.beforeReceive = null;
  return piece;
}

/** Lay down what is in hand, if anything is. */
export function settle(): void {
  const piece = release();
  if (piece) {
    piece.apply();
    set({ floating: "none" });
  }
}

export function drop(): void {
  const piece = release();
  if (piece) {
    piece.cancel();
    set({ floating: "none" });
  }
}

/** The drawing was replaced: what is in hand belongs to nothing any more. */
export function abandon(): void {
  current = null;
  set({ floating: "none" });
}
