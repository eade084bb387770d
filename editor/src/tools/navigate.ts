import type { Tool } from "./tool";

const nothing = { down() {}, move() {}, up() {}, cancel() {} };

export const hand: Tool = {
  ...nothing,
  id: "hand",
  name: "Hand",
  key: "H",
  hint: "Drag to pan, or hold Space with any tool.",
  group: "view",
  icon: "M6.5 10.5V5a1.2 1.2 0 0 1 2.4 0v4M8.9 9V3.7a1.2 1.2 0 0 1 2.4 0V9M11.3 9V4.7a1.2 1.2 0 0 1 2.4 0V10M13.7 10V7a1.2 1.2 0 0 1 2.3 0v5.5c0 3-2 5-4.8 5-2.2 0-3.5-.8-4.7-2.6l-3-4.6a1.2 1.2 0 0 1 1.9-1.4l1.1 1.6",
  cursor: "grab",
  navigates: "pan",
};

export const zoom: Tool = {
  ...nothing,
  id: "zoom",
  name: "Zoom",
  key: "Z",
  hint: "Click to zoom in, Alt-click to zoom out, or scroll.",
  group: "view",
  icon: "M8.7 14.4a5.7 5.7 0 1 0 0-11.4 5.7 5.7 0 0 0 0 11.4zM13 13l4.2 4.2M8.7 6.4V11M6.4 8.7H11",
  cursor: "zoom-in",
  navigates: "zoom",
};
