import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Refusal } from "../api/client";
import { writeFrame } from "../api/frames";
import { apply, closeOpening, isExact, layersInWords, openFiles, othersInWords, query } from "./opening";
import { get, set } from "./store";

/** What the fake server answers, and what it was asked. */
const server = { header: {}, problem: null as object | null, asked: [] as string[] };

const HEADER = {
  type: "opened",
  id: "0123456789abcdef",
  name: "a.png",
  size: { width: 2, height: 1 },
  layers: [
    { name: "segments", channels: 1 },
    { name: "edges", channels: 1 },
  ],
  labels: [],
  replaced: ["segments", "edges"],
  said: [] as string[],
  nearest: 0,
  doubtful: 0,
  changed: 1,
  unsure: false,
};

function respond(address: string, init?: RequestInit): Promise<object> {
  server.asked.push(`${init?.method ?? "GET"} ${address}`);
  if (server.problem) return Promise.resolve({ ok: false, status: 422, json: () => Promise.resolve(server.problem) });
  const frame = writeFrame(server.header, [new Uint8Array([0, 1]), new Uint8Array([0, 0]), new Uint8Array([0, 1])]);
  return Promise.resolve({
    ok: true,
    status: 200,
    arrayBuffer: () => Promise.resolve(frame),
    json: () => Promise.resolve({}),
  });
}

const file = (name = "a.png") => new File(["pixels"], name);

beforeEach(() => {
  Object.assign(server, { header: HEADER, problem: null, asked: [] });
  vi.stubGlobal("fetch", respond);
  const project = { id: "p", settings: { kind: "super" }, labels: [] };
  set({ project: project as never, page: "project", phase: "edit", dialog: "none", opening: null, notices: [] });
});

afterEach(() => vi.unstubAllGlobals());

test("a file that was read exactly is applied without a question", async () => {
  await openFiles([file()]);
  expect(server.asked).toEqual([
    "POST /api/projects/p/drawing?part=auto&snap=false&name=a.png",
    "POST /api/projects/p/drawing/0123456789abcdef",
  ]);
  expect(get().dialog).toBe("none");
});

test("what was snapped is shown first", async () => {
  server.header = { ...HEADER, nearest: 3 };
  await openFiles([file()]);
  expect(server.asked).toHaveLength(1);
  expect(get().dialog).toBe("opening");
  const opening = get().opening!;
  if (opening.answer instanceof Refusal) throw opening.answer;
  expect([...opening.answer.snapped]).toEqual([0, 1]);
  await apply(opening);
  expect(server.asked).toHaveLength(2);
  expect(get().dialog).toBe("none");
});

test("a file that changes nothing is no edit", async () => {
  server.header = { ...HEADER, changed: 0 };
  await openFiles([file()]);
  expect(server.asked).toHaveLength(1);
  expect(get().notices.at(-1)?.text).toContain("is the drawing as it is");
});

test("a refusal is shown, and a newer file replaces it", async () => {
  server.problem = { code: "photo", message: "a.png looks like a photo" };
  await openFiles([file()]);
  expect(get().opening?.answer).toBeInstanceOf(Refusal);
  closeOpening();
  expect(get().dialog).toBe("none");
  server.problem = null;
  server.header = { ...HEADER, said: ["a.png: a note"] };
  const first = openFiles([file()]);
  await openFiles([file("b.png")]);
  await first;
  expect(get().opening?.files[0].name).toBe("b.png");
});

test("several files are sent as one body, with their lengths", () => {
  const files = [
    { name: "cat & dog.png", size: 3 },
    { name: "sky.png", size: 5 },
  ];
  expect(query(files, { part: "auto" })).toBe("part=auto&name=cat+%26+dog.png&length=3&name=sky.png&length=5");
});

test("what a file holds, in words", () => {
  expect(layersInWords(["segments", "edges"])).toBe("labels and lines");
  expect(othersInWords({ layers: HEADER.layers as never, replaced: ["edges"] })).toBe("labels");
  expect(isExact({ said: [], nearest: 0, unsure: false })).toBe(true);
  expect(isExact({ said: ["a note"], nearest: 0, unsure: false })).toBe(false);
});
