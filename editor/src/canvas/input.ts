import type { Point } from "../raster/plane";
import { get, set } from "../state/store";
import { anchor } from "../tools/floating";
import { eyedropper } from "../tools/labels";
import { toolById } from "../tools/registry";
import type { Tool, Touch } from "../tools/tool";
import { focusCanvas } from "./focus";
import { panBy, rememberPane, toDrawing, zoomBy } from "./viewport";

/** Keys held down. While Space is, the active tool is the hand. */
export const held = { space: false };

interface Options {
  pane: HTMLElement;
  /** Whether a handle is under the pointer: the press is for it, not for the tool. */
  handleAt: (at: Point) => boolean;
  /** False for the result, which can only be panned and zoomed. */
  draws: boolean;
}

type Mode = "none" | "draw" | "pan" | "pinch";

/** Pointers on a pane: tools, panning, zooming, pinching, pen pressure. Returns a function that removes the listeners. */
export function listen({ pane, handleAt, draws }: Options): () => void {
  let mode: Mode = "none";
  let active: Tool | null = null;
  let last: Point = { x: 0, y: 0 };
  const fingers = new Map<number, Point>();
  let box = pane.getBoundingClientRect();

  const place = (event: { clientX: number; clientY: number }): Point => ({
    x: event.clientX - box.left,
    y: event.clientY - box.top,
  });
  const size = () => ({ width: pane.clientWidth, height: pane.clientHeight });
  const touch = (event: PointerEvent): Touch => ({
    ...toDrawing(get().view, size(), place(event)),
    pressure: event.pressure,
    pen: event.pointerType === "pen",
    shift: event.shiftKey,
    alt: event.altKey,
    ctrl: event.ctrlKey || event.metaKey,
  });

  const down = (event: PointerEvent) => {
    box = pane.getBoundingClientRect();
    rememberPane(size());
    const at = place(event);
    if (event.pointerType === "touch") {
      fingers.set(event.pointerId, at);
      if (fingers.size === 2) {
        // A second finger makes it a pinch, so the first one was not meant to draw.
        if (mode === "draw") active?.cancel();
        mode = "pinch";
        return;
      }
    }
    if ((event.target as HTMLElement).closest("button, [role=slider], a")) return;
    focusCanvas(false, pane);
    if (mode !== "none" || handleAt(at)) return;
    const tool = toolById(get().tool);
    const panning = event.button === 1 || held.space || tool.navigates === "pan" || !draws;
    if (tool.navigates === "zoom" && event.button === 0 && !panning) {
      zoomBy(event.altKey ? 1 / 1.6 : 1.6, at, size());
      return;
    }
    if (event.button !== 0 && event.button !== 1 && event.button !== 5) return;
    pane.setPointerCapture(event.pointerId);
    last = at;
    if (panning) {
      mode = "pan";
      pane.dataset.panning = "true";
      return;
    }
    if (tool.navigates) return;
    active = event.altKey && tool.usesLabel ? eyedropper : tool;
    // Cancelling a floating selection restores the layers, and with them what was drawn since.
    if (active.group !== "select") anchor();
    event.preventDefault();
    mode = "draw";
    active.down(touch(event));
  };

  const motion = (event: PointerEvent) => {
    const at = place(event);
    if (fingers.has(event.pointerId) && mode === "pinch") {
      pinch(event.pointerId, at);
      return;
    }
    const here = toDrawing(get().view, size(), at);
    set({ pointer: here });
    if (mode === "pan") {
      panBy(at.x - last.x, at.y - last.y);
      last = at;
    } else if (mode === "draw" && active) {
      const bundle = event.getCoalescedEvents?.() ?? [];
      active.move((bundle.length ? bundle : [event]).map(touch));
    } else if (draws && mode === "none") {
      toolById(get().tool).hover?.(touch(event));
    }
  };

  const pinch = (id: number, at: Point) => {
    const before = [...fingers.values()];
    fingers.set(id, at);
    const after = [...fingers.values()];
    if (after.length < 2) return;
    const middle = (p: Point[]) => ({ x: (p[0].x + p[1].x) / 2, y: (p[0].y + p[1].y) / 2 });
    const spread = (p: Point[]) => Math.max(8, Math.hypot(p[0].x - p[1].x, p[0].y - p[1].y));
    const [from, to] = [middle(before), middle(after)];
    panBy(to.x - from.x, to.y - from.y);
    zoomBy(spread(after) / spread(before), to, size());
  };

  const up = (event: PointerEvent) => {
    fingers.delete(event.pointerId);
    if (mode === "pinch") {
      if (fingers.size === 0) mode = "none";
      return;
    }
    if (mode === "draw" && active) {
      if (event.type === "pointercancel") active.cancel();
      else active.up(touch(event));
    }
    mode = "none";
    active = null;
    delete pane.dataset.panning;
  };

  const leave = () => {
    if (mode === "none") set({ pointer: null });
  };

  const wheel = (event: WheelEvent) => {
    event.preventDefault();
    box = pane.getBoundingClientRect();
    rememberPane(size());
    if (event.shiftKey && !event.ctrlKey) {
      panBy(-(event.deltaX || event.deltaY), 0);
      return;
    }
    // A notch of a wheel is about 100 units, a pinch on a trackpad a few: both should zoom at a similar rate.
    const strength = event.ctrlKey ? 0.01 : 0.0018;
    const delta = event.deltaMode === 1 ? event.deltaY * 33 : event.deltaY;
    zoomBy(Math.exp(-Math.max(-240, Math.min(240, delta)) * strength), place(event), size());
  };

  const noMenu = (event: Event) => event.preventDefault();
  pane.addEventListener("pointerdown", down);
  pane.addEventListener("pointermove", motion);
  pane.addEventListener("pointerup", up);
  pane.addEventListener("pointercancel", up);
  pane.addEventListener("pointerleave", leave);
  pane.addEventListener("wheel", wheel, { passive: false });
  pane.addEventListener("contextmenu", noMenu);
  return () => {
    pane.removeEventListener("pointerdown", down);
    pane.removeEventListener("pointermove", motion);
    pane.removeEventListener("pointerup", up);
    pane.removeEventListener("pointercancel", up);
    pane.removeEventListener("pointerleave", leave);
    pane.removeEventListener("wheel", wheel);
    pane.removeEventListener("contextmenu", noMenu);
  };
}
