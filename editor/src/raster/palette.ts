import type { Plane } from "./plane";

export type Rgb = readonly [r: number, g: number, b: number];

export function hex([r, g, b]: Rgb): string {
  return `#${[r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("")}`;
}

export function fromHex(text: string): Rgb | null {
  const match = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text.trim());
  return match ? [Number.parseInt(match[1], 16), Number.parseInt(match[2], 16), Number.parseInt(match[3], 16)] : null;
}

/** Position of the colour nearest to one asked for. */
export function nearestColour(colours: readonly Rgb[], wanted: Rgb): { position: number; exact: boolean } {
  let position = -1;
  let best = Number.POSITIVE_INFINITY;
  colours.forEach((colour, i) => {
    const distance = (colour[0] - wanted[0]) ** 2 + (colour[1] - wanted[1]) ** 2 + (colour[2] - wanted[2]) ** 2;
    if (distance < best) {
      best = distance;
      position = i;
    }
  });
  return { position, exact: best === 0 };
}

export interface Decoded {
  labels: Plane;
  edges: Plane;
  /** The commonest colour that is neither a label nor the line's, if there is one. */
  foreign: { colour: Rgb; count: number; nearest: number } | null;
}

/** Labels and lines as one RGB picture. */
export function encodeDrawing(labels: Plane, edges: Plane | null, colours: readonly Rgb[], line: Rgb): Uint8Array {
  const out = new Uint8Array(labels.data.length * 3);
  for (let i = 0; i < labels.data.length; i++) {
    const colour = edges?.data[i] ? line : colours[labels.data[i]];
    out.set(colour, 3 * i);
  }
  return out;
}

/** The reverse. Pixels of a foreign colour get label 0; it is for the caller to refuse them. */
export function decodeDrawing(rgb: Uint8Array, width: number, colours: readonly Rgb[], line: Rgb): Decoded {
  const height = rgb.length / 3 / width;
  const labels = { width, height, data: new Uint8Array(width * height) };
  const edges = { width, height, data: new Uint8Array(width * height) };
  const code = (r: number, g: number, b: number) => (r << 16) | (g << 8) | b;
  const known = new Map(colours.map((c, i) => [code(...c), i] as const));
  const lineCode = code(...line);
  const strange = new Map<number, number>();
  const pending: number[] = [];
  for (let i = 0; i < labels.data.length; i++) {
    const here = code(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
    const position = known.get(here);
    if (position !== undefined) labels.data[i] = position;
    else if (here === lineCode) {
      edges.data[i] = 1;
      pending.push(i);
    } else strange.set(here, (strange.get(here) ?? 0) + 1);
  }
  // Under a line the label is what lies before it, else what lies above, else behind.
  for (const i of pending) {
    const candidates = [i % width ? i - 1 : -1, i - width];
    const from = candidates.find((n) => n >= 0);
    if (from !== undefined) labels.data[i] = labels.data[from];
  }
  const worst = [...strange].sort((a, b) => b[1] - a[1])[0];
  if (!worst) return { labels, edges, foreign: null };
  const colour: Rgb = [worst[0] >> 16, (worst[0] >> 8) & 255, worst[0] & 255];
  return { labels, edges, foreign: { colour, count: worst[1], nearest: nearestColour(colours, colour).position } };
}
