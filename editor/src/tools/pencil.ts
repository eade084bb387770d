import { walkLine, withoutCorners } from "../raster/line";
import { clonePlane, inside, type Plane, type Point } from "../raster/plane";
import { EMPTY, grow, type Rect, union } from "../raster/rect";
import { changedNear, thin } from "../raster/thin";
import { get } from "../state/store";
import { mayDraw, pixel, Step, type Tool, type Touch } from "./tool";

/** The pixels of a stroke as they come: the newest is taken back when the next shows that it was the corner of an L. */
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

/** Lines one pixel thin. With Shift, a straight line from where the last stroke ended. */
class Pencil implements Tool {
  private trail: Trail | null = null;
  private start: Plane | null = null;
  private last: Point = { x: 0, y: 0 };
  private ended: Point | null = null;
  private whole: Rect = EMPTY;
  private step: Step | null = null;

  down(touch: Touch): void {
    if (!mayDraw("edges")) return;
    const { drawing } = get();
    this.start = clonePlane(drawing!.edges!);
    this.trail = new Trail(drawing!.edges!, this.start);
    this.step = new Step("Pencil");
    this.whole = EMPTY;
    this.last = touch.shift && this.ended ? this.ended : pixel(touch);
    this.to(pixel(touch));
  }

  move(touches: readonly Touch[]): void {
    if (!this.trail) return;
    for (const touch of touches) this.to(pixel(touch));
    this.step?.during();
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
    const trail = this.trail!;
    trail.rect = EMPTY;
    walkLine(this.last, point, (x, y) => trail.push(x, y));
    this.last = point;
    const { drawing } = get();
    // The corner that was taken back lies beside what is new.
    const rect = grow(trail.rect, 2, drawing!);
    this.whole = union(this.whole, rect);
    drawing!.touch(rect);
  }
}

export const pencil = new Pencil();
