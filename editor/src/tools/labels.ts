import { flood, paintMask } from "../raster/fill";
import { inside } from "../raster/plane";
import { session } from "../state/session";
import { get, set } from "../state/store";
import { optionValue, type SwitchOption } from "./options";
import { canDraw, pixel, type Tool } from "./tool";

const STOP_AT_LINES: SwitchOption = {
  kind: "switch",
  id: "bucket.stopAtLines",
  label: "Stop at lines",
  initial: false,
};

export const bucket: Tool = {
  id: "bucket",
  name: "Bucket",
  key: "G",
  hint: "Fill an area with the current label.",
  group: "labels",
  icon: "M8.2 3.2l7.2 7.2-5.7 5.7a1.4 1.4 0 0 1-2 0l-5.2-5.2a1.4 1.4 0 0 1 0-2zM8.2 3.2 6.5 1.8M3 10.3h11.5M17 13.2c.9 1.3 1.3 2 1.3 2.6a1.3 1.3 0 0 1-2.6 0c0-.6.4-1.3 1.3-2.6z",
  cursor: "crosshair",
  needs: "labels",
  usesLabel: true,
  options: [STOP_AT_LINES],

  down(touch) {
    if (!canDraw("labels")) return;
    const { drawing, label } = get();
    if (!drawing?.labels) return;
    const walls = optionValue(STOP_AT_LINES) && drawing.edges ? drawing.edges : undefined;
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

export const eyedropper: Tool = {
  id: "eyedropper",
  name: "Eyedropper",
  key: "I",
  hint: "Pick the label under the pointer.",
  group: "labels",
  icon: "M11 6.3l2.6-2.6a1.9 1.9 0 0 1 2.7 2.7L13.7 9M9.7 5l5.3 5.3M11.6 7.3 5 13.9c-.4.4-.5 1.6-.9 2l-.9.9.9-.9c.4-.4 1.6-.5 2-.9l6.6-6.6",
  cursor: "crosshair",
  needs: "labels",
  usesLabel: true,

  down(touch) {
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
