import { call, fetchFrame, type Label, type Project, projectUrl } from "../api/client";
import { type Frame, patchHeader, readFrame, splitLayers, splitPatches, writeFrame } from "../api/frames";
import type { components } from "../api/schema";
import { type BinaryHeader, ProjectSocket, type TextMessage } from "../api/socket";
import { rgbPixels } from "../raster/compose";
import type { Rect } from "../raster/rect";
import { followed } from "./composing";
import { Drawing, type PatchData } from "./drawing";
import { setWithoutEffect } from "./effect";
import { type Content, type ObjectsData, type ObjectsHeader, splitContents } from "./objects";
import { photoColoursOf } from "./photoColours";
import { Picture } from "./picture";
import { hideFrame, receiveAnimation, replaceProject } from "./player";
import type { Session } from "./session";
import { get, notify, set } from "./store";

type Schemas = components["schemas"];

interface SentEdit {
  id: number;
  at: number;
  revision: number | null;
}

/** Attempts to load layers at least as new as this tab's drawing, and the pause between them. */
const ATTEMPTS = 10;
const PAUSE_MS = 200;
/** Largest length of the title of an edit: names of labels may be long. */
const TITLE = 60;

/** What is said about where the parts of an opened drawing come from. */
const ORIGIN: Record<Schemas["OriginFound"]["state"], string> = {
  looking: "Finding out where the parts of the drawing come from …",
  found: "Compared with the photo’s own drawing: ",
  unknown: "This is not an edit of the photo’s own drawing, so its parts are matched by their looks.",
  cancelled: "The drawing was edited meanwhile, so its parts are matched by their looks.",
};

/** A project that is open in the studio: loads it, sends edits, applies the server's messages. */
export class ServerSession implements Session {
  readonly id: string;
  private readonly socket: ProjectSocket;
  private nextId = 1;
  private revision = 0;
  private shown = -1;
  private waiting: SentEdit[] = [];
  /** When the edit was sent whose polished picture is outstanding. */
  private unpolishedSince: number | null = null;
  private unsent: { id: number; frame: ArrayBuffer }[] = [];
  /** Edits and steps that the server has not answered yet. */
  private readonly unanswered = new Set<number>();
  private onAnswer: (() => void)[] = [];
  /** Revision of the layers as they were last loaded. */
  private loaded = -1;
  /** Whether the drawing was replaced since the load under way began. */
  private outdated = false;
  private loading: Promise<void> | null = null;
  private wasOnline = false;
  private closed = false;
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
      expired: () => this.expired(),
      lost: () =>
        notify(
          "The studio’s server is not responding. If you restarted it, open the new link it printed. " +
            "Your edits are sent when it is back.",
          "problem",
        ),
    });
  }

  photoUrl(size?: "full"): string {
    return projectUrl(this.id, size ? "/photo?size=full" : "/photo");
  }

  loadWindow = async ({ x0, y0, x1, y1 }: Rect, signal: AbortSignal): Promise<ImageBitmap> => {
    const query = `x=${x0}&y=${y0}&width=${x1 - x0}&height=${y1 - y0}&render=${get().renders}`;
    const frame = await fetchFrame(projectUrl(this.id, `/window?${query}`), { signal });
    const { header, body } = readFrame<Schemas["PhotoWindow"]>(frame);
    return createImageBitmap(rgbPixels(body, header.rectangle.width, header.rectangle.height));
  };

  async change(change: Schemas["ProjectChange"]): Promise<void> {
    const project = await call("patch", "/api/projects/{project_id}", { path: { project_id: this.id }, body: change });
    replaceProject(project);
  }

  /** Load the drawing again; messages received meanwhile are held back. */
  load(): Promise<void> {
    this.loading ??= this.loadNewest().finally(() => {
      this.loading = null;
      for (const frame of this.held.splice(0)) this.binary(frame);
    });
    return this.loading;
  }

  private async loadNewest(): Promise<void> {
    do {
      this.outdated = false;
      await this.loadLayers();
    } while (this.outdated && !this.closed);
  }

  private async loadLayers(): Promise<void> {
    const frame = await this.fetchLayers();
    if (!frame) return;
    const { header, body } = frame;
    this.loaded = header.revision ?? -1;
    const { width, height } = header.size;
    const layers = splitLayers(header.layers, width, height, body, header.pieces);
    const drawing = new Drawing(width, height, layers, header.margins);
    drawing.objects.receive(header.objects, splitContents(header.contents, body, drawing));
    const colours = await photoColoursOf(drawing, header.labels);
    if (this.closed) return;
    const { picture, drawing: before } = get();
    const { left, top } = (before ?? drawing).margins;
    set({
      drawing,
      ...colours,
      picture: Picture.resized(picture, width, height, drawing.margins.left - left, drawing.margins.top - top),
      selection: null,
      label: Math.min(get().label, Math.max(0, header.labels.length - 1)),
    });
  }

  /**
   * Layers come over HTTP and edits go over the socket: fetched until they contain every edit of this tab. Null once the
   * project is closed.
   */
  private async fetchLayers(): Promise<Frame<Schemas["Extracted"]> | null> {
    let attempts = 0;
    while (!this.closed) {
      if (this.unanswered.size > 0) {
        await new Promise<void>((done) => this.onAnswer.push(done));
        continue;
      }
      const frame = readFrame<Schemas["Extracted"]>(await fetchFrame(projectUrl(this.id, "/layers")));
      if (this.closed || this.unanswered.size > 0) continue;
      const revision = frame.header.revision ?? 0;
      if (revision >= this.revision) return frame;
      if (++attempts === ATTEMPTS) {
        // The server's drawing is the one that counts, even if it is older.
        this.revision = revision;
        return frame;
      }
      await new Promise((done) => setTimeout(done, PAUSE_MS));
    }
    return null;
  }

  /** Wait until the server has answered everything that was sent. */
  async saved(): Promise<void> {
    while (!this.closed && this.unanswered.size > 0) await new Promise<void>((done) => this.onAnswer.push(done));
  }

  /** The server has answered a request; null: no open request will be answered any more. */
  private answered(id: number | null): void {
    if (id === null) this.unanswered.clear();
    else this.unanswered.delete(id);
    for (const done of this.onAnswer.splice(0)) done();
  }

  close(): void {
    this.closed = true;
    this.held = [];
    this.socket.close();
    this.answered(null);
  }

  /** Whether renders of edits are outstanding. */
  get busy(): boolean {
    return this.waiting.length > 0;
  }

  /** Send everything drawn since the last call as one undo step. Returns its id, or null if nothing changed. */
  commit(title: string, continues: number | null = null): number | null {
    const { drawing } = get();
    if (!drawing) return null;
    const patches = drawing.take();
    const objects = drawing.objects.take(drawing);
    return patches.length || objects ? this.sendEdit(title, patches, null, continues, objects) : null;
  }

  /** Change names or colours, with or without pixels. */
  relabel(title: string, labels: Label[]): void {
    const { drawing } = get();
    const patches = drawing?.take() ?? [];
    this.sendEdit(title, patches, labels, null, drawing?.objects.take(drawing) ?? null);
    this.showLabels(labels);
  }

  private sendEdit(
    title: string,
    patches: PatchData[],
    labels: Label[] | null,
    continues: number | null,
    objects: ObjectsData | null,
  ): number {
    const id = this.nextId++;
    const header = {
      type: "edit",
      id,
      base: this.revision,
      title: title.slice(0, TITLE),
      labels,
      margins: get().drawing?.margins,
      patches: patches.map(patchHeader),
      pieces: patches.flatMap((patch) => patch.pieces ?? []),
      ...(objects && { objects: objects.objects, contents: objects.contents }),
      ...(continues === null ? {} : { continues }),
    };
    hideFrame();
    const frame = writeFrame(header, [...patches.map((patch) => patch.bytes), ...(objects?.bytes ?? [])]);
    this.waiting.push({ id, at: performance.now(), revision: null });
    set({ rendering: true });
    setWithoutEffect([]);
    this.sendFrame(id, frame);
    return id;
  }

  private sendFrame(id: number, frame: ArrayBuffer): void {
    if (this.socket.send(frame)) this.unanswered.add(id);
    else this.unsent.push({ id, frame });
  }

  step(type: "undo" | "redo"): void {
    const id = this.nextId++;
    if (this.socket.send({ type, id })) {
      hideFrame();
      this.unanswered.add(id);
      this.waiting.push({ id, at: performance.now(), revision: null });
      set({ rendering: true });
      setWithoutEffect([]);
    }
  }

  private online(online: boolean): void {
    if (online) set({ connection: "online" });
    else {
      set(({ connection }) => ({ connection: connection === "online" ? "connecting" : connection }));
      this.waiting = [];
      this.unpolishedSince = null;
      this.answered(null);
      set({ rendering: false, synthesising: false });
      return;
    }
    const again = this.wasOnline;
    this.wasOnline = true;
    // The first message brings the revision. It is lower than before if the project was restored from a backup.
    this.revision = 0;
    this.shown = -1;
    // Edits made while the connection was lost are sent first; the drawing loaded afterwards contains them.
    for (const { id, frame } of this.unsent.splice(0)) this.sendFrame(id, frame);
    if (again) this.load().catch((error: Error) => notify(error.message, "problem"));
  }

  private expired(): void {
    if (get().connection === "expired") return;
    set({ connection: "expired" });
    notify(
      "The studio was restarted. Open the new link it printed; this tab then reconnects and sends your edits.",
      "problem",
    );
  }

  private text(message: TextMessage): void {
    switch (message.type) {
      case "state":
        this.project(message.project);
        break;
      case "learning":
        set(({ project }) => ({ project: project && { ...project, learning: message.learning } }));
        break;
      case "animation":
        receiveAnimation(message.animation);
        break;
      case "accepted":
        this.acknowledge(message.id, message.history.revision);
        this.history(message.history);
        this.answered(message.id);
        break;
      case "refused":
        this.answered(message.id);
        notify(message.problem.message, "problem");
        if (message.id !== null) this.forget(message.id);
        void this.load();
        break;
      case "failure":
        notify(message.problem.message, "problem");
        this.waiting = [];
        set({ rendering: false });
        break;
      case "origin":
        notify(ORIGIN[message.state] + message.message);
        break;
      case "replaced":
        this.shown = -1;
        this.outdated = true; // a load under way may have fetched the drawing before
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
    receiveAnimation(project.animation);
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
    if (frame.header.type === "changed" && frame.header.id !== null) this.answered(frame.header.id);
    if (this.loading || !get().drawing) {
      this.held.push(frame);
      return;
    }
    if (frame.header.type === "render") this.render(frame.header, frame.body);
    else this.changed(frame.header, frame.body);
  }

  private changed(header: Schemas["Changed"], body: Uint8Array): void {
    const { drawing } = get();
    // What was held while the layers were loaded may be in them already.
    if (header.history.revision > this.loaded) {
      for (const patch of splitPatches(header.patches, body, header.pieces)) drawing!.receive(patch);
      if (header.objects) this.objects(header.objects, splitContents(header.contents, body, drawing!));
    }
    if (header.labels) this.showLabels(header.labels);
    if (header.id !== null) this.acknowledge(header.id, header.history.revision);
    this.history(header.history);
  }

  private objects(objects: ObjectsHeader, contents: Content[]): void {
    const { drawing, selection } = get();
    drawing!.beforeReceive?.();
    if (!drawing!.objects.receive(objects, contents)) void this.load();
    else if (selection?.object) set({ selection: followed(selection, drawing!) });
  }

  /** A render of an older drawing than the one shown is dropped. A polished one replaces the first of the same drawing. */
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
    if (last) this.unpolishedSince = last.at;
    const polished = header.final && !last && this.unpolishedSince !== null && get().synthesising;
    set({
      rendering: this.waiting.length > 0,
      synthesising: !header.final,
      ...(last ? { synthesisLatency: null } : {}),
      ...(polished ? { synthesisLatency: performance.now() - this.unpolishedSince! } : {}),
      renderedSteps: header.steps,
      renders: get().renders + 1,
      ...(last ? { latency: performance.now() - last.at } : {}),
    });
    if (this.waiting.length === 0) setWithoutEffect(header.without_effect);
    if (header.final) this.unpolishedSince = null;
  }

  private acknowledge(id: number, revision: number): void {
    const edit = this.waiting.find((sent) => sent.id === id);
    if (edit) edit.revision = revision;
    // A step that changed nothing has no render of its own to wait for, and corrections have none at all.
    if (revision <= this.shown || get().project?.correcting) this.forget(id);
  }

  private forget(id: number): void {
    this.waiting = this.waiting.filter((edit) => edit.id !== id);
    set({ rendering: this.waiting.length > 0 });
  }
}
