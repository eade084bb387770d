import type { Label } from "../api/client";
import type { components } from "../api/schema";
import type { Rect } from "../raster/rect";

/** What is open: where edits go, and where renders of them come from. In the studio that is its server. */
export interface Session {
  readonly id: string;
  /** Whether renders of edits are outstanding. */
  readonly busy: boolean;
  /**
   * Take everything drawn since the last call as one undo step, or as a part of an earlier one. Returns its id, or null if
   * nothing changed.
   */
  commit(title: string, continues?: number | null): number | null;
  /** Change names or colours of labels, with or without pixels. */
  relabel(title: string, labels: Label[]): void;
  step(type: "undo" | "redo"): void;
  /** Change how the drawing is rendered, or the name; what is not given stays as it is. */
  change(change: components["schemas"]["ProjectChange"]): Promise<void>;
  /** Address of the photo: by default at the size of the drawing, or a little larger. */
  photoUrl(size?: "full"): string;
  /** Load a part of the result at the photo's own size; null where the result has only the drawing's. */
  readonly loadWindow: ((rect: Rect, signal: AbortSignal) => Promise<ImageBitmap>) | null;
  /** Load the drawing again. */
  load(): Promise<void>;
  /** Wait until nothing that was drawn can be lost any more. */
  saved(): Promise<void>;
  close(): void;
}

let open: Session | null = null;

/** The open project, for tools and panels. */
export function session(): Session | null {
  return open;
}

export function setSession(next: Session | null): void {
  if (open !== next) open?.close();
  open = next;
}
