import { call, Refusal } from "../api/client";
import { lassoMask } from "../raster/mask";
import type { Point } from "../raster/plane";
import { get, notify, set } from "../state/store";
import { combineMode, draft, SelectionTool, select } from "./select";
import type { Touch } from "./tool";

/** Two clicks as close as this, on the screen and in time, close the lasso; so does a click on the first anchor. */
const NEAR_PX = 8;
const DOUBLE_CLICK_MS = 400;

/** A part of the outline, between two anchors. It is straight until the server has found the edge. */
interface Segment {
  from: Point;
  to: Point;
  points: Point[];
  found: Promise<void>;
}

/** A lasso that follows edges of the photo (live wire). */
class MagneticLasso extends SelectionTool {
  readonly id = "magnetic";
  readonly asksServer = true;
  readonly name = "Magnetic lasso";
  readonly key = "N";
  readonly hint =
    "Click along an edge: the line follows it. Enter or a double click closes it, Backspace goes one anchor back.";
  readonly icon =
    "M5 16.5c-1.4-2-2-4.2-2-6.3C3 6 6 3.5 10 3.5s7 2.5 7 6.7c0 2.1-.6 4.3-2 6.3M3.4 13h3.2M13.4 13h3.2M8 16.5l-1.5-3.6c-.5-1-.7-1.9-.7-2.8 0-2.4 1.8-3.9 4.2-3.9s4.2 1.5 4.2 3.9c0 .9-.2 1.8-.7 2.8L12 16.5";
  readonly showsResult = true;
  private first: { at: Point; touch: Touch } | null = null;
  private segments: Segment[] = [];
  /** From the last anchor to the pointer. */
  private live: Point[] = [];
  private asking = false;
  private next: Point | null = null;
  private pressed = { time: 0, at: { x: 0, y: 0 } };

  override down(touch: Touch): void {
    // While it is drawn, a click is an anchor, even inside a selection.
    if (this.first) this.begin(touch);
    else super.down(touch);
  }

  protected begin(touch: Touch): void {
    const at = this.clamped(touch);
    if (!at) return;
    const now = performance.now();
    const twice = now - this.pressed.time < DOUBLE_CLICK_MS && this.isNear(this.pressed.at, at);
    this.pressed = { time: now, at };
    if (!this.first) this.first = { at, touch };
    else if (twice || (this.segments.length > 1 && this.isNear(this.first.at, at))) this.finish();
    else this.segments.push(this.segment(this.last(), at));
    this.live = [];
    this.next = null;
    this.draw();
  }

  hover(touch: Touch): void {
    const at = this.first && this.clamped(touch);
    if (!at) return;
    this.next = at;
    void this.follow();
  }

  finish(): boolean {
    if (!this.first) return false;
    const { at, touch } = this.first;
    const closing = this.segment(this.last(), at);
    const all = [...this.segments, closing];
    this.reset();
    void Promise.all(all.map((one) => one.found)).then(() => {
      const { drawing } = get();
      const points = all.flatMap((one) => one.points);
      if (!drawing) return;
      if (all.length > 2) select(lassoMask(drawing, points), "all", combineMode(touch));
      else if (combineMode(touch) === "replace") set({ selection: null });
    });
    return true;
  }

  back(): boolean {
    if (!this.first) return false;
    if (!this.segments.pop()) this.first = null;
    this.live = [];
    this.draw();
    return true;
  }

  override cancel(): void {
    this.reset();
    super.cancel();
  }

  private reset(): void {
    this.first = null;
    this.segments = [];
    this.live = [];
    this.next = null;
    this.draw();
  }

  private last(): Point {
    return this.segments.length ? this.segments[this.segments.length - 1].to : this.first!.at;
  }

  private segment(from: Point, to: Point): Segment {
    const made: Segment = { from, to, points: [from, to], found: Promise.resolve() };
    made.found = this.path(from, to).then((points) => {
      made.points = points;
      this.draw();
    });
    return made;
  }

  /** The line to the pointer: one request at a time, then the newest position. */
  private async follow(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    while (this.first && this.next) {
      const [from, to] = [this.last(), this.next];
      this.next = null;
      const points = await this.path(from, to);
      // An anchor was set or taken back meanwhile.
      if (this.first && this.last() === from) {
        this.live = points;
        this.draw();
      }
    }
    this.asking = false;
  }

  /** The path along edges; straight if there is none. */
  private async path(from: Point, to: Point): Promise<Point[]> {
    const { project } = get();
    try {
      const { points } = await call("post", "/api/projects/{project_id}/edge-path", {
        path: { project_id: project?.id ?? "" },
        body: { start: [from.x, from.y], end: [to.x, to.y] },
      });
      return points.map(([x, y]) => ({ x, y }));
    } catch (error) {
      if (error instanceof Refusal) notify(error.message, "problem");
      return [from, to];
    }
  }

  private draw(): void {
    const start = this.first ? [this.first.at] : [];
    draft.anchors = [...start, ...this.segments.map((one) => one.to)];
    draft.points = [...start, ...this.segments.flatMap((one) => one.points), ...this.live];
    draft.closed = false;
    draft.changed();
  }

  private clamped({ x, y }: Point): Point | null {
    const { drawing } = get();
    if (!drawing) return null;
    return { x: Math.min(Math.max(x, 0), drawing.width), y: Math.min(Math.max(y, 0), drawing.height) };
  }

  private isNear(a: Point, b: Point): boolean {
    return Math.hypot(a.x - b.x, a.y - b.y) * get().view.zoom < NEAR_PX;
  }
}

export const magneticLasso = new MagneticLasso();
