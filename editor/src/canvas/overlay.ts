import Konva from "konva";
import { type Affine, multiply, translation } from "../raster/affine";
import { bounds, outline } from "../raster/mask";
import type { Plane, Point } from "../raster/plane";
import { isEmpty } from "../raster/rect";
import { get, type StudioState, useStudio } from "../state/store";
import { startTransform } from "../tools/actions";
import { floating } from "../tools/floating";
import { move } from "../tools/move";
import { draft } from "../tools/select";
import { type Size, toDrawing, toScreen } from "./viewport";

const coarse = () => window.matchMedia("(pointer: coarse)").matches;
const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** What is shown above the drawing: selection outlines, the transform box, the handles of a warp. */
export class Overlay {
  private readonly stage: Konva.Stage;
  private readonly layer = new Konva.Layer();
  private readonly space = new Konva.Group();
  private readonly ants: Konva.Shape;
  private readonly sketch = new Konva.Line({ stroke: "#fff", strokeWidth: 1.5, dash: [5, 4], listening: false });
  private readonly sketchDark = new Konva.Line({ stroke: "#000", strokeWidth: 1.5, listening: false });
  private readonly proxy = new Konva.Rect({ listening: false });
  private readonly transformer: Konva.Transformer;
  private handles: Konva.Circle[] = [];
  private runs: number[][] = [];
  private runsOf: Plane | null = null;
  private march = 0;
  private pane: Size;
  private readonly timer: number;
  private readonly stop: () => void;

  constructor(container: HTMLDivElement, pane: Size) {
    this.pane = pane;
    this.stage = new Konva.Stage({ container, width: Math.max(1, pane.width), height: Math.max(1, pane.height) });
    this.stage.content.setAttribute("aria-hidden", "true");
    this.ants = new Konva.Shape({ listening: false, sceneFunc: (context) => this.drawAnts(context) });
    const accent = getComputedStyle(container).getPropertyValue("--accent").trim() || "#f60";
    this.transformer = new Konva.Transformer({
      nodes: [],
      rotateAnchorOffset: 28,
      anchorSize: coarse() ? 16 : 10,
      anchorCornerRadius: 3,
      anchorStroke: accent,
      anchorFill: "#fff",
      borderStroke: accent,
      keepRatio: true,
      ignoreStroke: true,
      rotationSnaps: [0, 45, 90, 135, 180, 225, 270, 315],
      rotationSnapTolerance: 4,
    });
    this.transformer.on("transformstart", startTransform);
    this.transformer.on("transform", () => this.transformed());
    this.transformer.on("transformend", () => floating()?.rest());
    this.space.add(this.proxy);
    this.layer.add(this.ants, this.space, this.sketchDark, this.sketch, this.transformer);
    this.stage.add(this.layer);
    draft.changed = () => this.sync();
    move.changed = () => this.sync();
    this.stop = useStudio.subscribe((now, before) => {
      // A transform that ends or is cancelled in the middle of a drag must not continue with the next pointer move.
      if (before.floating === "transform" && now.floating !== "transform") this.transformer.stopTransform();
      if (watched.some((key) => now[key] !== before[key])) this.sync();
    });
    this.timer = window.setInterval(() => {
      if (!get().selection || still()) return;
      this.march = (this.march + 1) % 8;
      this.layer.batchDraw();
    }, 120);
    this.sync();
  }

  resize(pane: Size): void {
    this.pane = pane;
    this.stage.size({ width: Math.max(1, pane.width), height: Math.max(1, pane.height) });
    this.sync();
  }

  destroy(): void {
    window.clearInterval(this.timer);
    this.stop();
    draft.changed = () => {};
    move.changed = () => {};
    this.stage.destroy();
  }

  /** Whether there is a handle at this position in the pane. */
  handleAt = (at: Point): boolean => this.stage.getIntersection(at) !== null;

  private sync(): void {
    const { view, selection, tool } = get();
    const origin = toScreen(view, this.pane, { x: 0, y: 0 });
    this.space.setAttrs({ x: origin.x, y: origin.y, scaleX: view.zoom, scaleY: view.zoom });
    if (selection?.mask !== this.runsOf) {
      this.runsOf = selection?.mask ?? null;
      this.runs = selection ? outline(selection.mask) : [];
    }
    this.syncBox(!!selection && tool === "move");
    this.syncHandles();
    const points = draft.points.flatMap((p) => {
      const q = toScreen(view, this.pane, p);
      return [q.x, q.y];
    });
    for (const line of [this.sketch, this.sketchDark]) {
      line.points(points);
      line.closed(draft.closed);
      line.visible(points.length > 2);
    }
    // Handles need pointer events; without any, these go through to the pane.
    this.stage.container().style.pointerEvents =
      this.transformer.nodes().length || this.handles.length ? "auto" : "none";
    this.layer.batchDraw();
  }

  private syncBox(requested: boolean): void {
    const { selection, floating: state } = get();
    const moving = floating();
    const box = moving ? moving.cutout.box : selection && bounds(selection.mask);
    const show = requested && state !== "warp" && !!box && !isEmpty(box);
    if (!show || !box) {
      if (this.transformer.nodes().length) this.transformer.nodes([]);
      return;
    }
    if (!this.transformer.isTransforming()) {
      const local = multiply(moving?.matrix ?? [1, 0, 0, 1, 0, 0], translation(box.x0, box.y0));
      this.proxy.setAttrs({
        width: box.x1 - box.x0,
        height: box.y1 - box.y0,
        ...new Konva.Transform([...local]).decompose(),
      });
    }
    if (!this.transformer.nodes().length) this.transformer.nodes([this.proxy]);
    this.transformer.forceUpdate();
  }

  private transformed(): void {
    const moving = floating();
    if (!moving) return;
    const { x0, y0 } = moving.cutout.box;
    const matrix = multiply(this.proxy.getTransform().getMatrix() as unknown as Affine, translation(-x0, -y0));
    moving.transform(matrix);
    moving.follow();
  }

  private syncHandles(): void {
    const warp = get().floating === "warp" ? floating()?.warp : null;
    const count = warp?.to.length ?? 0;
    while (this.handles.length > count) this.handles.pop()?.destroy();
    while (this.handles.length < count) this.handles.push(this.newHandle(this.handles.length));
    warp?.to.forEach((p, i) => {
      if (!this.handles[i].isDragging()) this.handles[i].position(toScreen(get().view, this.pane, p));
    });
  }

  private newHandle(index: number): Konva.Circle {
    const handle = new Konva.Circle({
      radius: coarse() ? 11 : 6.5,
      fill: "#fff",
      stroke: this.transformer.borderStroke(),
      strokeWidth: 2,
      draggable: true,
      hitStrokeWidth: 12,
    });
    handle.on("dragmove", () => {
      const moving = floating();
      moving?.dragHandle(index, toDrawing(get().view, this.pane, handle.position()));
      moving?.follow();
    });
    handle.on("dragend", () => floating()?.rest());
    this.layer.add(handle);
    return handle;
  }

  private drawAnts(context: Konva.Context): void {
    const { view, floating: state } = get();
    if (!this.runs.length || state !== "none") return;
    const raw = context._context;
    const origin = toScreen(view, this.pane, { x: 0, y: 0 });
    raw.beginPath();
    for (const [x0, y0, x1, y1] of this.runs) {
      raw.moveTo(Math.round(origin.x + x0 * view.zoom) + 0.5, Math.round(origin.y + y0 * view.zoom) + 0.5);
      raw.lineTo(Math.round(origin.x + x1 * view.zoom) + 0.5, Math.round(origin.y + y1 * view.zoom) + 0.5);
    }
    raw.lineWidth = 1;
    raw.strokeStyle = "#000";
    raw.stroke();
    raw.setLineDash([4, 4]);
    raw.lineDashOffset = -this.march;
    raw.strokeStyle = "#fff";
    raw.stroke();
    raw.setLineDash([]);
  }
}

const watched: (keyof StudioState)[] = ["view", "selection", "floating", "tool", "drawing"];
