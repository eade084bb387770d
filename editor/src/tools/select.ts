import { flood } from "../raster/fill";
import { bounds, type Combine, combine, connectedLineMask, labelMask, lassoMask, rectangleMask } from "../raster/mask";
import { inside, type Plane, type Point } from "../raster/plane";
import { EMPTY } from "../raster/rect";
import { get, notify, type Selection, set } from "../state/store";
import { anchor, floatSelection } from "./floating";
import { move } from "./move";
import { type ChoiceOption, optionValue, type SwitchOption, type ToolOption } from "./options";
import { pixel, type Tool, type Touch } from "./tool";

/** The selection outline that is being drawn. The overlay shows it. */
export const draft: { points: Point[]; anchors: Point[]; closed: boolean; changed: () => void } = {
  points: [],
  anchors: [],
  closed: false,
  changed: () => {},
};

export const COMBINE: ChoiceOption<Combine> = {
  kind: "choice",
  id: "select.combine",
  label: "Selection mode",
  initial: "replace",
  choices: [
    { value: "replace", label: "New" },
    { value: "add", label: "Add" },
    { value: "subtract", label: "Subtract" },
  ],
};

const ALL_OF_LABEL: SwitchOption = {
  kind: "switch",
  id: "region.allOfLabel",
  label: "Everything with the label",
  initial: false,
};

export function combineMode(touch: Touch): Combine {
  if (touch.shift && touch.alt) return "intersect";
  if (touch.shift) return "add";
  if (touch.alt) return "subtract";
  return optionValue(COMBINE);
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

/** What all selection tools share: pressing inside a selection moves it. */
export abstract class SelectionTool implements Tool {
  abstract readonly id: string;
  abstract readonly name: string;
  abstract readonly key: string;
  abstract readonly hint: string;
  abstract readonly icon: string;
  readonly group = "select";
  readonly cursor = "crosshair";
  readonly options: readonly ToolOption[] = [COMBINE];
  private moving = false;
  private began = false;

  down(touch: Touch): void {
    if (!touch.shift && !touch.alt && isInside(get().selection, touch)) {
      this.moving = true;
      anchor();
      if (floatSelection()) move.grab(touch);
      return;
    }
    anchor();
    this.began = true;
    this.begin(touch);
  }

  move(touches: readonly Touch[]): void {
    if (this.moving) move.move(touches);
    else if (this.began) for (const touch of touches) this.extend(touch);
  }

  up(touch: Touch): void {
    if (this.moving) move.up(touch);
    else if (this.began) this.end(touch);
    this.moving = false;
    this.began = false;
  }

  cancel(): void {
    if (this.moving) move.cancel();
    this.moving = false;
    this.began = false;
    draft.points = [];
    draft.changed();
  }

  protected abstract begin(touch: Touch): void;
  protected extend(_touch: Touch): void {}
  protected end(_touch: Touch): void {}
}

class RectangleSelect extends SelectionTool {
  readonly id = "rectangle";
  readonly name = "Select rectangle";
  readonly key = "M";
  readonly hint = "Drag a box. Shift adds, Alt subtracts. Drag inside a selection to move it.";
  readonly icon = "M4 7V4h3M13 4h3v3M16 13v3h-3M7 16H4v-3M9.2 4h1.6M9.2 16h1.6M4 9.2v1.6M16 9.2v1.6";
  private from: Point = { x: 0, y: 0 };

  protected begin(touch: Touch): void {
    this.from = { x: touch.x, y: touch.y };
  }

  protected override extend({ x, y }: Touch): void {
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
      if (combineMode(touch) === "replace") set({ selection: null });
      return;
    }
    select(rectangleMask(drawing, this.from, touch), "all", combineMode(touch));
  }
}

class LassoSelect extends SelectionTool {
  readonly id = "lasso";
  readonly name = "Lasso";
  readonly key = "L";
  readonly hint = "Draw around what you want. Shift adds, Alt subtracts.";
  readonly icon =
    "M5.6 13.2C3.9 12.3 3 10.9 3 9.2 3 6 6.1 3.5 10 3.5S17 6 17 9.2 13.9 14.8 10 14.8c-.9 0-1.7-.1-2.5-.3M5.6 13.2a1.7 1.7 0 1 0 2 2.3M6 16.5c.4 1 .2 1.7-.7 2";
  private points: Point[] = [];

  protected begin({ x, y }: Touch): void {
    this.points = [{ x, y }];
  }

  protected override extend({ x, y }: Touch): void {
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
      if (combineMode(touch) === "replace") set({ selection: null });
      return;
    }
    select(lassoMask(drawing, this.points), "all", combineMode(touch));
  }
}

/** The connected area, or everything with its label. */
class RegionSelect extends SelectionTool {
  readonly id = "region";
  readonly name = "Select area";
  readonly key = "W";
  readonly hint = "Click an area to select it. Shift adds, Alt subtracts.";
  readonly icon =
    "M3.5 16.5l7.2-7.2M13 3v2.2M13 9.8V12M8.5 7.5h2.2M15.3 7.5h2.2M10 4.5l1.1 1.1M16 4.5l-1.1 1.1M16 10.5l-1.1-1.1";
  readonly needs = "labels";
  override readonly options = [COMBINE, ALL_OF_LABEL];
  protected begin(touch: Touch): void {
    const { drawing } = get();
    if (!drawing) return;
    if (!drawing.labels) {
      notify("This drawing has lines only: use a rectangle or the lasso, or click a line with Select line.");
      return;
    }
    const { x, y } = pixel(touch);
    if (!inside(drawing.labels, x, y)) return;
    const label = drawing.labels.data[y * drawing.width + x];
    select(
      optionValue(ALL_OF_LABEL) ? labelMask(drawing.labels, label) : flood(drawing.labels, { x, y }).mask,
      "all",
      combineMode(touch),
    );
  }
}

class OutlineSelect extends SelectionTool {
  readonly id = "outline";
  readonly name = "Select line";
  readonly key = "K";
  readonly hint = "Click a line to select it with everything connected to it.";
  readonly icon = "M3 14c2.5-7 4.5 1 7-4s4-7 7-5.5M3 14v3M1.5 15.5h3M14.5 13.5l1.3 1.3 2.7-2.8";
  readonly needs = "edges";
  protected begin(touch: Touch): void {
    const { drawing, view } = get();
    if (!drawing?.edges) {
      notify("This drawing has no lines to select.");
      return;
    }
    const mask = connectedLineMask(drawing.edges, pixel(touch), Math.max(3, Math.ceil(8 / view.zoom)));
    if (bounds(mask) === EMPTY) notify("No line here. Click a line to select it with everything connected to it.");
    else select(mask, "edges", combineMode(touch));
  }
}

export const rectangle = new RectangleSelect();
export const lasso = new LassoSelect();
export const region = new RegionSelect();
export const outlineSelect = new OutlineSelect();
