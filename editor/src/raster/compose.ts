import type { Rgb } from "./palette";
import type { Plane } from "./plane";
import type { Rect } from "./rect";

const LITTLE_ENDIAN = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;

function packed([r, g, b]: Rgb, alpha = 255): number {
  return LITTLE_ENDIAN
    ? ((alpha << 24) | (b << 16) | (g << 8) | r) >>> 0
    : ((r << 24) | (g << 16) | (b << 8) | alpha) >>> 0;
}

/** Label colours as 32-bit pixels. Values without a label are shown in magenta. */
export function colourTable(colours: readonly Rgb[]): Uint32Array {
  const table = new Uint32Array(256).fill(packed([255, 0, 255]));
  colours.forEach((colour, i) => {
    table[i] = packed(colour);
  });
  return table;
}

/** Labels in a rectangle as pixels for `putImageData`. */
export function labelPixels(labels: Plane, table: Uint32Array, rect: Rect): ImageData {
  const { image, pixels } = blank(rect);
  let k = 0;
  for (let y = rect.y0; y < rect.y1; y++) {
    for (let i = y * labels.width + rect.x0, end = i + rect.x1 - rect.x0; i < end; i++)
      pixels[k++] = table[labels.data[i]];
  }
  return image;
}

/** Lines in one colour; all other pixels are transparent. */
export function linePixels(edges: Plane, colour: Rgb, rect: Rect): ImageData {
  const { image, pixels } = blank(rect);
  const ink = packed(colour);
  let k = 0;
  for (let y = rect.y0; y < rect.y1; y++) {
    for (let i = y * edges.width + rect.x0, end = i + rect.x1 - rect.x0; i < end; i++)
      pixels[k++] = edges.data[i] ? ink : 0;
  }
  return image;
}

/** Marked pixels as a diagonal hatch, so that what is below remains visible. */
export function hatchPixels(marks: Plane, colour: Rgb, rect: Rect): ImageData {
  const { image, pixels } = blank(rect);
  const ink = packed(colour, 220);
  let k = 0;
  for (let y = rect.y0; y < rect.y1; y++) {
    for (let x = rect.x0; x < rect.x1; x++, k++) {
      if (marks.data[y * marks.width + x] && (x + y) % 4 === 0) pixels[k] = ink;
    }
  }
  return image;
}

/** Marked pixels in the colour of their value, half transparent. */
export function tintPixels(marks: Plane, colours: readonly (Rgb | null)[], rect: Rect): ImageData {
  const { image, pixels } = blank(rect);
  const inks = colours.map((colour) => (colour ? packed(colour, 140) : 0));
  let k = 0;
  for (let y = rect.y0; y < rect.y1; y++) {
    for (let i = y * marks.width + rect.x0, end = i + rect.x1 - rect.x0; i < end; i++)
      pixels[k++] = inks[marks.data[i]] ?? 0;
  }
  return image;
}

function blank(rect: Rect): { image: ImageData; pixels: Uint32Array } {
  const image = new ImageData(rect.x1 - rect.x0, rect.y1 - rect.y0);
  return { image, pixels: new Uint32Array(image.data.buffer) };
}

/** RGB bytes as the server sends them, for `putImageData`. */
export function rgbPixels(rgb: Uint8Array, width: number, height: number): ImageData {
  const image = new ImageData(width, height);
  for (let i = 0, k = 0; i < rgb.length; i += 3, k += 4) {
    image.data[k] = rgb[i];
    image.data[k + 1] = rgb[i + 1];
    image.data[k + 2] = rgb[i + 2];
    image.data[k + 3] = 255;
  }
  return image;
}
