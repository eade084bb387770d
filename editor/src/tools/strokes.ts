import type { Plane } from "../raster/plane";
import { union } from "../raster/rect";
import { type StrokePoint, strokeSegment } from "../raster/stamp";
import { get } from "../state/store";
import { mayDraw, Step, type Tool, type Touch } from "./tool";

/** A disc that is dragged: the brush paints labels, the eraser takes lines away. */
class DiscStroke implements Tool {
  private last: StrokePoint | null = null;
  private step: Step | null = null;
  private readonly kind: "brush" | "eraser";

  constructor(kind: "brush" | "eraser") {
    this.kind = kind;
  }

  down(touch: Touch): void {
    if (!mayDraw(this.kind === "brush" ? "labels" : "edges")) return;
    this.step = new Step(this.kind === "brush" ? "Brush" : "Eraser");
    this.last = this.point(touch);
    this.stamp(this.last, this.last);
  }

  move(touches: readonly Touch[]): void {
    if (!this.last) return;
    for (const touch of touches) {
      const next = this.point(touch);
      this.stamp(this.last, next);
      this.last = next;
    }
    this.step?.during();
  }

  up(): void {
    if (!this.last) return;
    this.last = null;
    this.step?.flush();
  }

  cancel(): void {
    if (!this.last) return;
    this.last = null;
    this.step?.cancel();
  }

  private point(touch: Touch): StrokePoint {
    const { options } = get();
    const full = this.kind === "brush" ? options.brushSize : options.eraserSize;
    const size = Math.max(1, Math.round(touch.pen && options.pressure ? full * Math.max(0.08, touch.pressure) : full));
    // Odd discs are centred on a pixel, even ones on a corner.
    const place = size % 2 ? Math.floor : Math.round;
    return { x: place(touch.x), y: place(touch.y), size };
  }

  private stamp(from: StrokePoint, to: StrokePoint): void {
    const { drawing, label, options, layers } = get();
    if (!drawing) return;
    const draw = (plane: Plane, value: number) => strokeSegment(plane, from, to, value);
    if (this.kind === "eraser") {
      drawing.touch(draw(drawing.edges!, 0));
      return;
    }
    let rect = draw(drawing.labels!, label);
    // What is painted by hand needs no accepting.
    rect = union(rect, draw(drawing.marks, 0));
    if (options.linesToo && drawing.edges && !layers.edges.locked) rect = union(rect, draw(drawing.edges, 0));
    drawing.touch(rect);
  }
}

export const brush: Tool = new DiscStroke("brush");
export const eraser: Tool = new DiscStroke("eraser");
