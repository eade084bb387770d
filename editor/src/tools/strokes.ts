import { type Rect, union } from "../raster/rect";
import { type StrokePoint, strokeSegment } from "../raster/stamp";
import type { Drawing } from "../state/drawing";
import type { LayerRole } from "../state/layers";
import { get } from "../state/store";
import { optionValue, type SliderOption, type SwitchOption, type ToolOption } from "./options";
import { AXIS, axisOf, mirroredDisc, SYMMETRY } from "./symmetry";
import { canDraw, LiveStep, type Tool, type Touch } from "./tool";

/** A disc dragged over the drawing. */
export abstract class DiscTool implements Tool {
  abstract readonly id: string;
  abstract readonly name: string;
  abstract readonly key: string;
  abstract readonly hint: string;
  abstract readonly group: Tool["group"];
  abstract readonly icon: string;
  abstract readonly needs: LayerRole;
  abstract readonly size: SliderOption;
  abstract readonly options: readonly ToolOption[];
  readonly cursor = "none";
  private last: StrokePoint | null = null;
  private step: LiveStep | null = null;

  down(touch: Touch): void {
    if (!canDraw(this.needs)) return;
    this.step = new LiveStep(this.name);
    this.last = this.point(touch);
    this.stroke(this.last, this.last);
  }

  move(touches: readonly Touch[]): void {
    if (!this.last) return;
    for (const touch of touches) {
      const next = this.point(touch);
      this.stroke(this.last, next);
      this.last = next;
    }
    this.step?.update();
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

  /** Draw from one point to the next. Returns what was touched. */
  protected abstract draw(drawing: Drawing, from: StrokePoint, to: StrokePoint): Rect;

  private stroke(from: StrokePoint, to: StrokePoint): void {
    const { drawing } = get();
    if (!drawing) return;
    drawing.touch(this.draw(drawing, from, to));
    const axis = axisOf(this.options);
    if (axis !== null) drawing.touch(this.draw(drawing, mirroredDisc(from, axis), mirroredDisc(to, axis)));
  }

  private point(touch: Touch): StrokePoint {
    return discAt(touch, this.size);
  }
}

/** One setting for all disc tools, shown by the brush. */
const PRESSURE: SwitchOption = { kind: "switch", id: "pressure", label: "Pen pressure", initial: true };

/** The disc of a tool under the pointer. */
export function discAt(touch: Touch, size: SliderOption): StrokePoint {
  const full = optionValue(size);
  const diameter = Math.max(
    1,
    Math.round(touch.pen && optionValue(PRESSURE) ? full * Math.max(0.08, touch.pressure) : full),
  );
  // Odd discs are centred on a pixel, even ones on a corner.
  const snap = diameter % 2 ? Math.floor : Math.round;
  return { x: snap(touch.x), y: snap(touch.y), size: diameter };
}
const LINES_TOO: SwitchOption = { kind: "switch", id: "brush.linesToo", label: "Erase lines below", initial: false };

class Brush extends DiscTool {
  readonly id = "brush";
  readonly name = "Label brush";
  readonly key = "B";
  readonly hint = "Paint the current label. [ and ] change the size.";
  readonly group = "labels";
  readonly icon =
    "M16.8 3.2c-3.8 1.2-7.2 4.3-8.8 7.3l1.5 1.5c3-1.6 6.1-5 7.3-8.8zM7.7 11.2c-2 .1-2.9 1.3-3.1 2.7-.1 1-.6 1.8-1.8 2.2 2.6 1 6 .3 6.3-2.7";
  readonly needs = "labels";
  readonly usesLabel = true;
  readonly size: SliderOption = {
    kind: "slider",
    id: "brush.size",
    label: "Size",
    unit: " px",
    initial: 12,
    min: 1,
    max: 120,
  };
  readonly options = [this.size, PRESSURE, LINES_TOO, SYMMETRY, AXIS];

  protected override draw(drawing: Drawing, from: StrokePoint, to: StrokePoint): Rect {
    let rect = strokeSegment(drawing.labels!, from, to, get().label);
    // What is painted by hand needs no review.
    rect = union(rect, strokeSegment(drawing.marks, from, to, 0));
    if (optionValue(LINES_TOO) && drawing.edges && !get().layers.edges.locked)
      rect = union(rect, strokeSegment(drawing.edges, from, to, 0));
    return rect;
  }
}

class Eraser extends DiscTool {
  readonly id = "eraser";
  readonly name = "Eraser";
  readonly key = "E";
  readonly hint = "Erase lines. [ and ] change the size.";
  readonly group = "lines";
  readonly icon =
    "M8 16.5h9M5.9 16.5l-2.5-2.5a1.4 1.4 0 0 1 0-2l8.1-8.1a1.4 1.4 0 0 1 2 0l3.6 3.6a1.4 1.4 0 0 1 0 2l-7 7zM7.5 7.9l5.6 5.6";
  readonly needs = "edges";
  readonly size: SliderOption = {
    kind: "slider",
    id: "eraser.size",
    label: "Size",
    unit: " px",
    initial: 8,
    min: 1,
    max: 80,
  };
  readonly options = [this.size, SYMMETRY, AXIS];

  protected override draw(drawing: Drawing, from: StrokePoint, to: StrokePoint): Rect {
    return strokeSegment(drawing.edges!, from, to, 0);
  }
}

export const brush = new Brush();
export const eraser = new Eraser();
