import type { Point } from "../raster/plane";
import { LAYER_TYPES, type LayerRole } from "../state/layers";
import { session } from "../state/session";
import { get, notify } from "../state/store";
import type { SliderOption, ToolOption } from "./options";

/** Where the pointer is, in the drawing's continuous pixel coordinates. */
export interface Touch extends Point {
  /** 0 to 1; a mouse reports 0.5. */
  pressure: number;
  pen: boolean;
  shift: boolean;
  alt: boolean;
  /** Ctrl, or Cmd on a Mac. */
  ctrl: boolean;
}

/** Everything about a tool: behaviour, icon, help, options. Exactly one tool is active at a time. */
export interface Tool {
  readonly id: string;
  readonly name: string;
  /** The letter that selects it. */
  readonly key: string;
  /** One line in the options bar and the tooltip. */
  readonly hint: string;
  readonly group: "select" | "lines" | "labels" | "view";
  /** SVG path data on a 20 × 20 grid, drawn with a stroke of 1.5. */
  readonly icon: string;
  /** CSS cursor over the drawing. */
  readonly cursor: string;
  /** The layer the tool works on; without it the tool is disabled. */
  readonly needs?: LayerRole;
  readonly options?: readonly ToolOption[];
  /** The option that [ and ] change and the ring at the pointer shows. */
  readonly size?: SliderOption;
  /** The photo is shown while it is the active tool. */
  readonly showsPhoto?: boolean;
  /** The result, or the photo before there is one, is shown while it is the active tool. */
  readonly showsResult?: boolean;
  /** It asks the studio's server, so pages without one do not have it. */
  readonly asksServer?: true;
  /** Paints with the current label: the options bar shows it, and Alt picks another. */
  readonly usesLabel?: boolean;
  /** Panning and zooming happen in screen pixels, so the canvas does them. */
  readonly navigates?: "pan" | "zoom";

  down(touch: Touch): void;
  /** All points since the last call; browsers bundle several into one event. */
  move(touches: readonly Touch[]): void;
  up(touch: Touch): void;
  /** Discard what has been started. */
  cancel(): void;
  /** The pointer moves without a button pressed. */
  hover?(touch: Touch): void;
  /** It becomes the active tool. */
  chosen?(): void;
  /** Enter: finish what has been started. False if there is nothing to finish. */
  finish?(): boolean;
  /** Backspace: take back the last part of what has been started. False if nothing has been. */
  back?(): boolean;
}

export function pixel({ x, y }: Point): Point {
  return { x: Math.floor(x), y: Math.floor(y) };
}

/** Whether a layer can be drawn on; if not, the reason is shown. */
export function canDraw(role: LayerRole): boolean {
  const { drawing, layers } = get();
  if (!drawing) return false;
  const type = drawing.layer(role)?.type ?? LAYER_TYPES.find((one) => one.role === role)!;
  if (!drawing.layer(role)) {
    notify(`This drawing has no layer “${type.title}”. To add it, choose “Change the drawing…”.`);
    return false;
  }
  if (layers[role].locked) {
    notify(`The layer “${type.title}” is locked. Unlock it in the Layers panel to draw on it.`);
    return false;
  }
  if (!layers[role].visible) {
    notify(`The layer “${type.title}” is hidden. Show it in the Layers panel to draw on it.`);
    return false;
  }
  return true;
}

const EVERY_MS = 180;

/**
 * One history step whose result is rendered while it is still being made: parts are sent at a limited rate, never while an
 * earlier one is being rendered, and the server merges them into the first.
 */
export class LiveStep {
  private first: number | null = null;
  private last = performance.now();
  private readonly title: string;
  private readonly prepare: () => void;

  /** @param prepare called before anything is sent. */
  constructor(title: string, prepare: () => void = () => {}) {
    this.title = title;
    this.prepare = prepare;
  }

  /** Send what has changed, if enough time has passed. */
  update(): void {
    const now = performance.now();
    if (now - this.last < EVERY_MS || session()?.busy) return;
    this.last = now;
    this.flush();
  }

  /** Send what has changed now: when the pen rests, and at the end. */
  flush(): void {
    this.prepare();
    const id = session()?.commit(this.title, this.first) ?? null;
    this.first ??= id;
  }

  /** Undo what was sent. The caller has restored the drawing already. */
  cancel(): void {
    get().drawing?.revert();
    if (this.first !== null) session()?.step("undo");
  }
}
