import { multiply, translation } from "../raster/affine";
import { flood } from "../raster/fill";
import { aligned, extent } from "../raster/pose";
import { linesOf, NO_GUIDES, NO_LINES } from "../raster/snap";
import { objectAt } from "../state/composing";
import { get, set } from "../state/store";
import { cancelFloating, floating, floatObject, floatSelection } from "./floating";
import type { SwitchOption } from "./options";
import { pull, SNAP } from "./snapping";
import { pixel, type Tool, type Touch } from "./tool";

/** Whether a transform keeps the ratio of width and height. */
export const LINK: SwitchOption = {
  kind: "switch",
  id: "transform.link",
  label: "Link width and height",
  initial: true,
};

/** Moves the selection or, without one, the object or the area under the pointer. The box around it scales and rotates. */
class Move implements Tool {
  readonly id = "move";
  readonly name = "Move";
  readonly key = "V";
  readonly hint = "Drag the selection, or the object or area under the pointer. Alt duplicates, Ctrl does not snap.";
  readonly group = "select";
  readonly icon =
    "M10 2.5v15M2.5 10h15M10 2.5 7.8 4.7M10 2.5l2.2 2.2M10 17.5l-2.2-2.2M10 17.5l2.2-2.2M2.5 10l2.2-2.2M2.5 10l2.2 2.2M17.5 10l-2.2-2.2M17.5 10l-2.2 2.2";
  readonly cursor = "move";
  readonly options = [SNAP];

  down(touch: Touch): void {
    const { drawing, selection } = get();
    if (!drawing) return;
    // In a warp only the handles move: a press that misses one does nothing.
    if (floating()?.mode === "warp") return;
    if (!floating()) {
      if (!selection) {
        const placed = objectAt(drawing, pixel(touch));
        if (placed) {
          floatObject(placed, touch.alt);
          this.grab(touch);
          return;
        }
        if (!drawing.labels) return;
        const found = flood(drawing.labels, pixel(touch));
        if (!found.count || found.count === drawing.width * drawing.height) return;
        set({ selection: { mask: found.mask, scope: "all" } });
      }
      floatSelection(touch.alt ? "Duplicate selection" : "Move selection", touch.alt);
    }
    this.grab(touch);
  }

  grab(touch: Touch): void {
    const moving = floating();
    if (moving) moving.grabbed = { at: { x: touch.x, y: touch.y }, matrix: moving.matrix };
  }

  move(touches: readonly Touch[]): void {
    const moving = floating();
    if (!moving?.grabbed) return;
    const { at, matrix } = moving.grabbed;
    const last = touches[touches.length - 1];
    let dx = Math.round(last.x - at.x);
    let dy = Math.round(last.y - at.y);
    const straight = last.shift ? (Math.abs(dx) > Math.abs(dy) ? "x" : "y") : null;
    if (straight === "x") dy = 0;
    if (straight === "y") dx = 0;
    const { x, y } = linesOf([extent(multiply(translation(dx, dy), aligned(matrix)), moving.cutout.box)]);
    const pulled = pull(moving, { x: straight === "y" ? NO_LINES : x, y: straight === "x" ? NO_LINES : y }, last.ctrl);
    dx += pulled.x;
    dy += pulled.y;
    moving.transform(multiply(translation(dx, dy), matrix));
    moving.follow();
  }

  up(_touch: Touch): void {
    const moving = floating();
    if (!moving?.grabbed) return;
    moving.rest();
    moving.grabbed = null;
    set({ guides: NO_GUIDES });
  }

  cancel(): void {
    cancelFloating();
  }
}

export const move = new Move();
