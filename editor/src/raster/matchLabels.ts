import { nearestColour, type Rgb } from "./palette";

/** How a label can be recognised: by its name, if a person gave it one, or by its colour in the photo. */
export interface Look {
  readonly name: string;
  readonly colour: Rgb;
}

/** Names that every drawing has. */
const GIVEN = /^(region|label) \d+$/i;

/** For each label of one drawing, the position of the label of another that is most like it: of its name, else of its colour. */
export function matchLabels(from: readonly Look[], to: readonly Look[]): number[] {
  const names = new Map(to.map(({ name }, position) => [name.trim().toLowerCase(), position]));
  const colours = to.map(({ colour }) => colour);
  return from.map(({ name, colour }) => {
    const key = name.trim().toLowerCase();
    const named = key && !GIVEN.test(key) ? names.get(key) : undefined;
    return named ?? nearestColour(colours, colour).position;
  });
}
