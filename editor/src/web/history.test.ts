import { expect, test } from "vitest";
import { FIRST } from "../raster/origin";
import type { Transform } from "../raster/pieces";
import { Drawing } from "../state/drawing";
import { History } from "./history";

const LABELS = [{ name: "cup", colour: [1, 2, 3] as [number, number, number] }];

function drawing(): Drawing {
  return new Drawing(3, 2, [{ name: "edges", channels: 1, bytes: new Uint8Array(6) }]);
}

function draw(on: Drawing, i: number): void {
  on.edges!.data[i] = 1;
  on.touch(on.frame);
  on.take();
}

test("steps are undone and done again", () => {
  const on = drawing();
  const history = new History(on, LABELS);
  for (const i of [0, 1, 2]) {
    draw(on, i);
    history.push(i + 1, `Step ${i}`, on, LABELS, null);
  }
  expect(history.step("undo", on)).toEqual(LABELS);
  history.step("undo", on);
  expect([...on.edges!.data]).toEqual([1, 0, 0, 0, 0, 0]);
  expect(history.shown).toMatchObject({
    undo: "Step 0",
    redo: "Step 1",
    done: ["Step 0"],
    undone: ["Step 1", "Step 2"],
  });
  history.step("redo", on);
  expect([...on.edges!.data]).toEqual([1, 1, 0, 0, 0, 0]);
  draw(on, 5);
  history.push(9, "Another", on, LABELS, null);
  expect(history.shown.redo).toBeNull();
  for (let n = 0; n < 3; n++) history.step("undo", on);
  expect(history.step("undo", on)).toBeNull();
  expect([...on.edges!.data]).toEqual([0, 0, 0, 0, 0, 0]);
  expect([...on.origin.plane.data]).toEqual([0, 0, 0, 0, 0, 0]);
});

test("a step that goes on is one step", () => {
  const on = drawing();
  const history = new History(on, LABELS);
  draw(on, 0);
  history.push(1, "Pencil", on, LABELS, null);
  draw(on, 1);
  history.push(2, "Pencil", on, LABELS, 1);
  draw(on, 2);
  history.push(3, "Pencil", on, LABELS, 1);
  expect(history.shown.done).toEqual(["Pencil"]);
  history.step("undo", on);
  expect([...on.edges!.data]).toEqual([0, 0, 0, 0, 0, 0]);
});

test("an origin that differs in its pieces alone is another one", () => {
  const on = drawing();
  const history = new History(on, LABELS);
  const flips: Transform[] = [
    { kind: "affine", matrix: [-1, 0, 0, 1, 1, 0] },
    { kind: "affine", matrix: [-1, 0, 0, -1, 1, 1] },
  ];
  for (const [i, flip] of flips.entries()) {
    const bytes = Uint8Array.from({ length: 12 }, (_, k) => (k % 2 ? 0 : FIRST));
    on.receive({ layer: "origin", rect: on.frame, bytes, pieces: [{ transforms: [flip] }] });
    history.push(i + 1, "Flip", on, LABELS, null);
  }
  const flipped = on.origin.copy(on.frame);
  history.step("undo", on);
  expect(on.origin.copy(on.frame)).not.toEqual(flipped);
  history.step("redo", on);
  expect(on.origin.copy(on.frame)).toEqual(flipped);
});
