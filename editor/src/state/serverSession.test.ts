import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { readFrame, writeFrame } from "../api/frames";
import { ServerSession } from "./serverSession";
import { get, set } from "./store";

class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readyState = 0;
  sent: ArrayBuffer[] = [];
  onclose = (_event: { code: number }) => {};
  onmessage = (_event: { data: string | ArrayBuffer }) => {};

  constructor() {
    FakeSocket.all.push(this);
  }
  /** Accepted by the server, whose first message is the state. */
  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.tell({
      type: "state",
      project: { history: history(server.revision), labels: [], animation: { version: "" } },
    });
  }
  cut(): void {
    this.readyState = 3;
    this.onclose({ code: 1006 });
  }
  send(data: ArrayBuffer): void {
    this.sent.push(data);
  }
  close(): void {}
  tell(message: object): void {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

/** The server: layers of 2 × 1 px at a revision, handed over when the test says so. */
const server = { revision: 0, marks: [0, 0], waiting: [] as (() => void)[] };

function answer(): void {
  for (const done of server.waiting.splice(0)) done();
}

function history(revision: number) {
  return { revision, undo: null, redo: null, done: [], undone: [] };
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  Object.assign(server, { revision: 0, marks: [0, 0], waiting: [] });
  vi.stubGlobal("location", { protocol: "http:", host: "studio" });
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("fetch", () => {
    const header = {
      type: "extracted",
      revision: server.revision,
      size: { width: 2, height: 1 },
      layers: [{ name: "marks", channels: 1 }],
      labels: [],
      objects: { placed: [], below: null },
      contents: [],
    };
    const frame = writeFrame(header, [new Uint8Array(server.marks)]);
    return new Promise((done) => server.waiting.push(() => done({ ok: true, arrayBuffer: async () => frame })));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function opened(): Promise<ServerSession> {
  const session = new ServerSession("p", () => {});
  FakeSocket.all[0].open();
  const loaded = session.load();
  await vi.advanceTimersByTimeAsync(0);
  answer();
  await loaded;
  return session;
}

/** A render that changed no pixels. */
function render(revision: number, final = true, without_effect: number[][] = []): ArrayBuffer {
  return writeFrame({ type: "render", revision, steps: 0, rectangle: null, final, without_effect }, []);
}

function draw(session: ServerSession, x: number): void {
  const drawing = get().drawing!;
  drawing.marks.data[x] = 1;
  drawing.touch({ x0: x, y0: 0, x1: x + 1, y1: 1 });
  session.commit("Pencil");
}

test("an edit of labels with long names is accepted by the server", async () => {
  set({ drawing: null, picture: null });
  const session = await opened();
  session.relabel(`Merge ${"a".repeat(40)} into ${"b".repeat(40)}`, []);
  const { title } = readFrame<{ title: string }>(FakeSocket.all[0].sent[0]).header;
  expect(title).toHaveLength(60); // max_length in studio/schemas.py
});

test("a drawing that is replaced again while it is loaded is loaded again", async () => {
  set({ drawing: null, picture: null });
  await opened();
  const [socket] = FakeSocket.all;
  server.revision = 1;
  socket.tell({ type: "replaced" });
  await vi.advanceTimersByTimeAsync(0);
  answer();
  // Before its pixels are shown, another one takes its place.
  Object.assign(server, { revision: 2, marks: [1, 1] });
  socket.tell({ type: "replaced" });
  await vi.advanceTimersByTimeAsync(0);
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect([...get().drawing!.marks.data]).toEqual([1, 1]);
  expect(server.waiting).toHaveLength(0);
});

test("what was drawn without a connection is in the drawing loaded afterwards", async () => {
  set({ drawing: null, picture: null });
  const session = await opened();
  FakeSocket.all[0].cut();
  draw(session, 0);
  await vi.advanceTimersByTimeAsync(200);
  const socket = FakeSocket.all[1];
  socket.open();
  const { id } = readFrame<{ id: number }>(socket.sent[0]).header;
  // The server is busy: HTTP is answered before the edit is.
  await vi.advanceTimersByTimeAsync(1000);
  answer();
  await vi.advanceTimersByTimeAsync(0);
  server.revision = 1;
  server.marks = [1, 0];
  socket.tell({ type: "accepted", id, history: history(1) });
  await vi.advanceTimersByTimeAsync(0);
  answer();
  await vi.advanceTimersByTimeAsync(1000);
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect([...get().drawing!.marks.data]).toEqual([1, 0]);
});

test("what was drawn is kept while an old cookie is refused, and sent after the new link was opened", async () => {
  set({ drawing: null, picture: null, connection: "connecting" });
  const session = await opened();
  FakeSocket.all[0].cut();
  draw(session, 0);
  await vi.advanceTimersByTimeAsync(200);
  const refused = FakeSocket.all[1];
  refused.readyState = FakeSocket.OPEN;
  refused.onclose({ code: 4401 });
  expect(refused.sent).toEqual([]);
  expect(get().connection).toBe("expired");
  expect(get().notices.at(-1)!.text).toContain("new link");
  await vi.advanceTimersByTimeAsync(1000);
  const accepted = FakeSocket.all[2];
  accepted.open();
  expect(accepted.sent).toHaveLength(1);
  expect(get().connection).toBe("online");
});

test("what is drawn while the drawing is loaded is in it, too", async () => {
  set({ drawing: null, picture: null });
  const session = await opened();
  const loaded = session.load();
  await vi.advanceTimersByTimeAsync(0);
  draw(session, 1);
  answer(); // the layers without the edit
  await vi.advanceTimersByTimeAsync(0);
  server.revision = 1;
  server.marks = [0, 1];
  FakeSocket.all[0].tell({ type: "accepted", id: 1, history: history(1) });
  await vi.advanceTimersByTimeAsync(0);
  answer();
  await loaded;
  expect([...get().drawing!.marks.data]).toEqual([0, 1]);
});

test("a change that the loaded layers contain is not applied to them again", async () => {
  set({ drawing: null, picture: null });
  const session = await opened();
  server.revision = 2; // somebody drew a pixel, revision 1, and erased it
  const loaded = session.load();
  await vi.advanceTimersByTimeAsync(0);
  const changed = {
    type: "changed",
    id: null,
    cause: "edit",
    title: "Pencil",
    history: history(1),
    patches: [{ layer: "marks", x: 0, y: 0, width: 1, height: 1 }],
    labels: null,
  };
  FakeSocket.all[0].onmessage({ data: writeFrame(changed, [new Uint8Array([1])]) });
  answer();
  await loaded;
  expect([...get().drawing!.marks.data]).toEqual([0, 0]);
});

test("a drawing restored from a backup is loaded after a reconnect, though its revision is lower", async () => {
  set({ drawing: null, picture: null });
  server.revision = 5;
  await opened();
  FakeSocket.all[0].onmessage({ data: render(5) });
  FakeSocket.all[0].cut();
  server.revision = 2;
  server.marks = [1, 1];
  await vi.advanceTimersByTimeAsync(200);
  FakeSocket.all[1].open();
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect([...get().drawing!.marks.data]).toEqual([1, 1]);
  const { renders } = get();
  FakeSocket.all[1].onmessage({ data: render(2) });
  expect(get().renders).toBe(renders + 1);
});

test("an edit is rendered first and polished later", async () => {
  set({ drawing: null, picture: null });
  const session = await opened();
  draw(session, 0);
  FakeSocket.all[0].tell({ type: "accepted", id: 1, history: history(1) });
  await vi.advanceTimersByTimeAsync(100);
  FakeSocket.all[0].onmessage({ data: render(1, false) });
  expect(get()).toMatchObject({ rendering: false, synthesising: true, latency: 100, synthesisLatency: null });
  await vi.advanceTimersByTimeAsync(400);
  FakeSocket.all[0].onmessage({ data: render(1) });
  expect(get()).toMatchObject({ synthesising: false, latency: 100, synthesisLatency: 500 });
  // A newer model's picture is no answer to an edit, and the next edit forgets the time of the one before.
  await vi.advanceTimersByTimeAsync(1000);
  FakeSocket.all[0].onmessage({ data: render(1) });
  expect(get().synthesisLatency).toBe(500);
  draw(session, 1);
  FakeSocket.all[0].tell({ type: "accepted", id: 2, history: history(2) });
  FakeSocket.all[0].onmessage({ data: render(2, false) });
  expect(get()).toMatchObject({ synthesising: true, synthesisLatency: null });
  FakeSocket.all[0].cut();
  expect(get().synthesising).toBe(false);
});

test("what a picture says about edits without effect is shown until the next edit, or until they take effect", async () => {
  set({ drawing: null, picture: null });
  const session = await opened();
  const [socket] = FakeSocket.all;
  const part = [0.25, 0.5, 0.5, 0.75];
  socket.onmessage({ data: render(0, true, [part]) });
  expect(get().withoutEffect).toEqual([part]);
  set({ outlined: true });
  draw(session, 0);
  expect(get()).toMatchObject({ withoutEffect: [], outlined: false });
  socket.onmessage({ data: render(0, true, [part]) }); // of the drawing before
  expect(get().withoutEffect).toEqual([]);
  socket.tell({ type: "accepted", id: 1, history: history(1) });
  socket.onmessage({ data: render(1, false) });
  expect(get().withoutEffect).toEqual([]);
  socket.onmessage({ data: render(1, true, [part]) });
  set({ outlined: true });
  socket.onmessage({ data: render(1, true, [part]) }); // by a newer model
  expect(get()).toMatchObject({ withoutEffect: [part], outlined: true });
  socket.onmessage({ data: render(1) });
  expect(get()).toMatchObject({ withoutEffect: [], outlined: false });
});

test("layers older than the tab's drawing are fetched again after a pause, and accepted in the end", async () => {
  set({ drawing: null, picture: null });
  const session = await opened();
  FakeSocket.all[0].tell({ type: "state", project: { history: history(5), labels: [], animation: { version: "" } } });
  server.marks = [1, 0];
  const loaded = session.load();
  answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(server.waiting).toHaveLength(0);
  for (let i = 0; i < 20; i++) {
    await vi.advanceTimersByTimeAsync(200);
    answer();
  }
  await loaded;
  expect([...get().drawing!.marks.data]).toEqual([1, 0]);
});

test("a project that was closed while it was loaded does not show its drawing", async () => {
  set({ drawing: null, picture: null });
  const session = new ServerSession("p", () => {});
  FakeSocket.all[0].open();
  const loaded = session.load();
  await vi.advanceTimersByTimeAsync(0);
  session.close();
  answer();
  await loaded;
  expect(get().drawing).toBeNull();
});
