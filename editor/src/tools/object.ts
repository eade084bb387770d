import { fetchFrame, projectUrl, Refusal } from "../api/client";
import { readFrame } from "../api/frames";
import type { components } from "../api/schema";
import { type Combine, combine } from "../raster/mask";
import { createPlane, inside, type Plane, type Point } from "../raster/plane";
import { get, notify, type Selection, set } from "../state/store";
import { type ChoiceOption, optionValue } from "./options";
import { COMBINE, combineMode, draft, SelectionTool, select } from "./select";
import { pixel, type Touch } from "./tool";

type Marks = components["schemas"]["SelectObject"]["marks"];
type Mark = NonNullable<Marks>[number];

const DRAG: ChoiceOption<"box" | "scribble"> = {
  kind: "choice",
  id: "object.drag",
  label: "Dragging draws",
  initial: "box",
  choices: [
    { value: "box", label: "Box" },
    { value: "scribble", label: "Scribble" },
  ],
};

/** A drag shorter than this on the screen is a click. */
const CLICK_PX = 4;
/** The most points that a scribble is sent with. */
const MOST_POINTS = 256;

/** What a series of marks selects: the first starts it, those with Shift or Alt improve it. */
interface Series {
  marks: Mark[];
  /** What was selected before, and how the object is combined with it. */
  before: Plane | null;
  mode: Combine;
  /** The selection while nothing but this series changes it. */
  shown: Selection | null;
}

/** Selects things of the photo. The server computes; of several requests, the newest counts. */
class ObjectSelect extends SelectionTool {
  readonly id = "object";
  readonly asksServer = true;
  readonly name = "Select object";
  readonly key = "O";
  readonly hint = "Click a thing, or drag a box around it. Shift-click adds to it, Alt-click takes away.";
  readonly icon =
    "M10 5.5c2.6 0 4.5 1.8 4.5 4.4s-1.9 4.6-4.5 4.6-4.5-2-4.5-4.6 1.9-4.4 4.5-4.4zM3 6V3h3M14 3h3v3M17 14v3h-3M6 17H3v-3M10 8.2v3.6M8.2 10h3.6";
  readonly showsResult = true;
  override readonly options = [COMBINE, DRAG];
  private points: Point[] = [];
  private series: Series | null = null;
  private request: AbortController | null = null;

  /** Prepare the picture, so that the first click is fast. */
  chosen(): void {
    void this.ask([]).catch(() => {});
  }

  protected begin({ x, y }: Touch): void {
    this.points = [{ x, y }];
  }

  protected override extend({ x, y }: Touch): void {
    this.points.push({ x, y });
    if (this.isClick()) return;
    const [from] = this.points;
    const box = optionValue(DRAG) === "box";
    draft.points = box ? [from, { x, y: from.y }, { x, y }, { x: from.x, y }] : this.points;
    draft.closed = box;
    draft.changed();
  }

  protected override end(touch: Touch): void {
    draft.points = [];
    draft.changed();
    const { drawing, selection } = get();
    if (!drawing) return;
    const mode = combineMode(touch);
    const { x, y } = pixel(touch);
    const scribble = !this.isClick() && optionValue(DRAG) === "scribble";
    if (scribble ? this.within().length === 0 : this.isClick() && !inside(drawing.marks, x, y)) {
      if (mode === "replace") set({ selection: null });
      return;
    }
    const improves = mode !== "replace" && !!this.series?.marks.length && selection === this.series.shown;
    if (!improves) this.series = { marks: [], before: selection?.mask ?? null, mode, shown: selection };
    this.series!.marks.push(this.mark(!improves || mode === "add"));
    void this.show(this.series!);
  }

  override cancel(): void {
    super.cancel();
    this.request?.abort();
    this.series = null;
  }

  private isClick(): boolean {
    const [from] = this.points;
    const far = Math.max(...this.points.map((p) => Math.hypot(p.x - from.x, p.y - from.y)));
    return far * get().view.zoom < CLICK_PX;
  }

  /** The points of the drag that are in the picture. */
  private within(): Point[] {
    const { width, height } = get().drawing!;
    return this.points.filter((p) => p.x >= 0 && p.y >= 0 && p.x < width && p.y < height);
  }

  private mark(add: boolean): Mark {
    const pair = ({ x, y }: Point): [number, number] => [x, y];
    const last = this.points[this.points.length - 1];
    if (this.isClick()) return { type: "stroke", points: [pair(this.points[0])], add };
    if (optionValue(DRAG) === "box") return { type: "box", corners: [pair(this.points[0]), pair(last)], add };
    const within = this.within();
    const every = Math.ceil(within.length / MOST_POINTS);
    return { type: "stroke", points: within.filter((_, i) => i % every === 0).map(pair), add };
  }

  private async show(series: Series): Promise<void> {
    try {
      const mask = await this.ask(series.marks);
      // Something else was selected meanwhile.
      if (!mask || this.series !== series) return;
      const { before, mode } = series;
      if (mode === "replace") select(mask, "all", "replace");
      else select(combine(before, mask, mode), "all", "replace");
      series.shown = get().selection;
      if (!series.shown) notify("Nothing is selected here.");
    } catch (error) {
      if (this.series === series) series.marks.pop();
      if (error instanceof Refusal && error.code !== "superseded") notify(error.message, "problem");
    }
  }

  /** The selection by some marks; null if a newer request was made meanwhile. */
  private async ask(marks: Mark[]): Promise<Plane | null> {
    this.request?.abort();
    const { drawing, project } = get();
    if (!drawing || !project) return null;
    const own = new AbortController();
    this.request = own;
    try {
      const answer = await fetchFrame(projectUrl(project.id, "/select"), { body: { marks }, signal: own.signal });
      return own.signal.aborted ? null : createPlane(drawing.width, drawing.height, readFrame(answer).body.slice());
    } catch (error) {
      if (own.signal.aborted) return null;
      throw error;
    }
  }
}

export const objectSelect = new ObjectSelect();
