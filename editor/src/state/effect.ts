import type { components } from "../api/schema";
import { set } from "./store";

/** A part of the drawing: left, top, right and bottom, in shares of width and height. */
export type Part = components["schemas"]["Render"]["without_effect"][number];

/** The picture says which edits it does not show; none are known before it is polished. */
export function setWithoutEffect(parts: Part[]): void {
  set((state) => ({ withoutEffect: parts, outlined: state.outlined && parts.length > 0 }));
}
