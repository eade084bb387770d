import { type Affine, IDENTITY, multiply, translation } from "../raster/affine";
import { copyRect } from "../raster/copy";
import { bounds } from "../raster/mask";
import { createPlane, type Plane, type Point } from "../raster/plane";
import { aligned, CENTRE, type Pose, posed, poseOf } from "../raster/pose";
import { EMPTY, type Rect, union } from "../raster/rect";
import { type Alignment, NO_GUIDES } from "../raster/snap";
import { type Cutout, type Placement, placeAffine, placeWarp, transformCutout } from "../raster/transform";
import { absorbed } from "../state/absorbing";
import type { Part } from "../state/clipboard";
import { belowOf, markDrawn, paste, placementOf, selectionOf, shown } from "../state/composing";
import type { Drawing } from "../state/drawing";
import type { LayerType } from "../state/layers";
import { MOST_OBJECTS, newId, type Placed, type Warp } from "../state/objects";
import { get, notify, set, useStudio } from "../state/store";
import { type Content, lifted, pasted, refloated } from "./floatingContent";
import { free } from "./naming";
import { optionValue, type SwitchOption } from "./options";
import { alignmentIn } from "./snapping";
import { LiveStep } from "./tool";

export type FloatingMode = "move" | "transform" | "warp";

/** Whether what was moved, pasted or duplicated stays an object, which can be moved again without what is below it. */
export const KEEP: SwitchOption = { kind: "switch", id: "floating.keep", label: "Keep as an object", initial: true };

/** A state of a floating selection that cancelling returns to. */
interface Stage {
  mode: FloatingMode;
  matrix: Affine;
  warp: Warp | null;
}

/** Panels and the overlay follow the floating selection. */
function announce(): void {
  set(({ placed }) => ({ placed: placed + 1 }));
}

/**
 * A floating selection: cut out once and pasted again at every change, always from the original pixels, so that nothing is
 * lost however often it is transformed.
 */
export class Floating {
  readonly cutout: Cutout;
  readonly drawing: Drawing;
  mode: FloatingMode = "move";
  /** As it was asked for; `aligned` tells where the pixels are. */
  matrix: Affine = IDENTITY;
  warp: Warp | null = null;
  /** What it turns and is scaled about, in shares of its box. */
  pivot: Point = CENTRE;
  /** The drag in progress: where it began, and the matrix at that time. */
  grabbed: { at: Point; matrix: Affine } | null = null;
  private readonly earlier: Stage[] = [];
  private readonly content: Content;
  private readonly step: LiveStep;
  private placement: Placement | null = null;
  /** Whether it was placed since it floats. */
  private changed = false;
  private mask: Plane;
  private last: Rect;
  private angle = 0;
  private lines: Alignment | null = null;

  constructor(drawing: Drawing, content: Content, title: string) {
    this.drawing = drawing;
    this.content = content;
    this.cutout = content.cutout;
    this.step = new LiveStep(title, () => this.keep());
    this.mask = content.cutout.mask;
    this.last = content.hole;
    const { placed, existed } = content.object;
    if (!existed) return;
    this.matrix = placed.matrix;
    this.warp = placed.warp;
    this.pivot = placed.pivot;
    this.mode = placed.warp ? "warp" : "move";
    this.angle = this.pose.angle;
    this.placement = placementOf(this.cutout, placed);
    if (content.before) this.mask = content.before.mask;
  }

  /** Whether it is an object already. */
  get isObject(): boolean {
    return this.content.object.existed;
  }

  /** Where its pixels are. */
  get placed(): Affine {
    return aligned(this.matrix);
  }

  /** Where it is, as numbers. */
  get pose(): Pose {
    return poseOf(this.matrix, this.cutout.box, this.pivot, this.angle);
  }

  /** Move, scale and turn it to some numbers; the others stay. */
  set(change: Partial<Pose>): void {
    this.transform(posed(this.matrix, this.cutout.box, this.pivot, change, this.angle));
  }

  setPivot(share: Point): void {
    this.pivot = share;
    announce();
  }

  /** What it can be aligned with. */
  get alignment(): Alignment {
    const { layers, origin } = this.content;
    const left = (role: LayerType["role"]) => layers.find(({ type }) => type.role === role)?.backdrop;
    this.lines ??= alignmentIn(this.drawing, {
      labels: left("labels") ?? this.drawing.labels,
      edges: left("edges") ?? this.drawing.edges,
      origin: origin?.backdrop ?? this.drawing.origin.plane,
    });
    return this.lines;
  }

  /** Start a transform or a warp: cancelling it returns to the current pose. */
  begin(mode: FloatingMode): void {
    if (mode === this.mode) return;
    if (this.placement) this.earlier.push({ mode: this.mode, matrix: this.matrix, warp: this.warp });
    this.mode = mode;
  }

  /** Return to the pose before the current transform or warp. False if there is none. */
  stepBack(): boolean {
    const stage = this.earlier.pop();
    if (!stage) return false;
    this.grabbed = null;
    this.mode = stage.mode;
    this.matrix = stage.matrix;
    this.warp = stage.warp;
    if (stage.warp) this.placeHandles(stage.warp);
    else this.transform(stage.matrix);
    this.rest();
    return true;
  }

  transform(matrix: Affine): void {
    this.matrix = matrix;
    this.angle = this.pose.angle;
    this.warp = null;
    const placement = placeAffine(this.cutout, this.placed);
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
    if (this.changed) this.step.update();
  }

  /** The pointer was released, though the selection still floats. */
  rest(): void {
    if (this.changed) this.step.flush();
  }

  /** Leave it where it is: as an object, or merged with the drawing. */
  anchor(): void {
    if (!this.changed) return;
    this.step.flush();
    const placed = this.drawing.objects.find(this.content.object.placed.id);
    const nothing = bounds(this.mask) === EMPTY;
    const selection = placed ? selectionOf(placed, this.drawing) : { scope: this.content.scope, mask: this.mask };
    set({ selection: nothing ? null : selection });
  }

  /** Tell the drawing which objects it contains now. */
  private keep(): void {
    const { drawing } = this;
    const { placed, existed, base, backdrop, beneath, above } = this.content.object;
    const whole = shown(drawing);
    if (!existed && (!optionValue(KEEP) || beneath.placed.length >= MOST_OBJECTS)) {
      drawing.objects.set(absorbed(drawing, beneath, backdrop, whole, drawing.frame));
      return;
    }
    const { matrix, warp, pivot } = this;
    const all = [...beneath.placed, { ...placed, matrix, warp, pivot, visible: true }, ...above];
    const within = union(union(this.last, this.content.hole), beneath.below?.rect ?? EMPTY);
    markDrawn(base, whole, within);
    drawing.objects.set({ placed: all, below: belowOf(drawing, base, whole, all, within) });
  }

  /** Put everything back where it was. */
  cancel(): void {
    this.restore("original");
    this.drawing.objects.set(this.content.object.earlier);
    this.step.cancel();
    set({ selection: this.content.before });
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
    this.changed = true;
    const landing = transformCutout(this.cutout, placement);
    let rect = landing.rect;
    const { layers, origin, hole } = this.content;
    for (const { type, plane, source } of layers) rect = union(rect, type.paste(source, this.cutout, landing, plane));
    if (origin) this.drawing.origin.paste(origin.source, landing);
    const { above } = this.content.object;
    for (const one of above) if (one.visible) rect = union(rect, paste(one, this.drawing, shown(this.drawing)));
    this.placement = placement;
    this.mask = landing.mask;
    this.last = rect;
    this.drawing.touch(union(rect, hole));
    announce();
  }

  private restore(from: "original" | "backdrop"): void {
    const { layers, origin, hole } = this.content;
    const rect = union(this.last, hole);
    for (const layer of layers) copyRect(layer[from], layer.plane, rect);
    if (origin) {
      copyRect(origin[from], this.drawing.origin.plane, rect);
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
  const placed = drawing?.objects.find(selection?.object);
  if (placed) return floatObject(placed, duplicate);
  if (!drawing || !selection || bounds(selection.mask) === EMPTY) return null;
  return float(new Floating(drawing, lifted(drawing, selection, duplicate), title));
}

/** Place an object anew, or a copy of it. Null if a layer of it is locked. */
export function floatObject(placed: Placed, duplicate = false): Floating | null {
  anchor();
  const { drawing } = get();
  if (!drawing || objectsLocked([placed])) return null;
  if (duplicate && drawing.objects.current.placed.length >= MOST_OBJECTS) {
    notify(`A drawing has at most ${MOST_OBJECTS} objects. Merge some of them with the drawing first.`);
    return null;
  }
  const copy = duplicate ? { ...placed, id: newId(), name: free(placed.name, drawing) } : null;
  const content = refloated(drawing, placed, copy);
  set({ selection: content.before });
  return float(new Floating(drawing, content, duplicate ? "Duplicate object" : "Move object"));
}

/** Whether a layer of some objects is locked; if so, that is said. */
export function objectsLocked(placed: readonly Placed[]): boolean {
  const { drawing, layers } = get();
  const locked = drawing?.layers.find(
    ({ type }) => layers[type.role].locked && placed.some(({ content }) => content.planes[type.name]),
  );
  if (locked) notify(`The layer “${locked.type.title}” is locked. Unlock it in the Layers panel to change objects.`);
  return !!locked;
}

/** Float a part that comes from elsewhere. Null if its layers cannot be changed. */
export function floatPart(part: Part, title: string): Floating | null {
  anchor();
  const { drawing } = get();
  const content = drawing && pasted(drawing, part);
  if (!content?.layers.length) return null;
  // The box around it is shown where something is selected.
  set({ selection: { mask: createPlane(drawing!.width, drawing!.height), scope: part.scope } });
  return float(new Floating(drawing!, content, title));
}

function float(part: Floating): Floating {
  current = part;
  part.drawing.beforeReceive = anchor;
  set({ floating: part.mode });
  return part;
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
  set({ guides: NO_GUIDES });
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
