import Konva from "konva";
import { bounds, loops, outline } from "../raster/mask";
import type { Plane, Point } from "../raster/plane";
import { get, type StudioState, useStudio } from "../state/store";
import { floating } from "../tools/floating";
import { draft } from "../tools/select";
import { AxisLine } from "./axisLine";
import { TransformBox } from "./transformBox";
import { type Size, toDrawing, toScreen } from "./viewport";

const coarse = () => window.matchMedia("(pointer: coarse)").matches;
const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** What is shown above the drawing: selection outlines, the transform box, the handles of a warp. */
export class Overlay {
  private readonly stage: Konva.Stage;
  private readonly layer = new Konva.Layer();
  private readonly ants: Konva.Shape;
  private readonly sketch = new Konva.Line({ stroke: "#fff", strokeWidth: 1.5, dash: [5, 4], listening: false });
  private readonly sketchDark = new Konva.Line({ stroke: "#000", strokeWidth: 1.5, listening: false });
  private readonly anchors: Konva.Shape;
  private readonly guides: Konva.Shape;
  private readonly box: TransformBox;
  private readonly axis: AxisLine;
  private readonly accent: string;
  private handles: Konva.Circle[] = [];
  private outlines: number[][] = [];
  private outlinesOf: Plane | null = null;
  private march = 0;
  private pane: Size;
  private readonly timer: number;
  private readonly stop: () => void;

  constructor(container: HTMLDivElement, pane: Size) {
    this.pane = pane;
    this.stage = new Konva.Stage({ container, width: Math.max(1, pane.width), height: Math.max(1, pane.height) });
    this.stage.content.setAttribute("aria-hidden", "true");
    this.ants = new Konva.Shape({ listening: false, sceneFunc: (context) => this.drawAnts(context) });
    this.anchors = new Konva.Shape({ listening: false, sceneFunc: (context) => this.drawAnchors(context) });
    this.guides = new Konva.Shape({ listening: false, sceneFunc: (context) => this.drawGuides(context) });
    const accent = getComputedStyle(container).getPropertyValue("--accent").trim() || "#f60";
    this.accent = accent;
    const space = {
      screen: (p: Point) => toScreen(get().view, this.pane, p),
      drawing: (p: Point) => toDrawing(get().view, this.pane, p),
    };
    this.box = new TransformBox(space, accent, coarse());
    this.axis = new AxisLine(space, accent, coarse());
    this.layer.add(this.ants, this.guides, this.sketchDark, this.sketch, this.anchors, this.axis.group, this.box.group);
    this.stage.add(this.layer);
    draft.changed = () => this.sync();
    this.stop = useStudio.subscribe((now, before) => {
      // A transform that ends or is cancelled in the middle of a drag must not continue with the next pointer move.
      if (before.floating === "transform" && now.floating !== "transform") this.box.stop();
      if (watched.some((key) => now[key] !== before[key])) this.sync();
    });
    this.timer = window.setInterval(() => {
      if (!get().selection || still()) return;
      this.march = (this.march + 1) % 10;
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
    this.stage.destroy();
  }

  /** Whether there is a handle at this position in the pane. */
  handleAt = (at: Point): boolean => this.stage.getIntersection(at) !== null;

  private sync(): void {
    const { view, selection, tool } = get();
    if (selection?.mask !== this.outlinesOf) {
      this.outlinesOf = selection?.mask ?? null;
      this.outlines = selection ? loops(outline(selection.mask)) : [];
    }
    this.syncBox(!!selection && tool === "move");
    this.syncHandles();
    this.axis.sync(this.pane.height);
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
      this.box.shown || this.axis.shown || this.handles.length ? "auto" : "none";
    this.layer.batchDraw();
  }

  private syncBox(requested: boolean): void {
    const { selection, floating: state } = get();
    const box = floating()?.cutout.box ?? (selection && bounds(selection.mask));
    this.box.sync(requested && state !== "warp" ? box : null);
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
      stroke: this.accent,
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

  private drawGuides(context: Konva.Context): void {
    const { view, guides } = get();
    if (!guides.x.length && !guides.y.length) return;
    const raw = context._context;
    raw.beginPath();
    const crisp = (value: number) => Math.round(value) + 0.5;
    for (const x of guides.x) {
      const at = crisp(toScreen(view, this.pane, { x, y: 0 }).x);
      raw.moveTo(at, 0);
      raw.lineTo(at, this.pane.height);
    }
    for (const y of guides.y) {
      const at = crisp(toScreen(view, this.pane, { x: 0, y }).y);
      raw.moveTo(0, at);
      raw.lineTo(this.pane.width, at);
    }
    raw.lineWidth = 3;
    raw.strokeStyle = "rgb(0 0 0 / 0.45)";
    raw.stroke();
    raw.lineWidth = 1;
    raw.strokeStyle = "#5cf2ff";
    raw.stroke();
  }

  private drawAnchors(context: Konva.Context): void {
    const raw = context._context;
    for (const anchor of draft.anchors) {
      const { x, y } = toScreen(get().view, this.pane, anchor);
      raw.fillStyle = "#000";
      raw.fillRect(Math.round(x) - 4, Math.round(y) - 4, 8, 8);
      raw.fillStyle = "#fff";
      raw.fillRect(Math.round(x) - 3, Math.round(y) - 3, 6, 6);
    }
  }

  private drawAnts(context: Konva.Context): void {
    const { view, floating: state } = get();
    if (!this.outlines.length || state !== "none") return;
    const raw = context._context;
    const origin = toScreen(view, this.pane, { x: 0, y: 0 });
    raw.beginPath();
    const place = (value: number, from: number) => Math.round(from + value * view.zoom) + 0.5;
    for (const loop of this.outlines) {
      raw.moveTo(place(loop[0], origin.x), place(loop[1], origin.y));
      for (let i = 2; i < loop.length; i += 2) raw.lineTo(place(loop[i], origin.x), place(loop[i + 1], origin.y));
      raw.closePath();
    }
    // A dark halo, then black and white by turns: one of the three is seen on whatever is below.
    raw.lineWidth = 3;
    raw.strokeStyle = "rgb(0 0 0 / 0.4)";
    raw.stroke();
    raw.lineWidth = 1.25;
    raw.strokeStyle = "#000";
    raw.stroke();
    raw.setLineDash([5, 5]);
    raw.lineDashOffset = -this.march;
    raw.strokeStyle = "#fff";
    raw.stroke();
    raw.setLineDash([]);
  }
}

const watched: (keyof StudioState)[] = [
  "view",
  "selection",
  "floating",
  "tool",
  "drawing",
  "placed",
  "guides",
  "options",
];
