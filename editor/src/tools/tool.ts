import type { Point } from "../raster/plane";
import { session } from "../state/session";
import { get, say } from "../state/store";

/** Where the pointer is, in the drawing's continuous pixel coordinates. */
export interface Touch extends Point {
  /** 0 to 1; a mouse says 0.5. */
  pressure: number;
  pen: boolean;
  shift: boolean;
  alt: boolean;
}

/** What a tool does between pen down and pen up. Exactly one tool is active. */
export interface Tool {
  down(touch: Touch): void;
  /** All points since the last call; browsers bundle several into one event. */
  move(touches: readonly Touch[]): void;
  up(touch: Touch): void;
  /** Forget what is begun. */
  cancel(): void;
  /** Without a button held. */
  hover?(touch: Touch): void;
}

export function pixel({ x, y }: Point): Point {
  return { x: Math.floor(x), y: Math.floor(y) };
}

/** Whether a layer may be drawn on; if not, say why. */
export function mayDraw(on: "labels" | "edges"): boolean {
  const { drawing, layers, project } = get();
  if (!drawing) return false;
  const name = on === "edges" ? "Lines" : drawing.painting ? "Colours" : "Labels";
  if (!drawing[on]) {
    const kind = project?.settings.kind ?? "this kind";
    say(`This drawing has no layer of ${name.toLowerCase()} (it is of the kind “${kind}”).`);
    return false;
  }
  if (layers[on].locked) {
    say(`The layer “${name}” is locked. Unlock it in the Layers panel to draw on it.`);
    return false;
  }
  if (!layers[on].visible) {
    say(`The layer “${name}” is hidden. Show it in the Layers panel to draw on it.`);
    return false;
  }
  return true;
}

const EVERY_MS = 180;

/**
 * One step of the history that the picture already follows while it is made: parts are sent at a sane rate, never while an
 * earlier one is still being painted, and joined to the first.
 */
export class Step {
  private first: number | null = null;
  private last = performance.now();
  private readonly title: string;

  constructor(title: string) {
    this.title = title;
  }

  during(): void {
    const now = performance.now();
    if (now - this.last < EVERY_MS || session()?.busy) return;
    this.last = now;
    this.send();
  }

  /** Send what there is: at a rest of the pen, and at the end. */
  flush(): void {
    this.send();
  }

  /** Take back what was sent. The caller has put the drawing back to what it was before. */
  cancel(): void {
    get().drawing?.revert();
    if (this.first !== null) session()?.step("undo");
  }

  private send(): void {
    const id = session()?.commit(this.title, this.first) ?? null;
    this.first ??= id;
  }
}
