import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { get, set } from "../state/store";
import type { Content } from "./manifest";
import type { Answer, Request } from "./messages";
import { PageSession } from "./pageSession";

class FakeWorker {
  static last: FakeWorker;
  sent: Request[] = [];
  onmessage = (_event: { data: Answer }) => {};
  constructor() {
    FakeWorker.last = this;
  }
  postMessage(message: Request): void {
    this.sent.push(message);
  }
  get renders(): number {
    return this.sent.filter(({ type }) => type === "render").length;
  }
  answer(data: Answer): void {
    this.onmessage({ data });
  }
}

function contentOf(photo: string, weights = "b"): Content {
  const size = { width: 2, height: 1 };
  const manifest = { name: "cat", steps: 1, line_colour: [0, 0, 0], palette: null } as unknown as Content["manifest"];
  return {
    manifest: { ...manifest, photo_sha256: photo.repeat(64), weights_sha256: weights.repeat(64) },
    layers: [{ name: "edges", channels: 1, bytes: new Uint8Array(2) }],
    training: {
      size,
      encoding: { name: "edges", labels: [], line: [0, 0, 0] } as unknown as Content["training"]["encoding"],
      layers: {},
      photo: new Uint8Array(6),
      unedited: new Uint8Array(6),
    },
  };
}

function draw(session: PageSession, i: number): void {
  const { drawing } = get();
  drawing!.edges!.data[i] = 1;
  drawing!.touch(drawing!.frame);
  session.commit("Pencil");
}

beforeEach(() => {
  vi.stubGlobal("Worker", FakeWorker);
  vi.stubGlobal(
    "ImageData",
    class {
      readonly data: Uint8ClampedArray;
      constructor(width: number, height: number) {
        this.data = new Uint8ClampedArray(4 * width * height);
      }
    },
  );
  vi.stubGlobal("document", { documentElement: { dataset: {} } });
});

afterEach(() => {
  vi.unstubAllGlobals();
  set({ drawing: null, project: null });
});

test("what was drawn while a render failed is rendered", () => {
  const session = new PageSession("http://page/", contentOf("a"));
  const worker = FakeWorker.last;
  worker.answer({ type: "ready", backend: "wasm", difference: 0 });
  draw(session, 0);
  draw(session, 1);
  expect(worker.renders).toBe(1);
  worker.answer({ type: "failure", message: "out of memory" });
  expect(worker.renders).toBe(2);
  expect(get().rendering).toBe(true);
  worker.answer({ type: "failure", message: "out of memory" });
  expect(worker.renders).toBe(2);
  expect(get().rendering).toBe(false);
  expect([session.busy, session.stale]).toEqual([false, true]);
  session.step("undo");
  expect(worker.renders).toBe(3);
  expect(session.stale).toBe(false);
});

test("pages of different photos or networks are different projects", () => {
  const ids = [contentOf("a"), contentOf("c"), contentOf("a", "d"), contentOf("a")].map(
    (content) => new PageSession("http://page/", content).id,
  );
  expect(new Set(ids).size).toBe(3);
  expect(get().project?.id).toBe(ids[0]);
});
