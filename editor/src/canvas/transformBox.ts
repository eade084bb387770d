import Konva from "konva";
import type { Affine } from "../raster/affine";
import { apply, IDENTITY, inverse } from "../raster/affine";
import type { Point } from "../raster/plane";
import { CENTRE, corners, dragged, shareOf, turned, within } from "../raster/pose";
import { isEmpty, type Rect } from "../raster/rect";
import { NO_GUIDES, NO_LINES } from "../raster/snap";
import { get, set } from "../state/store";
import { startTransform } from "../tools/actions";
import { floating } from "../tools/floating";
import { LINK } from "../tools/move";
import { optionValue } from "../tools/options";
import { pull } from "../tools/snapping";

/** Handles of the box, in shares of its sides: corners and middles. */
const HANDLES: readonly Point[] = [0, 0.5, 1].flatMap((y) =>
  [0, 0.5, 1].filter((x) => x !== 0.5 || y !== 0.5).map((x) => ({ x, y })),
);
/** Cursors of handles, by the direction they are in, clockwise from the right in steps of 45°. */
const CURSORS = ["ew-resize", "nwse-resize", "ns-resize", "nesw-resize"];
/** How far the handle that turns is from the box, in pixels of the screen. */
const STEM_PX = 28;
/** Angles are multiples of this with Shift; without, they are pulled to those of 45°. */
const STEP = 15;
const PULLED = 45;
const PULLED_FROM = 4;

interface Space {
  /** From the drawing to the stage. */
  screen: (p: Point) => Point;
  drawing: (p: Point) => Point;
}

/**
 * The box around the selection: handles scale it, the one above turns it, the cross is the pivot. It shows the state of the
 * floating selection and changes that; it has none of its own.
 */
export class TransformBox {
  readonly group = new Konva.Group();
  private readonly frame: Konva.Line;
  private readonly stem: Konva.Line;
  private readonly handles: Konva.Rect[];
  private readonly turner: Konva.Circle;
  private readonly pivot: Konva.Group;
  private readonly space: Space;
  /** At the start of a drag. */
  private start: { matrix: Affine; angle: number; pointer: Point } | null = null;

  constructor(space: Space, accent: string, coarse: boolean) {
    this.space = space;
    const look = { stroke: accent, fill: "#fff", strokeWidth: 1.5, draggable: true, hitStrokeWidth: coarse ? 24 : 10 };
    const line = { stroke: accent, strokeWidth: 1.5, listening: false, shadowColor: "#000", shadowBlur: 3 };
    this.frame = new Konva.Line({ ...line, closed: true });
    this.stem = new Konva.Line(line);
    const side = coarse ? 16 : 10;
    this.handles = HANDLES.map((share) => {
      const handle = new Konva.Rect({
        ...look,
        width: side,
        height: side,
        offsetX: side / 2,
        offsetY: side / 2,
        cornerRadius: 3,
      });
      this.draggable(
        handle,
        (event) => this.scale(share, event),
        () => this.cursorOf(share),
      );
      return handle;
    });
    this.turner = new Konva.Circle({ ...look, radius: side / 2 });
    this.draggable(
      this.turner,
      (event) => this.turn(event),
      () => "crosshair",
    );
    this.pivot = this.newPivot(accent, coarse);
    this.group.add(this.frame, this.stem, this.turner, ...this.handles, this.pivot);
  }

  get shown(): boolean {
    return this.group.visible();
  }

  /** A drag that goes on must not change what was cancelled. */
  stop(): void {
    this.start = null;
    for (const node of [...this.handles, this.turner]) if (node.isDragging()) node.stopDrag();
  }

  /** Show it around the floating selection, or around a box that does not float yet; null hides it. */
  sync(box: Rect | null): void {
    const show = !!box && !isEmpty(box);
    this.group.visible(show);
    if (!show) return;
    const moving = floating();
    const matrix = moving?.placed ?? IDENTITY;
    const at = (share: Point) => {
      const local = within(box, share);
      return this.space.screen(apply(matrix, local.x, local.y));
    };
    this.frame.points(corners(matrix, box).flatMap((p) => Object.values(this.space.screen(p))));
    const middle = at(CENTRE);
    const top = at({ x: 0.5, y: 0 });
    const length = Math.hypot(top.x - middle.x, top.y - middle.y) || 1;
    const grip = {
      x: top.x + ((top.x - middle.x) / length) * STEM_PX,
      y: top.y + ((top.y - middle.y) / length) * STEM_PX,
    };
    this.stem.points([top.x, top.y, grip.x, grip.y]);
    this.turner.position(grip);
    const angle = moving?.pose.angle ?? 0;
    this.handles.forEach((handle, i) => {
      handle.position(at(HANDLES[i]));
      handle.rotation(angle);
    });
    // While it is only moved, its middle is where people take hold of it.
    this.pivot.visible(moving?.mode === "transform");
    if (moving) this.pivot.position(at(moving.pivot));
  }

  /** Handles follow what they do: where a drag would leave them is of no interest. */
  private draggable(node: Konva.Shape, drag: (event: MouseEvent) => void, cursor: () => string): void {
    node.on("dragstart", () => {
      startTransform();
      const moving = floating();
      this.start = moving && { matrix: moving.matrix, angle: moving.pose.angle, pointer: this.pointer(node) };
    });
    node.on("dragmove", ({ evt }) => {
      if (this.start) drag(evt as MouseEvent);
      this.sync(floating()?.cutout.box ?? null);
    });
    node.on("dragend", () => {
      this.start = null;
      set({ guides: NO_GUIDES });
      floating()?.rest();
      this.sync(floating()?.cutout.box ?? null);
    });
    this.points(node, cursor);
  }

  private points(node: Konva.Node, cursor: () => string): void {
    const style = (value: string) => {
      const content = node.getStage()?.content;
      if (content) content.style.cursor = value;
    };
    node.on("mouseenter", () => style(cursor()));
    node.on("mouseleave", () => style(""));
  }

  private pointer(node: Konva.Node): Point {
    return this.space.drawing(node.getStage()?.getPointerPosition() ?? node.position());
  }

  private scale(handle: Point, event: MouseEvent): void {
    const moving = floating();
    if (!moving || !this.start) return;
    const to = this.pointer(this.group);
    // Unless it is turned, its sides are whole pixels, and they are pulled by guides.
    if (moving.pose.angle % 90 === 0) {
      const [x, y] = [Math.round(to.x), Math.round(to.y)];
      const off = event.ctrlKey || event.metaKey;
      const flat = moving.pose.angle % 180 === 0;
      const [alongX, alongY] = flat ? [handle.x, handle.y] : [handle.y, handle.x];
      const edge = (along: number, at: number) => (along === 0.5 ? NO_LINES : { edges: [at], centres: [] });
      const pulled = pull(moving, { x: edge(alongX, x), y: edge(alongY, y) }, off);
      Object.assign(to, { x: x + pulled.x, y: y + pulled.y });
    } else set({ guides: NO_GUIDES });
    const fixed = event.altKey ? moving.pivot : { x: 1 - handle.x, y: 1 - handle.y };
    const corner = handle.x !== 0.5 && handle.y !== 0.5;
    const ratio = event.shiftKey || (corner && optionValue(LINK));
    moving.transform(dragged(this.start.matrix, moving.cutout.box, handle, to, fixed, ratio));
    moving.follow();
  }

  private turn(event: MouseEvent): void {
    const moving = floating();
    if (!moving || !this.start) return;
    const about = moving.pose;
    const direction = (p: Point) => (Math.atan2(p.y - about.y, p.x - about.x) * 180) / Math.PI;
    let angle = this.start.angle + direction(this.pointer(this.group)) - direction(this.start.pointer);
    const near = PULLED * Math.round(angle / PULLED);
    if (event.shiftKey) angle = STEP * Math.round(angle / STEP);
    else if (!(event.ctrlKey || event.metaKey) && Math.abs(angle - near) < PULLED_FROM) angle = near;
    moving.set({ angle: turned(angle) });
    moving.follow();
  }

  private cursorOf(share: Point): string {
    const { x, y } = { x: share.x - 0.5, y: share.y - 0.5 };
    const angle = (Math.atan2(y, x) * 180) / Math.PI + (floating()?.pose.angle ?? 0);
    return CURSORS[(((Math.round(angle / 45) % 4) + 4) % 4) as 0];
  }

  /** A cross in a ring, white on black, so that it is seen on everything. */
  private newPivot(accent: string, coarse: boolean): Konva.Group {
    const pivot = new Konva.Group({ draggable: true });
    for (const [stroke, strokeWidth] of [
      ["#fff", 4],
      [accent, 1.5],
    ] as const) {
      pivot.add(
        new Konva.Circle({ radius: 5, stroke, strokeWidth, hitStrokeWidth: coarse ? 28 : 12, fill: "#ffffff01" }),
      );
      pivot.add(new Konva.Line({ points: [-9, 0, 9, 0], stroke, strokeWidth, listening: false }));
      pivot.add(new Konva.Line({ points: [0, -9, 0, 9], stroke, strokeWidth, listening: false }));
    }
    pivot.on("dragmove", ({ evt }) => {
      const moving = floating();
      const back = moving && inverse(moving.placed);
      if (!moving || !back) return;
      const at = this.pointer(pivot);
      const share = shareOf(moving.cutout.box, apply(back, at.x, at.y));
      moving.setPivot(evt.ctrlKey || evt.metaKey ? share : this.nearHandle(share, moving.cutout.box));
      this.sync(moving.cutout.box);
    });
    this.points(pivot, () => "move");
    return pivot;
  }

  /** One of the nine places of the box, where the pivot is pulled to, or the place itself. */
  private nearHandle(share: Point, box: Rect): Point {
    const here = within(box, share);
    const reach = 8 / get().view.zoom;
    const near = [...HANDLES, CENTRE].find((one) => {
      const there = within(box, one);
      return Math.hypot(there.x - here.x, there.y - here.y) < reach;
    });
    return near ?? share;
  }
}
