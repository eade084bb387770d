/** One byte per pixel, row by row from the top left: the position of a label, or 0 and 1 for lines and masks. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
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

export function clonePlane(plane: Plane): Plane {
  return { width: plane.width, height: plane.height, data: plane.data.slice() };
}

export function inside(plane: Plane, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < plane.width && y < plane.height;
}
