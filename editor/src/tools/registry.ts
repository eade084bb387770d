import type { ToolId } from "../state/store";
import { get, set } from "../state/store";
import { curve, line } from "./curves";
import { settle } from "./floating";
import { move } from "./move";
import { pencil } from "./pencil";
import { bucket, eyedropper } from "./points";
import { lasso, outlineSelect, rectangle, region } from "./select";
import { brush, eraser } from "./strokes";
import type { Tool } from "./tool";

export interface ToolInfo {
  id: ToolId;
  name: string;
  key: string;
  hint: string;
  group: "draw" | "label" | "select" | "view";
  /** Panning and zooming are done by the canvas itself. */
  tool: Tool | null;
}

export const TOOLS: readonly ToolInfo[] = [
  {
    id: "move",
    name: "Move",
    key: "V",
    group: "select",
    tool: move,
    hint: "Drag the selection, or the area under the pointer. Alt copies.",
  },
  {
    id: "rectangle",
    name: "Select rectangle",
    key: "M",
    group: "select",
    tool: rectangle,
    hint: "Drag a box. Shift adds, Alt takes away. Drag inside a selection to move it.",
  },
  {
    id: "lasso",
    name: "Lasso",
    key: "L",
    group: "select",
    tool: lasso,
    hint: "Draw around what you want. Shift adds, Alt takes away.",
  },
  {
    id: "region",
    name: "Select area",
    key: "W",
    group: "select",
    tool: region,
    hint: "Press on an area to select it with its label.",
  },
  {
    id: "outline",
    name: "Select line",
    key: "K",
    group: "select",
    tool: outlineSelect,
    hint: "Press on a line to select it with all that hangs on it.",
  },
  {
    id: "pencil",
    name: "Pencil",
    key: "P",
    group: "draw",
    tool: pencil,
    hint: "Draw lines one pixel thin. Shift goes on straight from the last stroke.",
  },
  { id: "eraser", name: "Eraser", key: "E", group: "draw", tool: eraser, hint: "Take lines away." },
  { id: "line", name: "Line", key: "U", group: "draw", tool: line, hint: "Drag a straight line. Shift keeps to 45°." },
  {
    id: "curve",
    name: "Curve",
    key: "C",
    group: "draw",
    tool: curve,
    hint: "Drag from end to end, let go, bend, press. Alt bends an S.",
  },
  {
    id: "brush",
    name: "Label brush",
    key: "B",
    group: "label",
    tool: brush,
    hint: "Paint the chosen label. [ and ] change the size.",
  },
  { id: "bucket", name: "Bucket", key: "G", group: "label", tool: bucket, hint: "Give a whole area the chosen label." },
  {
    id: "eyedropper",
    name: "Eyedropper",
    key: "I",
    group: "label",
    tool: eyedropper,
    hint: "Choose the label under the pointer.",
  },
  {
    id: "hand",
    name: "Hand",
    key: "H",
    group: "view",
    tool: null,
    hint: "Drag the canvas. Or hold Space with any tool.",
  },
  {
    id: "zoom",
    name: "Zoom",
    key: "Z",
    group: "view",
    tool: null,
    hint: "Press to zoom in, Alt to zoom out. Or turn the wheel.",
  },
];

export function toolInfo(id: ToolId): ToolInfo {
  return TOOLS.find((info) => info.id === id)!;
}

/** Change tools; what the old one had begun is laid down or forgotten. */
export function chooseTool(id: ToolId): void {
  const { tool } = get();
  if (tool === id) return;
  if (tool !== "move") toolInfo(tool).tool?.cancel();
  if (id !== "move") settle();
  set({ tool: id });
}
