import { walkLine, withoutCorners } from "../raster/line";
import { clonePlane, inside, type Plane, type Point } from "../raster/plane";
import { EMPTY, grow, type Rect, union } from "../raster/rect";
import { changedNear, thin } from "../raster/thin";
import { get } from "../state/store";
import { AXIS, axisOf, mirroredPixel, SYMMETRY } from "./symmetry";
import { canDraw, LiveStep, pixel, type Tool, type Touch } from "./tool";

/** The pixels of a stroke in order. A pixel is removed again when the next one shows that it was the corner of an L. */
class Trail {
  rect: Rect = EMPTY;
  private readonly recent: Point[] = [];
  private readonly plane: Plane;
  private readonly start: Plane;

  constructor(plane: Plane, start: Plane) {
    this.plane = plane;
    this.start = start;
  }

  push(x: number, y: number): void {
    const last = this.recent[this.recent.length - 1];
    if (last && last.x === x && last.y === y) return;
    this.recent.push({ x, y });
    if (this.recent.length === 3) {
      const kept = withoutCorners(this.recent);
      if (kept.length === 2) {
        const { x: cx, y: cy } = this.recent[1];
        if (inside(this.plane, cx, cy)) {
          const i = cy * this.plane.width + cx;
          this.plane.data[i] = this.start.data[i];
        }
        this.recent.splice(1, 1);
      } else this.recent.shift();
    }
    if (!inside(this.plane, x, y)) return;
    this.plane.data[y * this.plane.width + x] = 1;
    this.rect = union(this.rect, { x0: x, y0: y, x1: x + 1, y1: y + 1 });
  }
}

/** Lines one pixel wide. With Shift, a straight line from where the last stroke ended. */
class Pencil implements Tool {
  readonly id = "pencil";
  readonly name = "Pencil";
  readonly key = "P";
  readonly hint = "Draw lines one pixel wide. Shift adds a straight line from the end of the last stroke.";
  readonly group = "lines";
  readonly icon = "M3.5 16.5l.8-3.7L13.4 3.7a1.4 1.4 0 0 1 2 0l.9.9a1.4 1.4 0 0 1 0 2L7.2 15.7zM12 5.1l2.9 2.9";
  readonly cursor = "crosshair";
  readonly needs = "edges";
  readonly options = [SYMMETRY, AXIS];
  private trail: Trail | null = null;
  /** Its mirror image. */
  private twin: Trail | null = null;
  private start: Plane | null = null;
  private last: Point = { x: 0, y: 0 };
  private ended: Point | null = null;
  private whole: Rect = EMPTY;
  private step: LiveStep | null = null;

  down(touch: Touch): void {
    if (!canDraw("edges")) return;
    const { drawing } = get();
    this.start = clonePlane(drawing!.edges!);
    this.trail = new Trail(drawing!.edges!, this.start);
    this.twin = axisOf(this.options) === null ? null : new Trail(drawing!.edges!, this.start);
    this.step = new LiveStep(this.name);
    this.whole = EMPTY;
    this.last = touch.shift && this.ended ? this.ended : pixel(touch);
    this.to(pixel(touch));
  }

  move(touches: readonly Touch[]): void {
    if (!this.trail) return;
    for (const touch of touches) this.to(pixel(touch));
    this.step?.update();
  }

  up(): void {
    const { drawing } = get();
    if (!this.trail || !drawing?.edges || !this.start) return;
    const rect = grow(this.whole, 2, drawing);
    thin(drawing.edges, rect, changedNear(this.start, drawing.edges, rect));
    drawing.touch(rect);
    this.step?.flush();
    this.ended = this.last;
    this.trail = null;
  }

  cancel(): void {
    if (!this.trail) return;
    this.trail = null;
    this.step?.cancel();
  }

  private to(point: Point): void {
    const axis = axisOf(this.options) ?? 0;
    for (const trail of [this.trail, this.twin]) if (trail) trail.rect = EMPTY;
    walkLine(this.last, point, (x, y) => {
      this.trail?.push(x, y);
      this.twin?.push(mirroredPixel(x, axis), y);
    });
    this.last = point;
    const { drawing } = get();
    for (const trail of [this.trail, this.twin]) {
      if (!trail) continue;
      // A corner that was removed lies next to the new pixels.
      const rect = grow(trail.rect, 2, drawing!);
      this.whole = union(this.whole, rect);
      drawing!.touch(rect);
    }
  }
}

export const pencil = new Pencil();
