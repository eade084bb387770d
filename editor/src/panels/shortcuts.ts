import { held } from "../canvas/input";
import { fitDrawing, zoomBy } from "../canvas/viewport";
import { get, set, setOption } from "../state/store";
import * as actions from "../tools/actions";
import { drop, floating, settle } from "../tools/floating";
import { chooseTool, TOOLS, toolInfo } from "../tools/registry";

/** The sheet behind `?`. Tools list their own keys. */
export const SHORTCUTS: [string, readonly (readonly [string, string])[]][] = [
  [
    "Edit",
    [
      ["Ctrl Z", "Undo"],
      ["Ctrl Shift Z", "Redo"],
      ["[ ]", "Smaller, larger brush"],
      ["D", "Default settings of the tool"],
      ["Alt", "Eyedropper while painting"],
      ["Esc", "Cancel, deselect"],
    ],
  ],
  [
    "Selection",
    [
      ["Ctrl A", "Select all"],
      ["Ctrl D", "Deselect"],
      ["Ctrl Shift I", "Invert"],
      ["Ctrl T", "Transform"],
      ["Ctrl Shift T", "Warp"],
      ["Ctrl J", "Duplicate"],
      ["Shift H", "Flip left to right"],
      ["Shift V", "Flip upside down"],
      ["Del", "Delete"],
      ["← ↑ → ↓", "Nudge (Shift: ten pixels)"],
      ["Enter", "Apply"],
    ],
  ],
  [
    "View",
    [
      ["Space", "Hand, while held"],
      ["+ -", "Zoom in, out"],
      ["0", "Fit"],
      ["1 2 3 4", "Layouts"],
      ["X", "Compare with the photo"],
      ["Q", "Show where the painter is unsure"],
      ["Tab", "Panels"],
      ["?", "This sheet"],
    ],
  ],
];

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Keys that belong to a field, a list or a slider are left to it. */
function typing(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  return !!element?.closest?.(
    "input:not([type=checkbox]):not([type=radio]), textarea, select, dialog, [role=slider], [role=tab]",
  );
}

function withControl(key: string, shift: boolean): (() => void) | undefined {
  return {
    z: shift ? actions.redo : actions.undo,
    y: actions.redo,
    a: actions.selectAll,
    d: actions.deselect,
    j: actions.duplicate,
    i: shift ? actions.invertSelection : undefined,
    t: shift ? () => actions.startWarp() : actions.startTransform,
  }[key];
}

function resize(factor: number): void {
  const { tool, options } = get();
  const name = tool === "eraser" ? "eraserSize" : "brushSize";
  const now = options[name];
  const wanted = factor > 1 ? Math.max(now + 1, Math.round(now * factor)) : Math.min(now - 1, Math.round(now * factor));
  setOption(name, Math.min(name === "eraserSize" ? 80 : 120, Math.max(1, wanted)));
}

function resetTool(): void {
  set(({ options }) => ({
    options: { ...options, brushSize: 12, eraserSize: 8, combine: "replace", linesToo: false, stopAtLines: false },
  }));
}

function plain(key: string, shift: boolean): (() => void) | undefined {
  if (shift && (key === "h" || key === "v")) return () => actions.flip(key === "h" ? "horizontal" : "vertical");
  const tool = shift ? undefined : TOOLS.find((info) => info.key.toLowerCase() === key);
  if (tool) return () => chooseTool(tool.id);
  const { layout, info } = get();
  return {
    "[": () => resize(0.8),
    "]": () => resize(1.25),
    d: resetTool,
    "?": () => set({ dialog: "shortcuts" }),
    delete: actions.deleteSelection,
    backspace: actions.deleteSelection,
    enter: settle,
    "+": () => zoomBy(1.25),
    "=": () => zoomBy(1.25),
    "-": () => zoomBy(1 / 1.25),
    "0": () => fitDrawing(),
    "1": () => set({ layout: "beside" as const }),
    "2": () => set({ layout: "over" as const }),
    "3": () => set({ layout: "drawing" as const }),
    "4": () => set({ layout: "result" as const }),
    x: layout === "beside" || layout === "result" ? () => set(({ before }) => ({ before: !before })) : undefined,
    q: info?.capabilities.uncertainty ? () => set(({ unsure }) => ({ unsure: !unsure })) : undefined,
  }[key];
}

function giveUp(): void {
  if (floating()) drop();
  else {
    toolInfo(get().tool).tool?.cancel();
    set({ selection: null });
  }
}

function onKeyDown(event: KeyboardEvent): void {
  const { page, phase, dialog } = get();
  if (event.defaultPrevented || typing(event.target) || page !== "project" || dialog !== "none") return;
  if (phase !== "edit") {
    if (event.key === "?") set({ dialog: "shortcuts" });
    return;
  }
  const button = (event.target as HTMLElement).closest?.("button, a, summary") !== null;
  // Space and Enter press a button that has the focus.
  if (button && (event.key === " " || event.key === "Enter")) return;
  if (event.key === " ") {
    held.space = true;
    document.body.dataset.space = "true";
    event.preventDefault();
    return;
  }
  // Tab walks through the controls once one of them has the focus; on the bare canvas it shows and hides the panels.
  if (event.key === "Tab") {
    if (document.activeElement !== document.body || event.shiftKey) return;
    set(({ panels }) => ({ panels: !panels }));
    event.preventDefault();
    return;
  }
  const arrow = ARROWS[event.key];
  const key = event.key.toLowerCase();
  const action = arrow
    ? () => actions.nudge(arrow[0] * (event.shiftKey ? 10 : 1), arrow[1] * (event.shiftKey ? 10 : 1))
    : event.key === "Escape"
      ? giveUp
      : event.ctrlKey || event.metaKey
        ? withControl(key, event.shiftKey)
        : event.altKey
          ? undefined
          : plain(key, event.shiftKey);
  if (!action || (arrow && !get().selection)) return;
  event.preventDefault();
  action();
}

function onKeyUp(event: KeyboardEvent): void {
  if (event.key !== " ") return;
  held.space = false;
  delete document.body.dataset.space;
}

export function listenToKeys(): () => void {
  window.addEventListener("keydown", onKeyDown);
  window.addEventListener("keyup", onKeyUp);
  return () => {
    window.removeEventListener("keydown", onKeyDown);
    window.removeEventListener("keyup", onKeyUp);
  };
}
