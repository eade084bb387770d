export type Rgb = readonly [r: number, g: number, b: number];

export function hex([r, g, b]: Rgb): string {
  return `#${[r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("")}`;
}

export function fromHex(text: string): Rgb | null {
  const match = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text.trim());
  return match ? [Number.parseInt(match[1], 16), Number.parseInt(match[2], 16), Number.parseInt(match[3], 16)] : null;
}

/** Position of the nearest colour in a list. */
export function nearestColour(colours: readonly Rgb[], target: Rgb): { position: number; exact: boolean } {
  let position = -1;
  let best = Number.POSITIVE_INFINITY;
  colours.forEach((colour, i) => {
    const distance = (colour[0] - target[0]) ** 2 + (colour[1] - target[1]) ** 2 + (colour[2] - target[2]) ** 2;
    if (distance < best) {
      best = distance;
      position = i;
    }
  });
  return { position, exact: best === 0 };
}

/** The colour, of a coarse grid of them, that is farthest from all colours in a list. */
export function farthestColour(colours: readonly Rgb[]): Rgb {
  const levels = [0, 85, 170, 255];
  const grid = levels.flatMap((r) => levels.flatMap((g) => levels.map((b): Rgb => [r, g, b])));
  const distance = (target: Rgb) =>
    Math.min(...colours.map(([r, g, b]) => (r - target[0]) ** 2 + (g - target[1]) ** 2 + (b - target[2]) ** 2));
  return grid.reduce((best, colour) => (distance(colour) > distance(best) ? colour : best));
}
