import { multiply, translation } from "../raster/affine";
import { flood } from "../raster/fill";
import { get, set } from "../state/store";
import { cancelFloating, floating, floatSelection } from "./floating";
import { pixel, type Tool, type Touch } from "./tool";

/** Moves the selection or, without one, the area under the pointer. The box around it scales and rotates. */
class Move implements Tool {
  readonly id = "move";
  readonly name = "Move";
  readonly key = "V";
  readonly hint = "Drag the selection, or the area under the pointer. Alt duplicates.";
  readonly group = "select";
  readonly icon =
    "M10 2.5v15M2.5 10h15M10 2.5 7.8 4.7M10 2.5l2.2 2.2M10 17.5l-2.2-2.2M10 17.5l2.2-2.2M2.5 10l2.2-2.2M2.5 10l2.2 2.2M17.5 10l-2.2-2.2M17.5 10l-2.2 2.2";
  readonly cursor = "move";

  down(touch: Touch): void {
    const { drawing, selection } = get();
    if (!drawing) return;
    // In a warp only the handles move: a press that misses one does nothing.
    if (floating()?.mode === "warp") return;
    if (!floating()) {
      if (!selection) {
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
    if (last.shift) {
      if (Math.abs(dx) > Math.abs(dy)) dy = 0;
      else dx = 0;
    }
    moving.transform(multiply(translation(dx, dy), matrix));
    moving.follow();
    this.changed();
  }

  up(_touch: Touch): void {
    const moving = floating();
    if (!moving?.grabbed) return;
    moving.rest();
    moving.grabbed = null;
  }

  cancel(): void {
    cancelFloating();
  }

  /** Set by the overlay, whose box has to follow. */
  changed: () => void = () => {};
}

export const move = new Move();
