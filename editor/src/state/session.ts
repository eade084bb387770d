import { fetchFrame, type Label, type Project, projectUrl } from "../api/client";
import { type Frame, patchHeader, readFrame, splitLayers, splitPatches, writeFrame } from "../api/frames";
import type { components } from "../api/schema";
import { type BinaryHeader, ProjectSocket, type TextMessage } from "../api/socket";
import { Drawing, type PatchData } from "./drawing";
import { Picture } from "./picture";
import { get, say, set } from "./store";

type Schemas = components["schemas"];

interface SentEdit {
  id: number;
  at: number;
  revision: number | null;
}

/** One open project: loads it, sends edits, takes in what the server says. */
export class Session {
  readonly id: string;
  private readonly socket: ProjectSocket;
  private nextId = 1;
  private revision = 0;
  private shown = -1;
  private waiting: SentEdit[] = [];
  private unsent: ArrayBuffer[] = [];
  private loading: Promise<void> | null = null;
  private wasOnline = false;
  private held: Frame<BinaryHeader>[] = [];
  private onGone: () => void;

  constructor(id: string, onGone: () => void) {
    this.id = id;
    this.onGone = onGone;
    this.socket = new ProjectSocket(projectUrl(id, "/socket"), {
      text: (message) => this.text(message),
      binary: (frame) => this.binary(frame),
      online: (online) => this.online(online),
      gone: onGone,
      lost: () =>
        say(
          "The studio’s server does not answer. Is it still running? What you draw is sent when it is back.",
          "problem",
        ),
    });
  }

  /** Load the drawing anew; what comes in meanwhile waits. */
  load(): Promise<void> {
    this.loading ??= this.loadLayers().finally(() => {
      this.loading = null;
      for (const frame of this.held.splice(0)) this.binary(frame);
    });
    return this.loading;
  }

  private async loadLayers(): Promise<void> {
    const { header, body } = readFrame<Schemas["Extracted"]>(await fetchFrame(projectUrl(this.id, "/layers")));
    const { width, height } = header.size;
    const drawing = new Drawing(width, height, splitLayers(header.layers, width, height, body));
    const old = get().picture;
    const same = old && old.width === width && old.height === height;
    set({
      drawing,
      picture: same ? old : new Picture(width, height),
      selection: null,
      floating: "none",
      label: Math.min(get().label, Math.max(0, header.labels.length - 1)),
    });
  }

  close(): void {
    this.socket.close();
  }

  /** Whether pictures of edits are still to come. */
  get busy(): boolean {
    return this.waiting.length > 0;
  }

  /** Send all that was drawn since the last time, as one step of the history. Returns its id, or null if nothing changed. */
  commit(title: string, continues: number | null = null): number | null {
    const { drawing } = get();
    if (!drawing) return null;
    const patches = drawing.take();
    return patches.length ? this.sendEdit(title, patches, null, continues) : null;
  }

  /** Change names or colours, with or without pixels. */
  relabel(title: string, labels: Label[]): void {
    const patches = get().drawing?.take() ?? [];
    this.sendEdit(title, patches, labels, null);
    this.showLabels(labels);
  }

  private sendEdit(title: string, patches: PatchData[], labels: Label[] | null, continues: number | null): number {
    const id = this.nextId++;
    const header = {
      type: "edit",
      id,
      base: this.revision,
      title,
      labels,
      patches: patches.map(patchHeader),
      ...(continues === null ? {} : { continues }),
    };
    const frame = writeFrame(
      header,
      patches.map((patch) => patch.bytes),
    );
    this.waiting.push({ id, at: performance.now(), revision: null });
    set({ rendering: true });
    if (!this.socket.send(frame)) this.unsent.push(frame);
    return id;
  }

  step(type: "undo" | "redo"): void {
    const id = this.nextId++;
    if (this.socket.send({ type, id })) {
      this.waiting.push({ id, at: performance.now(), revision: null });
      set({ rendering: true });
    }
  }

  private online(online: boolean): void {
    set({ connection: online ? "online" : "connecting" });
    if (!online) {
      this.waiting = [];
      set({ rendering: false });
      return;
    }
    const again = this.wasOnline;
    this.wasOnline = true;
    // Edits made while the line was cut are sent first, then the drawing is loaded: the server's word counts.
    for (const frame of this.unsent.splice(0)) this.socket.send(frame);
    if (again) setTimeout(() => this.load().catch((error: Error) => say(error.message, "problem")), 150);
  }

  private text(message: TextMessage): void {
    switch (message.type) {
      case "state":
        this.project(message.project);
        break;
      case "learning":
        set(({ project }) => ({ project: project && { ...project, learning: message.learning } }));
        break;
      case "accepted":
        this.settle(message.id, message.history.revision);
        this.history(message.history);
        break;
      case "refused":
        say(message.problem.message, "problem");
        if (message.id !== null) this.forget(message.id);
        void this.load();
        break;
      case "trouble":
        say(message.problem.message, "problem");
        this.waiting = [];
        set({ rendering: false });
        break;
      case "replaced":
        this.shown = -1;
        void this.load();
        break;
      case "deleted":
        this.onGone();
        break;
    }
  }

  private project(project: Project): void {
    this.revision = Math.max(this.revision, project.history.revision);
    const old = get().project;
    set((state) => ({ project, settings: state.settings ?? project.settings }));
    const colours = ({ labels, line_colour }: Project) => JSON.stringify([labels, line_colour]);
    if (old && colours(old) !== colours(project)) get().drawing?.repaint();
  }

  private history(history: Schemas["HistoryState"]): void {
    this.revision = Math.max(this.revision, history.revision);
    set(({ project }) => ({ project: project && { ...project, history } }));
  }

  private showLabels(labels: Label[]): void {
    set(({ project }) => ({ project: project && { ...project, labels } }));
    get().drawing?.repaint();
  }

  private binary(frame: Frame<BinaryHeader>): void {
    if (this.loading || !get().drawing) {
      this.held.push(frame);
      return;
    }
    if (frame.header.type === "render") this.render(frame.header, frame.body);
    else this.changed(frame.header, frame.body);
  }

  private changed(header: Schemas["Changed"], body: Uint8Array): void {
    const { drawing } = get();
    for (const patch of splitPatches(header.patches, body)) drawing!.receive(patch);
    if (header.labels) this.showLabels(header.labels);
    if (header.id !== null) this.settle(header.id, header.history.revision);
    this.history(header.history);
  }

  /** A picture of an older drawing than the one shown comes too late and is dropped. */
  private render(header: Schemas["Render"], body: Uint8Array): void {
    if (header.revision < this.shown) return;
    this.shown = header.revision;
    const { rectangle } = header;
    if (rectangle) {
      const { x, y, width, height } = rectangle;
      get().picture?.put({ x0: x, y0: y, x1: x + width, y1: y + height }, body);
    }
    const done = this.waiting.filter((edit) => edit.revision !== null && edit.revision <= header.revision);
    this.waiting = this.waiting.filter((edit) => !done.includes(edit));
    const last = done[done.length - 1];
    set({
      rendering: this.waiting.length > 0,
      renderedSteps: header.steps,
      renders: get().renders + 1,
      ...(last ? { latency: performance.now() - last.at } : {}),
    });
  }

  private settle(id: number, revision: number): void {
    const edit = this.waiting.find((sent) => sent.id === id);
    if (edit) edit.revision = revision;
    // A step that changed nothing has no picture of its own to wait for.
    if (revision <= this.shown) this.forget(id);
  }

  private forget(id: number): void {
    this.waiting = this.waiting.filter((edit) => edit.id !== id);
    set({ rendering: this.waiting.length > 0 });
  }
}

let open: Session | null = null;

/** The project that is open. Tools and panels speak to it. */
export function session(): Session | null {
  return open;
}

export function setSession(next: Session | null): void {
  if (open !== next) open?.close();
  open = next;
}
