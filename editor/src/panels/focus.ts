import { focusCanvas } from "../canvas/focus";

const PRESSED = "button, summary, input[type=checkbox], input[type=radio]";

/**
 * A control pressed with the pointer passes the focus on to the canvas, so that Space, Enter and Tab keep their meaning for
 * the canvas. Sliders and text fields keep the focus, and so does every control reached with the keyboard.
 */
export function returnFocusToCanvas(): () => void {
  let pressing = false;
  let keyboard = true;
  const down = () => {
    pressing = true;
    keyboard = false;
  };
  const key = () => {
    pressing = false;
    keyboard = true;
  };
  // A click on a label moves the focus only after the event. Not every press ends with a click.
  const up = () => setTimeout(() => (pressing = false));
  const focus = ({ target }: FocusEvent) => {
    const control = target as HTMLElement;
    if (pressing && control.matches(PRESSED) && !control.closest("dialog")) focusCanvas();
  };
  const change = ({ target }: Event) => {
    const control = target as HTMLElement;
    if (!keyboard && control.matches("select") && !control.closest("dialog")) focusCanvas();
  };
  const listeners = [
    // Comes just before the focus, on a touch screen after pointerup; scrolling with a finger causes none.
    ["mousedown", down],
    ["keydown", key],
    ["mouseup", up],
    ["pointercancel", up],
    ["click", up],
    ["focusin", focus],
    ["change", change],
  ] as const;
  for (const [type, listener] of listeners) window.addEventListener(type, listener as EventListener, true);
  return () => {
    for (const [type, listener] of listeners) window.removeEventListener(type, listener as EventListener, true);
  };
}

const REGIONS = [".topbar", ".options", ".rail", ".panes", ".side", ".timeline", ".status", ".tour"];
const FOCUSABLE = "button:enabled, input:enabled, select:enabled, a[href], [tabindex='0']";

function enter(region: HTMLElement): void {
  if (region.matches(".panes")) focusCanvas(true);
  else region.querySelector<HTMLElement>(FOCUSABLE)?.focus();
}

/** Move the focus to the next (1) or previous (−1) region of the window. */
export function focusRegion(step: 1 | -1): void {
  const regions = REGIONS.flatMap((selector) => document.querySelector<HTMLElement>(selector) ?? []);
  const now = regions.findIndex((region) => region.contains(document.activeElement));
  const next = now < 0 ? (step > 0 ? 0 : regions.length - 1) : (now + step + regions.length) % regions.length;
  if (regions[next]) enter(regions[next]);
}

export function focusPanels(): void {
  const panels = document.querySelector<HTMLElement>(".side");
  if (panels) enter(panels);
}
