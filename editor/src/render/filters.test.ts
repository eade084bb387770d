import { expect, test } from "vitest";
import { dilate, erode, gaussian, open, partsWith } from "./filters";

const size = { width: 7, height: 5 };
const picture = (rows: string) => Uint8Array.from(rows.replace(/\s/g, ""), (c) => (c === "#" ? 1 : 0));

test("masks grow along rows and columns, and shrink from the border of the picture, too", () => {
  const dot = picture(".......|.......|...#...|.......|.......".replace(/\|/g, ""));
  expect(dilate(dot, 1, size)).toEqual(picture("....... ...#... ..###.. ...#... ......."));
  expect(erode(new Uint8Array(35).fill(1), 1, size)).toEqual(picture("....... .#####. .#####. .#####. ......."));
  expect(open(picture("....... .###... .###.#. .###... ......."), 1, size)).toEqual(
    picture("....... ..#.... .###... ..#.... ......."),
  );
});

test("parts are connected along diagonals", () => {
  const mask = picture("#...... .#..... ..#..#. ......# #......");
  const wanted = picture("....... ....... ..#.... ....... .......");
  expect(partsWith(mask, wanted, size)).toEqual(picture("#...... .#..... ..#.... ....... ......."));
});

test("a Gaussian keeps the sum, also at the border", () => {
  const values = new Float32Array(35);
  values[0] = 1;
  const smooth = gaussian(values, 1.5, size);
  expect(smooth.reduce((sum, value) => sum + value)).toBeCloseTo(1, 5);
  expect(smooth[0]).toBeGreaterThan(smooth[1]);
});
