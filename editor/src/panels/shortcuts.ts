import { isCanvasFocused } from "../canvas/focus";
import { held } from "../canvas/input";
import { fitDrawing, zoomBy, zoomToPhoto } from "../canvas/viewport";
import { get, type LayerId, type Layout, set, setLayer, toggleStacked } from "../state/store";
import * as actions from "../tools/actions";
import { anchor, cancel, floating } from "../tools/floating";
import { mergeObject, reorderObject } from "../tools/objects";
import { resetOptions, scaleOption } from "../tools/options";
import { chooseTool, offeredTools, toolById } from "../tools/registry";
import { focusRegion } from "./focus";

/** The list that `?` opens. The tools' keys come from the registry. */
export const SHORTCUTS: [string, readonly (readonly [string, string])[]][] = [
  [
    "Edit",
    [
      ["Ctrl Z", "Undo"],
      ["Ctrl Shift Z", "Redo"],
      ["[ ]", "Smaller, larger brush"],
      ["D", "Reset tool options"],
      ["Alt", "Eyedropper (hold while painting)"],
      ["Esc", "Cancel the transform or move; deselect"],
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
      ["Ctrl C", "Copy"],
      ["Ctrl X", "Cut"],
      ["Ctrl V", "Paste in the middle of the view, also a picture of another program"],
      ["Ctrl Shift V", "Paste where it was copied"],
      ["Ctrl J", "Duplicate"],
      ["Ctrl ] [", "Raise, lower the object"],
      ["Ctrl E", "Merge the object with what is below it"],
      ["Shift H", "Flip horizontally"],
      ["Shift V", "Flip vertically"],
      ["Shift G", "Fill with the current label"],
      ["Del", "Delete"],
      ["← ↑ → ↓", "Nudge the selection or the point (Shift: ten pixels; Alt: the point alone)"],
      ["Enter", "Apply; close the magnetic lasso"],
      ["Shift", "Keep the ratio, turn by 15°, move straight (hold while dragging)"],
      ["Alt", "Scale about the pivot (hold while dragging)"],
      ["Ctrl", "Do not snap (hold while dragging)"],
      ["Backspace", "Delete; magnetic lasso: one anchor back"],
    ],
  ],
  [
    "View",
    [
      ["Space", "Hand (hold)"],
      ["+ -", "Zoom in, out"],
      ["0", "Fit"],
      ["9", "100 %: the photo’s own pixels"],
      ["1 2 3 4", "Layouts"],
      ["5", "Drawing above the result, or beside it"],
      ["T", "Photo over the drawing (tap, or hold to peek)"],
      ["F", "Drawing over the result (tap, or hold to peek)"],
      ["X", "Compare with the photo"],
      ["Q", "Show uncertainty"],
      ["Shift T", "Timeline"],
      ["Shift Space", "Play or stop the timeline"],
      ["?", "This list"],
    ],
  ],
  [
    "Focus",
    [
      ["F6", "Next part of the window (Shift: previous)"],
      ["Tab", "Next control; on the canvas: show or hide the panels, or the next point"],
      ["Shift Tab", "Previous control"],
    ],
  ],
];

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Whether the focused control needs a key itself. Every other key is a shortcut, whatever has the focus. */
export function belongsToControl(key: string, target: HTMLElement): boolean {
  if (target.closest("dialog, textarea, select, input:not([type=range], [type=checkbox], [type=radio])")) return true;
  if (key in ARROWS) return target.matches("[type=range], [type=radio], [role=slider], [role=tab], [role=tabpanel]");
  if (key === " ") return target.matches("button, a, summary, [type=checkbox], [type=radio]");
  return key === "Enter" && target.matches("button, a, summary");
}

/** What is done with the selected object, if there is one. */
function onObject(action: (id: string) => void): (() => void) | undefined {
  const id = get().selection?.object;
  return id === undefined ? undefined : () => action(id);
}

function withControl(key: string, shift: boolean): (() => void) | undefined {
  return {
    z: shift ? actions.redo : actions.undo,
    y: actions.redo,
    a: actions.selectAll,
    d: actions.deselect,
    j: actions.duplicate,
    c: shift ? undefined : actions.copySelection,
    x: shift ? undefined : actions.cutSelection,
    // Without Shift, the browser tells what the system's clipboard has (see `pasting.ts`).
    v: shift ? () => actions.paste(true) : undefined,
    i: shift ? actions.invertSelection : undefined,
    e: shift ? undefined : onObject(mergeObject),
    "[": onObject((id) => reorderObject(id, -1)),
    "]": onObject((id) => reorderObject(id, 1)),
    t: shift ? () => actions.startWarp() : actions.startTransform,
  }[key];
}

function resize(factor: number): void {
  const { size } = toolById(get().tool);
  if (size) scaleOption(size, factor);
}

function plain(key: string, shift: boolean): (() => void) | undefined {
  if (shift && (key === "h" || key === "v")) return () => actions.flip(key === "h" ? "horizontal" : "vertical");
  if (shift && key === "g") return actions.fillSelection;
  const tool = shift ? undefined : offeredTools().find((one) => one.key.toLowerCase() === key);
  if (tool) return () => chooseTool(tool.id);
  const { layout, info, served } = get();
  return {
    "[": () => resize(0.8),
    "]": () => resize(1.25),
    d: resetOptions,
    "?": () => set({ dialog: "shortcuts" }),
    delete: actions.deleteSelection,
    backspace: () => toolById(get().tool).back?.() || actions.deleteSelection(),
    enter: () => toolById(get().tool).finish?.() || anchor(),
    "+": () => zoomBy(1.25),
    "=": () => zoomBy(1.25),
    "-": () => zoomBy(1 / 1.25),
    "0": () => fitDrawing(),
    "9": zoomToPhoto,
    "1": () => set({ layout: "beside" as const }),
    "2": () => set({ layout: "over" as const }),
    "3": () => set({ layout: "drawing" as const }),
    "4": () => set({ layout: "result" as const }),
    "5": layout === "beside" ? toggleStacked : undefined,
    x: layout === "beside" || layout === "result" ? () => set(({ before }) => ({ before: !before })) : undefined,
    q:
      served && info?.capabilities.uncertainty
        ? () => set(({ uncertainty }) => ({ uncertainty: !uncertainty }))
        : undefined,
  }[key];
}

/** Views that a tap switches, and that are shown for as long as the key is held. */
const PEEKS: Record<string, { layer: LayerId; hiddenIn: Layout[] }> = {
  t: { layer: "photo", hiddenIn: ["result"] },
  f: { layer: "overlay", hiddenIn: ["drawing", "over"] },
};
/** A key pressed for longer was held. */
const HELD_MS = 350;
let peeking: { key: string; since: number } | null = null;

function flip(key: string): void {
  const { layer } = PEEKS[key];
  setLayer(layer, { visible: !get().layers[layer].visible });
}

function peek(key: string, again: boolean): void {
  if (again || PEEKS[key].hiddenIn.includes(get().layout)) return;
  flip(key);
  peeking = { key, since: performance.now() };
}

function endPeek(key: string): void {
  if (peeking?.key !== key) return;
  if (performance.now() - peeking.since > HELD_MS) flip(key);
  peeking = null;
}

function onEscape(): void {
  if (floating()) {
    cancel();
    return;
  }
  toolById(get().tool).cancel();
  set({ selection: null });
}

/** Whether a drawing is edited, and no dialog is open. */
export function isEditing(): boolean {
  const { page, phase, dialog } = get();
  return page === "project" && phase === "edit" && dialog === "none";
}

function onKeyDown(event: KeyboardEvent): void {
  const { page, phase, dialog } = get();
  if (event.defaultPrevented || page !== "project" || dialog !== "none") return;
  if (event.key === "F6") {
    focusRegion(event.shiftKey ? -1 : 1);
    event.preventDefault();
    return;
  }
  if (belongsToControl(event.key, event.target as HTMLElement)) return;
  if (phase !== "edit") {
    if (event.key === "?") set({ dialog: "shortcuts" });
    return;
  }
  if (event.key === " ") {
    held.space = true;
    document.body.dataset.space = "true";
    event.preventDefault();
    return;
  }
  if (event.key === "Tab") {
    // From the canvas, it goes on to the points that are shown there.
    if (!isCanvasFocused() || document.querySelector(".point")) return;
    if (event.shiftKey || event.ctrlKey || event.altKey) return;
    set(({ panels }) => ({ panels: !panels }));
    event.preventDefault();
    return;
  }
  const arrow = ARROWS[event.key];
  const key = event.key.toLowerCase();
  const action = arrow
    ? () => actions.nudge(arrow[0] * (event.shiftKey ? 10 : 1), arrow[1] * (event.shiftKey ? 10 : 1))
    : event.key === "Escape"
      ? onEscape
      : event.ctrlKey || event.metaKey
        ? withControl(key, event.shiftKey)
        : event.altKey
          ? undefined
          : key in PEEKS && !event.shiftKey
            ? () => peek(key, event.repeat)
            : plain(key, event.shiftKey);
  if (!action || (arrow && !get().selection)) return;
  event.preventDefault();
  action();
}

function onKeyUp(event: KeyboardEvent): void {
  endPeek(event.key.toLowerCase());
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
