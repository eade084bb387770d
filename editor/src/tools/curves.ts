import { cubic, drawPolyline, quadratic } from "../raster/line";
import type { Point } from "../raster/plane";
import { session } from "../state/session";
import { get } from "../state/store";
import { canDraw, pixel, type Tool, type Touch } from "./tool";

/** Preview a line in place of the previous preview. */
function preview(points: readonly Point[]): void {
  const { drawing } = get();
  if (!drawing?.edges) return;
  drawing.revert();
  drawing.touch(drawPolyline(drawing.edges, points, 1));
}

/** With Shift, the nearest multiple of 45°. */
function straighten(from: Point, to: Point): Point {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const turn = Math.round(Math.atan2(dy, dx) / (Math.PI / 4)) * (Math.PI / 4);
  const length = Math.max(Math.abs(dx), Math.abs(dy)) * (Math.abs(Math.sin(2 * turn)) > 0.5 ? Math.SQRT2 : 1);
  return { x: Math.round(from.x + Math.cos(turn) * length), y: Math.round(from.y + Math.sin(turn) * length) };
}

class Line implements Tool {
  readonly id = "line";
  readonly name = "Line";
  readonly key = "U";
  readonly hint = "Drag a straight line. Shift snaps to 45°.";
  readonly group = "lines";
  readonly icon = "M4.5 15.5l11-11M3.5 16.5h2v-2h-2zM14.5 5.5h2v-2h-2z";
  readonly cursor = "crosshair";
  readonly needs = "edges";
  private from: Point | null = null;

  down(touch: Touch): void {
    if (!canDraw("edges")) return;
    this.from = pixel(touch);
    preview([this.from]);
  }

  move(touches: readonly Touch[]): void {
    if (this.from) preview([this.from, this.end(touches[touches.length - 1])]);
  }

  up(touch: Touch): void {
    if (!this.from) return;
    preview([this.from, this.end(touch)]);
    this.from = null;
    session()?.commit("Line");
  }

  cancel(): void {
    if (!this.from) return;
    this.from = null;
    get().drawing?.revert();
  }

  private end(touch: Touch): Point {
    return touch.shift ? straighten(this.from!, pixel(touch)) : pixel(touch);
  }
}

/** Drag from end to end, then bend: the curve passes under the pointer (an S-curve with Alt). A second press commits it. */
class Curve implements Tool {
  readonly id = "curve";
  readonly name = "Curve";
  readonly key = "C";
  readonly hint = "Drag from end to end, release, move to bend, click. Alt makes an S-curve.";
  readonly group = "lines";
  readonly icon = "M3.5 15.5C4 7 9 4 16.5 4.5M2.7 16.3h1.8v-1.8H2.7zM15.6 5.4h1.8V3.6h-1.8z";
  readonly cursor = "crosshair";
  readonly needs = "edges";
  private ends: [Point, Point] | null = null;
  private state: "none" | "drag" | "bend" = "none";

  down(touch: Touch): void {
    if (this.state === "bend") {
      this.bend(touch);
      this.state = "none";
      this.ends = null;
      session()?.commit("Curve");
      return;
    }
    if (!canDraw("edges")) return;
    this.ends = [pixel(touch), pixel(touch)];
    this.state = "drag";
    preview(this.ends);
  }

  move(touches: readonly Touch[]): void {
    if (this.state !== "drag" || !this.ends) return;
    const touch = touches[touches.length - 1];
    this.ends[1] = touch.shift ? straighten(this.ends[0], pixel(touch)) : pixel(touch);
    preview(this.ends);
  }

  up(): void {
    if (this.state !== "drag" || !this.ends) return;
    const [a, b] = this.ends;
    if (a.x === b.x && a.y === b.y) this.cancel();
    else this.state = "bend";
  }

  hover(touch: Touch): void {
    if (this.state === "bend") this.bend(touch);
  }

  cancel(): void {
    if (this.state === "none") return;
    this.state = "none";
    this.ends = null;
    get().drawing?.revert();
  }

  private bend(touch: Touch): void {
    if (!this.ends) return;
    const [a, b] = this.ends;
    if (touch.alt) {
      // The first half bends to the pointer, the second to its mirror image.
      preview(cubic(a, touch, { x: a.x + b.x - touch.x, y: a.y + b.y - touch.y }, b));
      return;
    }
    const control = { x: 2 * touch.x - (a.x + b.x) / 2, y: 2 * touch.y - (a.y + b.y) / 2 };
    preview(quadratic(a, control, b));
  }
}

export const line = new Line();
export const curve = new Curve();
