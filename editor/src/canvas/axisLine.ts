import Konva from "konva";
import type { Point } from "../raster/plane";
import { get } from "../state/store";
import { setOption } from "../tools/options";
import { toolById } from "../tools/registry";
import { AXIS, axisOf } from "../tools/symmetry";

/** How far the handle is from the upper border, in pixels of the screen. */
const TOP_PX = 18;

interface Space {
  /** From the drawing to the stage. */
  screen: (p: Point) => Point;
  drawing: (p: Point) => Point;
}

/** The axis of symmetry, while the active tool has one: a line over the canvas, with a handle that moves it. */
export class AxisLine {
  readonly group = new Konva.Group();
  private readonly lines: Konva.Line[];
  private readonly handle: Konva.Circle;
  private readonly space: Space;

  constructor(space: Space, accent: string, coarse: boolean) {
    this.space = space;
    this.lines = [
      new Konva.Line({ stroke: "#000", strokeWidth: 3, opacity: 0.45, listening: false }),
      new Konva.Line({ stroke: "#fff", strokeWidth: 1, dash: [6, 4], listening: false }),
    ];
    this.handle = new Konva.Circle({
      radius: coarse ? 13 : 8,
      fill: "#fff",
      stroke: accent,
      strokeWidth: 2,
      hitStrokeWidth: 12,
      draggable: true,
    });
    this.handle.on("dragmove", () => {
      const { drawing } = get();
      if (!drawing) return;
      const share = (100 * this.space.drawing(this.handle.position()).x) / drawing.width;
      setOption(AXIS, Math.min(AXIS.max, Math.max(AXIS.min, share)));
    });
    this.handle.on("mouseenter", () => this.cursor("ew-resize"));
    this.handle.on("mouseleave", () => this.cursor(""));
    this.group.add(...this.lines, this.handle);
  }

  get shown(): boolean {
    return this.group.visible();
  }

  sync(height: number): void {
    const axis = axisOf(toolById(get().tool).options);
    this.group.visible(axis !== null);
    if (axis === null) return;
    const { x } = this.space.screen({ x: axis, y: 0 });
    for (const line of this.lines) line.points([x, 0, x, height]);
    this.handle.position({ x, y: TOP_PX });
  }

  private cursor(style: string): void {
    const content = this.group.getStage()?.content;
    if (content) content.style.cursor = style;
  }
}
