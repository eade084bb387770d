import type { Rgb } from "./palette";

/** A colour in OKLab (Ottosson 2020): equal distances look about equally different; `l` is lightness, 0 to 1. */
export interface Lab {
  readonly l: number;
  readonly a: number;
  readonly b: number;
}

function linear(level: number): number {
  const share = level / 255;
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
}

function level(share: number): number {
  return 255 * (share <= 0.0031308 ? 12.92 * share : 1.055 * share ** (1 / 2.4) - 0.055);
}

export function labOf(colour: Rgb): Lab {
  const [r, g, b] = colour.map(linear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {
    l: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    a: 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    b: 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  };
}

/** In linear light; outside of [0, 1] where the screen has no such colour. */
function screen({ l, a, b }: Lab): number[] {
  const p = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const q = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const r = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * p - 3.3077115913 * q + 0.2309699292 * r,
    -1.2684380046 * p + 2.6097574011 * q - 0.3413193965 * r,
    -0.0041960863 * p - 0.7034186147 * q + 1.707614701 * r,
  ];
}

/** The nearest colour of the screen that has this lightness and hue: chroma is reduced as far as necessary. */
export function rgbOf(lab: Lab): Rgb {
  const at = (chroma: number) => screen({ l: lab.l, a: lab.a * chroma, b: lab.b * chroma });
  const fits = (shares: number[]) => shares.every((share) => share >= -1e-4 && share <= 1 + 1e-4);
  let [low, high] = [0, 1];
  if (fits(at(1))) low = 1;
  for (let i = 0; low < 1 && i < 12; i++) {
    const middle = (low + high) / 2;
    if (fits(at(middle))) low = middle;
    else high = middle;
  }
  const [r, g, b] = at(low).map((share) => Math.round(level(Math.min(1, Math.max(0, share)))));
  return [r, g, b];
}

export function labDistance(p: Lab, q: Lab): number {
  return Math.hypot(p.l - q.l, p.a - q.a, p.b - q.b);
}
