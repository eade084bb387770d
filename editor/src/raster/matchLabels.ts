import { nearestColour, type Rgb } from "./palette";

/** How a label can be recognised: by its name, if that says what it is, or by its colour in the photo. */
export interface Look {
  readonly name: string;
  readonly colour: Rgb;
}

/** Names that count areas, and mean something else in every drawing. */
const GIVEN = /^(region|label|person|background) \d+$/i;

/** Whether the name of a label says what it is. */
export function saysWhat(name: string): boolean {
  return name.trim() !== "" && !GIVEN.test(name.trim());
}

/** For each label of one drawing, the position of the label of another that is most like it: of its name, else of its colour. */
export function matchLabels(from: readonly Look[], to: readonly Look[]): number[] {
  const names = new Map(to.map(({ name }, position) => [name.trim().toLowerCase(), position]));
  const colours = to.map(({ colour }) => colour);
  return from.map(({ name, colour }) => {
    const key = name.trim().toLowerCase();
    const named = saysWhat(key) ? names.get(key) : undefined;
    return named ?? nearestColour(colours, colour).position;
  });
}
