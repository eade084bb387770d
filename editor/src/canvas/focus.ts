/**
 * Panes can have the keyboard focus but are not in the Tab order: on the canvas Tab hides the panels, so anyone who moves
 * through the page with Tab would be trapped there.
 */
export const FOCUSABLE_PANE = { tabIndex: -1, "data-canvas": true } as const;

/** Focus a pane, by default the first one. `ring` shows it, for keyboard users. */
export function focusCanvas(ring = false, pane = document.querySelector<HTMLElement>("[data-canvas]")): void {
  pane?.toggleAttribute("data-ring", ring);
  pane?.focus({ preventScroll: true });
}

export function isCanvasFocused(): boolean {
  return document.activeElement?.hasAttribute("data-canvas") ?? false;
}
