import { type Affine, IDENTITY, multiply, translation } from "../raster/affine";
import { copyRect } from "../raster/copy";
import { fillMask } from "../raster/fill";
import { bounds } from "../raster/mask";
import { type OriginPlane, REMOVED } from "../raster/origin";
import { clonePlane, type Plane, type Point } from "../raster/plane";
import { EMPTY, type Rect, union } from "../raster/rect";
import { type Cutout, cutOut, type Placement, placeAffine, placeWarp, transformCutout } from "../raster/transform";
import type { Drawing } from "../state/drawing";
import type { Layer, LayerType } from "../state/layers";
import { get, type Selection, set, useStudio } from "../state/store";
import { LiveStep } from "./tool";

export type FloatingMode = "move" | "transform" | "warp";

/** Handles of a warp: where they are in the cutout, and where they were dragged to. */
interface Warp {
  from: Point[];
  to: Point[];
}

interface Pose {
  mode: FloatingMode;
  matrix: Affine;
  warp: Warp | null;
}

interface FloatingLayer {
  type: LayerType;
  plane: Plane;
  /** The layer before the selection was floated. */
  original: Plane;
  /** The layer without the selection. */
  backdrop: Plane;
}

/** The origin before the selection was floated, and without the selection. */
interface FloatingOrigin {
  original: OriginPlane;
  backdrop: OriginPlane;
}

/** The layers that an edit of a selection changes: those in its scope that are not locked. */
export function editableLayers(drawing: Drawing, scope: Selection["scope"]): Layer[] {
  const { layers } = get();
  return drawing.layers.filter(({ type }) => {
    const role = type.follows ?? type.role;
    return !type.ofPhoto && drawing.layer(role) && (scope === "all" || scope === role) && !layers[role].locked;
  });
}

/** Whether an edit of a selection moves what the photo shows: lines alone do so only in a drawing without areas. */
export function movesOrigin(drawing: Drawing, scope: Selection["scope"]): boolean {
  const leading = drawing.labels ? "labels" : "edges";
  return editableLayers(drawing, scope).some(({ type }) => type.role === leading);
}

/**
 * A floating selection: cut out once and pasted again at every change, always from the original pixels, so that nothing is
 * lost however often it is transformed.
 */
export class Floating {
  readonly cutout: Cutout;
  readonly drawing: Drawing;
  mode: FloatingMode = "move";
  matrix: Affine = IDENTITY;
  warp: Warp | null = null;
  /** The drag in progress: where it began, and the matrix at that time. */
  grabbed: { at: Point; matrix: Affine } | null = null;
  private readonly earlier: Pose[] = [];
  private readonly selection: Selection;
  private readonly layers: FloatingLayer[];
  private readonly origin: FloatingOrigin | null = null;
  private readonly step: LiveStep;
  private placement: Placement | null = null;
  private mask: Plane;
  private last: Rect;

  constructor(drawing: Drawing, selection: Selection, title: string, keepSource: boolean) {
    this.drawing = drawing;
    this.selection = selection;
    this.step = new LiveStep(title);
    this.cutout = cutOut(selection.mask);
    this.layers = editableLayers(drawing, selection.scope).map(({ type, plane }) => {
      const backdrop = clonePlane(plane);
      if (!keepSource) type.clear(backdrop, selection.mask);
      return { type, plane, original: clonePlane(plane), backdrop };
    });
    if (movesOrigin(drawing, selection.scope)) {
      const { origin } = drawing;
      const backdrop = clonePlane(origin.plane);
      if (!keepSource) fillMask(backdrop, selection.mask, REMOVED);
      this.origin = { original: clonePlane(origin.plane), backdrop };
    }
    this.mask = selection.mask;
    this.last = this.cutout.box;
  }

  /** Start a transform or a warp: cancelling it returns to the current pose. */
  begin(mode: FloatingMode): void {
    if (mode === this.mode) return;
    if (this.placement) this.earlier.push({ mode: this.mode, matrix: this.matrix, warp: this.warp });
    this.mode = mode;
  }

  /** Return to the pose before the current transform or warp. False if there is none. */
  stepBack(): boolean {
    const pose = this.earlier.pop();
    if (!pose) return false;
    this.grabbed = null;
    this.mode = pose.mode;
    this.matrix = pose.matrix;
    this.warp = pose.warp;
    if (pose.warp) this.placeHandles(pose.warp);
    else this.transform(pose.matrix);
    this.rest();
    return true;
  }

  transform(matrix: Affine): void {
    this.matrix = matrix;
    this.warp = null;
    const placement = placeAffine(this.cutout, matrix);
    if (placement) this.place(placement);
  }

  /** Start a warp with a grid of handles, from the current pose. */
  beginWarp(side: number): void {
    const { x0, y0, x1, y1 } = this.cutout.box;
    const from: Point[] = [];
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        from.push({ x: x0 + ((x1 - x0) * column) / (side - 1), y: y0 + ((y1 - y0) * row) / (side - 1) });
      }
    }
    this.begin("warp");
    this.warp = { from, to: from.map((p) => this.placement?.forward(p.x, p.y) ?? { ...p }) };
  }

  dragHandle(index: number, to: Point): void {
    if (!this.warp) return;
    this.placeHandles({ ...this.warp, to: this.warp.to.map((p, i) => (i === index ? to : p)) });
  }

  shift(dx: number, dy: number): void {
    if (this.warp) {
      const { from, to } = this.warp;
      this.placeHandles({ from, to: to.map((p) => ({ x: p.x + dx, y: p.y + dy })) });
    } else this.transform(multiply(translation(dx, dy), this.matrix));
  }

  /** Update the result while the pointer moves. */
  follow(): void {
    if (this.placement) this.step.update();
  }

  /** The pointer was released, though the selection still floats. */
  rest(): void {
    if (this.placement) this.step.flush();
  }

  /** Merge it with the drawing. */
  anchor(): void {
    if (!this.placement) return;
    this.step.flush();
    set({ selection: { ...this.selection, mask: this.mask } });
  }

  /** Put everything back where it was. */
  cancel(): void {
    this.restore("original");
    this.step.cancel();
    set({ selection: this.selection });
  }

  private placeHandles(warp: Warp): void {
    this.warp = warp;
    try {
      const placement = placeWarp(this.cutout, warp.from, warp.to);
      if (placement) this.place(placement);
    } catch (error) {
      // There is no spline through coincident handles; the last valid shape stays.
      if (!(error instanceof RangeError)) throw error;
    }
  }

  private place(placement: Placement): void {
    this.restore("backdrop");
    const landing = transformCutout(this.cutout, placement);
    let rect = landing.rect;
    for (const { type, plane, original } of this.layers)
      rect = union(rect, type.paste(original, this.cutout, landing, plane));
    if (this.origin) this.drawing.origin.paste(this.origin.original, landing);
    this.placement = placement;
    this.mask = landing.mask;
    this.last = rect;
    this.drawing.touch(union(rect, this.cutout.box));
  }

  private restore(from: "original" | "backdrop"): void {
    const rect = union(this.last, this.cutout.box);
    for (const layer of this.layers) copyRect(layer[from], layer.plane, rect);
    if (this.origin) {
      copyRect(this.origin[from], this.drawing.origin.plane, rect);
      this.drawing.origin.forget();
    }
    this.drawing.touch(rect);
  }
}

let current: Floating | null = null;
/** The tool to return to when the selection no longer floats. */
let toolBefore: string | null = null;

export function floating(): Floating | null {
  return current;
}

// What was cut out of a drawing that has been replaced is no longer valid.
useStudio.subscribe((now, before) => {
  if (!current || now.drawing === before.drawing) return;
  release();
  set({ floating: "none" });
});

/** Float the selection. `duplicate` leaves the original where it is. */
export function floatSelection(title = "Move selection", duplicate = false): Floating | null {
  anchor();
  const { drawing, selection } = get();
  if (!drawing || !selection || bounds(selection.mask) === EMPTY) return null;
  current = new Floating(drawing, selection, title, duplicate);
  drawing.beforeReceive = anchor;
  set({ floating: current.mode });
  return current;
}

/** Use the move tool for as long as the selection floats. */
export function borrowMoveTool(): void {
  const { tool } = get();
  if (tool === "move") return;
  toolBefore = tool;
  set({ tool: "move" });
}

/** Stay with the current tool: it was chosen explicitly. */
export function keepTool(): void {
  toolBefore = null;
}

function release(): Floating | null {
  const released = current;
  current = null;
  if (released) released.drawing.beforeReceive = null;
  if (toolBefore !== null) set({ tool: toolBefore });
  toolBefore = null;
  return released;
}

/** Merge the floating selection with the drawing, if there is one. */
export function anchor(): void {
  const released = release();
  if (!released) return;
  released.anchor();
  set({ floating: "none" });
}

/** Cancel the current transform or warp; if there is none, the whole floating selection. */
export function cancel(): void {
  const now = floating();
  if (now?.stepBack()) set({ floating: now.mode });
  else cancelFloating();
}

/** Put the floating selection back where it came from. */
export function cancelFloating(): void {
  const released = release();
  if (!released) return;
  released.cancel();
  set({ floating: "none" });
}
