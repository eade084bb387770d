import { flood } from "../raster/fill";
import { bounds, type Combine, combine, connectedLineMask, labelMask, lassoMask, rectangleMask } from "../raster/mask";
import { inside, type Plane, type Point } from "../raster/plane";
import { EMPTY } from "../raster/rect";
import { get, type Selection, say, set } from "../state/store";
import { lift, settle } from "./floating";
import { move } from "./move";
import { pixel, type Tool, type Touch } from "./tool";

/** The outline that is being drawn, for the overlay. */
export const draft: { points: Point[]; closed: boolean; changed: () => void } = {
  points: [],
  closed: false,
  changed: () => {},
};

function how(touch: Touch): Combine {
  if (touch.shift && touch.alt) return "intersect";
  if (touch.shift) return "add";
  if (touch.alt) return "subtract";
  return get().options.combine;
}

export function select(mask: Plane, scope: Selection["scope"], mode: Combine): void {
  const { selection } = get();
  const joined = combine(selection?.mask ?? null, mask, mode);
  if (bounds(joined) === EMPTY) set({ selection: null });
  else set({ selection: { mask: joined, scope: mode === "replace" || !selection ? scope : selection.scope } });
}

export function isInside(selection: Selection | null, at: Point): boolean {
  const { x, y } = pixel(at);
  return !!selection && inside(selection.mask, x, y) && selection.mask.data[y * selection.mask.width + x] === 1;
}

/** What all selecting tools share: pressing inside a selection takes hold of it. */
abstract class Selecting implements Tool {
  private holding = false;
  private began = false;

  down(touch: Touch): void {
    if (!touch.shift && !touch.alt && isInside(get().selection, touch)) {
      this.holding = true;
      settle();
      if (lift()) move.take(touch);
      return;
    }
    settle();
    this.began = true;
    this.begin(touch);
  }

  move(touches: readonly Touch[]): void {
    if (this.holding) move.move(touches);
    else if (this.began) for (const touch of touches) this.go(touch);
  }

  up(touch: Touch): void {
    if (this.holding) move.up(touch);
    else if (this.began) this.end(touch);
    this.holding = false;
    this.began = false;
  }

  cancel(): void {
    if (this.holding) move.cancel();
    this.holding = false;
    this.began = false;
    draft.points = [];
    draft.changed();
  }

  protected abstract begin(touch: Touch): void;
  protected go(_touch: Touch): void {}
  protected end(_touch: Touch): void {}
}

class RectangleSelect extends Selecting {
  private from: Point = { x: 0, y: 0 };

  protected begin(touch: Touch): void {
    this.from = { x: touch.x, y: touch.y };
  }

  protected override go({ x, y }: Touch): void {
    const { from } = this;
    draft.points = [from, { x, y: from.y }, { x, y }, { x: from.x, y }];
    draft.closed = true;
    draft.changed();
  }

  protected override end(touch: Touch): void {
    const { drawing } = get();
    draft.points = [];
    draft.changed();
    if (!drawing) return;
    if (Math.hypot(touch.x - this.from.x, touch.y - this.from.y) < 1) {
      if (how(touch) === "replace") set({ selection: null });
      return;
    }
    select(rectangleMask(drawing, this.from, touch), "both", how(touch));
  }
}

class LassoSelect extends Selecting {
  private points: Point[] = [];

  protected begin({ x, y }: Touch): void {
    this.points = [{ x, y }];
  }

  protected override go({ x, y }: Touch): void {
    this.points.push({ x, y });
    draft.points = this.points;
    draft.closed = false;
    draft.changed();
  }

  protected override end(touch: Touch): void {
    const { drawing } = get();
    draft.points = [];
    draft.changed();
    if (!drawing) return;
    if (this.points.length < 3) {
      if (how(touch) === "replace") set({ selection: null });
      return;
    }
    select(lassoMask(drawing, this.points), "both", how(touch));
  }
}

/** The area that hangs together, or everything with its label. */
class RegionSelect extends Selecting {
  protected begin(touch: Touch): void {
    const { drawing, options } = get();
    if (!drawing) return;
    if (!drawing.labels) {
      say("This drawing has lines only: select with a rectangle, a lasso, or by a line.");
      return;
    }
    const { x, y } = pixel(touch);
    if (!inside(drawing.labels, x, y)) return;
    const label = drawing.labels.data[y * drawing.width + x];
    select(
      options.allOfLabel ? labelMask(drawing.labels, label) : flood(drawing.labels, { x, y }).mask,
      "both",
      how(touch),
    );
  }
}

class OutlineSelect extends Selecting {
  protected begin(touch: Touch): void {
    const { drawing, view } = get();
    if (!drawing?.edges) {
      say("This drawing has no lines to select.");
      return;
    }
    const mask = connectedLineMask(drawing.edges, pixel(touch), Math.max(3, Math.ceil(8 / view.zoom)));
    if (bounds(mask) === EMPTY) say("No line near enough: press on a line to select it with all that hangs on it.");
    else select(mask, "edges", how(touch));
  }
}

export const rectangle = new RectangleSelect();
export const lasso = new LassoSelect();
export const region = new RegionSelect();
export const outlineSelect = new OutlineSelect();
