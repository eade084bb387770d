import { expect, test } from "vitest";
import { blend, blendMask } from "./blending";

const size = { width: 60, height: 40 };
const pixels = 60 * 40;

test("the render is used at edits and where it differs beside them, and nowhere else", () => {
  const changed = new Uint8Array(pixels);
  changed[20 * 60 + 10] = 1;
  const unedited = new Uint8Array(3 * pixels).fill(100);
  const image = unedited.slice();
  // A part that hangs together with the edit, and one that does not.
  for (const columns of [
    [10, 25],
    [45, 55],
  ])
    for (let y = 17; y < 24; y++)
      for (let x = columns[0]; x < columns[1]; x++) image.fill(160, 3 * (y * 60 + x), 3 * (y * 60 + x) + 3);
  const mask = blendMask(changed, image, unedited, size);
  expect(mask[20 * 60 + 10]).toBe(1);
  expect(mask[20 * 60 + 22]).toBe(1);
  expect(mask[20 * 60 + 50]).toBe(0);
  expect(mask[0]).toBe(0);
  const photo = unedited.map((_, k) => k % 251);
  const mixed = blend(photo, image, mask);
  expect(mixed.subarray(0, 300)).toEqual(photo.subarray(0, 300));
  expect(mixed[3 * (20 * 60 + 12)]).toBe(160);
});

test("without an edit, the photo stays", () => {
  const [photo, image] = [new Uint8Array(3 * pixels).fill(3), new Uint8Array(3 * pixels).fill(200)];
  const mask = blendMask(new Uint8Array(pixels), image, photo, size);
  expect(blend(photo, image, mask)).toEqual(photo);
});
