import { clonePlane, createPlane, type Plane } from "../raster/plane";
import { type StrokePoint, strokeSegment } from "../raster/stamp";
import { get, type Selection, set } from "../state/store";
import { remove } from "./actions";
import { anchor } from "./floating";
import type { SliderOption } from "./options";
import { discAt } from "./strokes";
import type { Tool, Touch } from "./tool";

/** Brush over a thing: drawing and photo close behind it. */
class Remove implements Tool {
  readonly id = "remove";
  readonly name = "Remove";
  readonly key = "R";
  readonly hint = "Brush over a thing, and a little beyond it, to remove it. [ and ] change the size.";
  readonly group = "labels";
  readonly icon = "M4 16c2.5-5 5.5-8.5 9-11.5l2.5 2.5c-3 3.5-6.5 6.5-11.5 9zM12.5 13.5l4 4m0-4l-4 4";
  readonly cursor = "none";
  readonly size: SliderOption = {
    kind: "slider",
    id: "remove.size",
    label: "Size",
    unit: " px",
    initial: 20,
    min: 2,
    max: 160,
  };
  readonly options = [this.size];
  private mask: Plane | null = null;
  private last: StrokePoint | null = null;
  /** The selection before the stroke: meanwhile, the stroke is shown as one. */
  private before: Selection | null = null;

  down(touch: Touch): void {
    const { drawing } = get();
    if (!drawing) return;
    anchor();
    this.before = get().selection;
    this.mask = createPlane(drawing.width, drawing.height);
    this.last = discAt(touch, this.size);
    this.stroke([this.last]);
  }

  move(touches: readonly Touch[]): void {
    this.stroke(touches.map((touch) => discAt(touch, this.size)));
  }

  up(): void {
    const { mask } = this;
    this.end();
    if (mask?.data.includes(1)) remove({ mask, scope: "all" }, this.name);
  }

  cancel(): void {
    this.end();
  }

  private end(): void {
    if (!this.mask) return;
    set({ selection: this.before });
    this.mask = null;
    this.last = null;
  }

  private stroke(points: readonly StrokePoint[]): void {
    if (!this.mask || !this.last) return;
    for (const point of points) {
      strokeSegment(this.mask, this.last, point, 1);
      this.last = point;
    }
    // A new plane, so that its outline is drawn again.
    set({ selection: { mask: clonePlane(this.mask), scope: "all" } });
  }
}

export const removeTool = new Remove();
