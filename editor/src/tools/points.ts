import { flood, paintMask } from "../raster/fill";
import { inside } from "../raster/plane";
import { session } from "../state/session";
import { get, set } from "../state/store";
import { mayDraw, pixel, type Tool, type Touch } from "./tool";

/** Gives the area under the pointer the chosen label. */
export const bucket: Tool = {
  down(touch: Touch) {
    if (!mayDraw("labels")) return;
    const { drawing, label, options } = get();
    if (!drawing?.labels) return;
    const walls = options.stopAtLines && drawing.edges ? drawing.edges : undefined;
    const { mask, rect, count } = flood(drawing.labels, pixel(touch), walls);
    if (!count) return;
    paintMask(drawing.labels, mask, rect, label);
    paintMask(drawing.marks, mask, rect, 0);
    drawing.touch(rect);
    session()?.commit("Bucket");
  },
  move() {},
  up() {},
  cancel() {},
};

/** Takes up the label under the pointer. */
export const eyedropper: Tool = {
  down(touch: Touch) {
    const { drawing } = get();
    const { x, y } = pixel(touch);
    if (drawing?.labels && inside(drawing.labels, x, y)) set({ label: drawing.labels.data[y * drawing.width + x] });
  },
  move(touches) {
    this.down(touches[touches.length - 1]);
  },
  up() {},
  cancel() {},
};
