/** Sides of a picture in pixels. Pictures are arrays, row by row from the top left, with the channels of a pixel together. */
export interface Size {
  readonly width: number;
  readonly height: number;
}
