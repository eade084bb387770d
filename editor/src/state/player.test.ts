import { beforeEach, expect, test, vi } from "vitest";
import type { Project } from "../api/client";
import { Frames, following, hideFrame, type Position, receiveAnimation, scrub } from "./player";
import { get, set } from "./store";

type Repeat = Project["timeline"]["repeat"];

function numbers(count: number, repeat: Repeat, most: number): number[] {
  const found: number[] = [];
  for (let at: Position | null = { number: 0, step: 1 }; at && found.length < most; at = following(at, count, repeat)) {
    found.push(at.number);
  }
  return found;
}

test("the order of the frames", () => {
  expect(numbers(3, "once", 9)).toEqual([0, 1, 2]);
  expect(numbers(3, "loop", 7)).toEqual([0, 1, 2, 0, 1, 2, 0]);
  // The ends are shown once, as in the exported file.
  expect(numbers(3, "back-and-forth", 7)).toEqual([0, 1, 2, 1, 0, 1, 2]);
  expect(numbers(1, "back-and-forth", 3)).toEqual([0, 0, 0]);
  expect(numbers(2, "back-and-forth", 4)).toEqual([0, 1, 0, 1]);
});

test("frames are loaded once, and the oldest are forgotten", async () => {
  const load = vi.fn(async (number: number) => `frame ${number}`);
  const frames = new Frames(load, 9);
  frames.want([0, 1]);
  frames.want([1, 2]);
  await vi.waitFor(() => expect(frames.get(2)).toBe("frame 2"));
  expect(load.mock.calls.map(([number]) => number)).toEqual([0, 1, 2]);
  frames.want([3, 4, 5, 6, 7, 8, 9]);
  await vi.waitFor(() => expect(frames.get(9)).toBe("frame 9"));
  expect(frames.get(0)).toBeUndefined();
  expect(frames.get(1)).toBe("frame 1");
});

test("a frame that cannot be loaded is asked for again", async () => {
  const load = vi.fn().mockRejectedValueOnce(new Error("no")).mockResolvedValue("frame");
  const frames = new Frames(load, 9);
  frames.want([0]);
  await vi.waitFor(() => {
    frames.want([0]);
    expect(frames.get(0)).toBe("frame");
  });
  expect(load).toHaveBeenCalledTimes(2);
});

function animation(painted: number, version = "a") {
  return { state: "idle" as const, version, painted, frames: 5 };
}

beforeEach(() => {
  vi.stubGlobal("fetch", () => new Promise(() => {}));
  set({ project: { id: "p", size: { width: 4, height: 4 }, animation: animation(3) } as Project, frame: null });
  receiveAnimation(animation(3));
});

test("scrubbing goes no further than what is painted, and an edit shows the result again", () => {
  scrub(4);
  expect(get().frame?.number).toBe(2);
  set({ playing: true });
  hideFrame();
  expect([get().frame, get().playing]).toEqual([null, false]);
});

test("more frames leave the shown one, other frames hide it", () => {
  scrub(1);
  receiveAnimation(animation(4));
  expect(get().frame?.number).toBe(1);
  receiveAnimation(animation(0, ""));
  expect(get().frame).toBeNull();
  set(({ project }) => ({ project: { ...project!, animation: animation(0, "") } }));
  scrub(1);
  expect(get().frame).toBeNull();
});
