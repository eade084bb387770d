import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { returnFocusToCanvas } from "./focus";

const canvas = { toggleAttribute: () => {}, focus: vi.fn() };
let page: EventTarget;
let stop: () => void;

beforeEach(() => {
  vi.useFakeTimers();
  canvas.focus.mockClear();
  // The events' target is a button.
  page = Object.assign(new EventTarget(), { matches: () => true, closest: () => null });
  vi.stubGlobal("window", page);
  vi.stubGlobal("document", { querySelector: () => canvas });
  stop = returnFocusToCanvas();
});

afterEach(() => {
  stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Events in their order; "…" is a pause. */
function happen(events: string): void {
  for (const type of events.split(" ")) {
    if (type === "…") vi.runAllTimers();
    else page.dispatchEvent(new Event(type));
  }
}

it.each([
  ["a press", "pointerdown mousedown focusin"],
  ["a tap", "pointerdown pointerup … mousedown focusin mouseup click"],
  ["a click on its label", "pointerdown mousedown pointerup mouseup click focusin"],
])("a control focused by %s passes the focus on", (_, events) => {
  happen(events);
  expect(canvas.focus).toHaveBeenCalledOnce();
});

it.each([
  ["scrolling with a finger", "pointerdown pointercancel"],
  ["a long press", "pointerdown pointerup"],
  ["a press released outside the window", "pointerdown mousedown pointerup mouseup"],
  ["dragging a link", "pointerdown mousedown pointercancel"],
  ["a click", "pointerdown mousedown pointerup mouseup click"],
  ["a press during which a key is pressed", "pointerdown mousedown keydown"],
])("a control focused after %s keeps the focus", (_, events) => {
  happen(`${events} … focusin`);
  expect(canvas.focus).not.toHaveBeenCalled();
});
