import type { StrokePoint } from "../raster/stamp";
import { get, type StudioState } from "../state/store";
import { optionValue, type SliderOption, type SwitchOption, type ToolOption } from "./options";

/** Whether strokes are mirrored at a vertical axis; one setting for all tools that have it. */
export const SYMMETRY: SwitchOption = { kind: "switch", id: "symmetry", label: "Symmetry", initial: false };

/** Where the axis is, in percent of the width. It is also dragged on the canvas. */
export const AXIS: SliderOption = {
  kind: "slider",
  id: "symmetry.axis",
  label: "Axis",
  unit: " %",
  initial: 50,
  min: 0,
  max: 100,
  step: 0.5,
  onlyWith: SYMMETRY,
};

/** The axis in pixels from the left, on a pixel or between two; null if a tool has none or it is off. */
export function axisOf(options: readonly ToolOption[] | undefined, state: StudioState = get()): number | null {
  if (!state.drawing || !options?.includes(SYMMETRY) || !optionValue(SYMMETRY, state.options)) return null;
  return Math.round((2 * state.drawing.width * optionValue(AXIS, state.options)) / 100) / 2;
}

/** The column of the pixel opposite to another one. */
export function mirroredPixel(x: number, axis: number): number {
  return 2 * axis - 1 - x;
}

/** The disc opposite to another one: odd ones are centred on a pixel, even ones on a corner. */
export function mirroredDisc(disc: StrokePoint, axis: number): StrokePoint {
  return { ...disc, x: disc.size % 2 ? mirroredPixel(disc.x, axis) : 2 * axis - disc.x };
}
