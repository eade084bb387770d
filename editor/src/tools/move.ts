import { type Affine, multiply, translation } from "../raster/affine";
import { flood } from "../raster/fill";
import type { Point } from "../raster/plane";
import { get, set } from "../state/store";
import { drop, floating, lift, settle } from "./floating";
import { pixel, type Tool, type Touch } from "./tool";

/** Moves what is selected; without a selection, the area under the pointer. The box around it scales and turns. */
class Move implements Tool {
  private held: { at: Point; matrix: Affine } | null = null;

  down(touch: Touch): void {
    const { drawing, selection } = get();
    if (!drawing) return;
    if (!floating()) {
      if (!selection) {
        if (!drawing.labels) return;
        const found = flood(drawing.labels, pixel(touch));
        if (!found.count || found.count === drawing.width * drawing.height) return;
        set({ selection: { mask: found.mask, scope: "both" } });
      }
      lift(touch.alt ? "Duplicate selection" : "Move selection", touch.alt);
    } else if (get().floating === "warp") {
      settle();
      return;
    }
    this.take(touch);
  }

  take(touch: Touch): void {
    const piece = floating();
    if (piece) this.held = { at: { x: touch.x, y: touch.y }, matrix: piece.matrix };
  }

  move(touches: readonly Touch[]): void {
    const piece = floating();
    if (!piece || !this.held) return;
    const last = touches[touches.length - 1];
    let dx = Math.round(last.x - this.held.at.x);
    let dy = Math.round(last.y - this.held.at.y);
    if (last.shift) {
      if (Math.abs(dx) > Math.abs(dy)) dy = 0;
      else dx = 0;
    }
    piece.transform(multiply(translation(dx, dy), this.held.matrix));
    piece.follow();
    this.changed();
  }

  up(_touch: Touch): void {
    if (this.held) floating()?.rest();
    this.held = null;
  }

  cancel(): void {
    this.held = null;
    drop();
  }

  /** The overlay listens: the box has to go along. */
  changed: () => void = () => {};
}

export const move = new Move();
