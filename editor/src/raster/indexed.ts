import { nearestColour, type Rgb } from "./palette";
import { createPlane, type Plane } from "./plane";

/**
 * A painting of flat colours as a palette and positions in it, so that every tool treats it like labels. A plane has one
 * byte per pixel: after 255 colours, new ones are mapped to the nearest.
 */
export class ColourIndex {
  readonly colours: Rgb[] = [];
  private readonly known = new Map<number, number>();

  position(r: number, g: number, b: number): number {
    const code = (r << 16) | (g << 8) | b;
    let position = this.known.get(code);
    if (position === undefined) {
      if (this.colours.length < 255) {
        position = this.colours.length;
        this.colours.push([r, g, b]);
      } else {
        position = nearestColour(this.colours, [r, g, b]).position;
      }
      this.known.set(code, position);
    }
    return position;
  }

  encode(rgb: Uint8Array, width: number, height: number): Plane {
    const plane = createPlane(width, height);
    for (let i = 0, k = 0; i < plane.data.length; i++, k += 3) {
      plane.data[i] = this.position(rgb[k], rgb[k + 1], rgb[k + 2]);
    }
    return plane;
  }

  decode(positions: Uint8Array): Uint8Array {
    const rgb = new Uint8Array(positions.length * 3);
    for (let i = 0; i < positions.length; i++) rgb.set(this.colours[positions[i]], 3 * i);
    return rgb;
  }
}
