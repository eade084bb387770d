import type { Rect } from "../raster/rect";
import { type StrokePoint, strokeSegment } from "../raster/stamp";
import type { Drawing } from "../state/drawing";
import { EXCLUDE, SAMPLE } from "../state/layers";
import { type ChoiceOption, optionValue, type SliderOption } from "./options";
import { DiscTool } from "./strokes";

const VALUES = { exclude: EXCLUDE, sample: SAMPLE, erase: 0 } as const;
type Mode = keyof typeof VALUES;

/** Marks places of the photo: nothing new is copied from here, or only from here. */
class CopyMarks extends DiscTool {
  readonly id = "sources";
  readonly asksServer = true;
  readonly name = "Copy marks";
  readonly key = "S";
  readonly hint = "Mark places of the photo: what is synthesised is not copied from red, and only from green, if any.";
  readonly group = "labels";
  readonly icon = "M7 3.5h9.5V13M3.5 7H13v9.5H3.5zM6 9.5l4.5 4.5M10.5 9.5L6 14";
  readonly needs = "sources";
  readonly showsPhoto = true;
  readonly mode: ChoiceOption<Mode> = {
    kind: "choice",
    id: "sources.mode",
    label: "What to mark",
    initial: "exclude",
    choices: [
      { value: "exclude", label: "Don’t copy from here" },
      { value: "sample", label: "Copy from here" },
      { value: "erase", label: "Erase marks" },
    ],
  };
  readonly size: SliderOption = {
    kind: "slider",
    id: "sources.size",
    label: "Size",
    unit: " px",
    initial: 24,
    min: 1,
    max: 160,
  };
  readonly options = [this.mode, this.size];

  protected override draw(drawing: Drawing, from: StrokePoint, to: StrokePoint): Rect {
    return strokeSegment(drawing.layer("sources")!.plane, from, to, VALUES[optionValue(this.mode)]);
  }
}

export const copyMarks = new CopyMarks();
