export type Samples = Uint8Array | Uint16Array;

/** One number per pixel, row by row from the top left: the position of a label, 0 and 1 for lines and masks, an origin. */
export interface Plane<S extends Samples = Uint8Array> {
  readonly width: number;
  readonly height: number;
  readonly data: S;
}

export interface Point {
  x: number;
  y: number;
}

export function createPlane(width: number, height: number, data?: Uint8Array): Plane {
  if (data && data.length !== width * height) {
    throw new RangeError(`a plane of ${width}×${height} needs ${width * height} bytes, not ${data.length}`);
  }
  return { width, height, data: data ?? new Uint8Array(width * height) };
}

export function clonePlane<S extends Samples>(plane: Plane<S>): Plane<S> {
  return { width: plane.width, height: plane.height, data: plane.data.slice() as S };
}

export function inside(plane: Plane<Samples>, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < plane.width && y < plane.height;
}
