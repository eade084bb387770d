import type { Label } from "../api/client";
import type { components } from "../api/schema";
import { followed } from "../state/composing";
import { Drawing } from "../state/drawing";
import { coloursIn } from "../state/photoColours";
import { Picture } from "../state/picture";
import type { Session } from "../state/session";
import { get, notify, set } from "../state/store";
import { History } from "./history";
import { type Content, FILES, layersOf, projectOf } from "./manifest";
import type { Answer, Request } from "./messages";

/** A difference from Primage's picture, in levels of 255, that is worth a word: matches that are equally good explain less. */
const DIFFERENT_LEVELS = 32;

/** The photo of this page: its history is kept here, and a worker renders it. */
export class PageSession implements Session {
  readonly id: string;
  readonly loadWindow = null;
  private readonly base: string;
  private readonly content: Content;
  private readonly drawing: Drawing;
  private readonly history: History;
  private readonly worker: Worker;
  private nextId = 1;
  private ready = false;
  /** The drawing that is rendered, and since when it was wanted; whether it changed since. */
  private rendering: { id: number; since: number } | null = null;
  private wanted: number | null = null;
  /** Whether the picture that is shown is not that of the drawing, or not a final one, because something failed. */
  stale = false;
  /** When the edit was made whose last picture is outstanding. */
  private since = 0;

  constructor(base: string, content: Content) {
    this.base = base;
    this.content = content;
    const { size, photo } = content.training;
    this.drawing = new Drawing(size.width, size.height, content.layers);
    const project = projectOf(content);
    this.id = project.id;
    this.history = new History(this.drawing, project.labels);
    const picture = new Picture(size.width, size.height);
    picture.put(this.drawing.frame, photo);
    const colours =
      this.drawing.labels && !this.drawing.isPainting
        ? coloursIn(opaque(photo), this.drawing.labels, project.labels, project.line_colour)
        : { photoColours: null, mutedColours: null };
    set({ project, drawing: this.drawing, picture, ...colours, connection: "online", rendering: true });
    this.worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }: MessageEvent<Answer>) => this.answer(data);
    this.worker.onerror = ({ message }) => this.failed(message || "The page’s worker cannot be started.");
    this.send({ type: "open", base, network: FILES.network, training: content.training });
  }

  get busy(): boolean {
    return this.rendering !== null || this.wanted !== null;
  }

  commit(title: string, continues: number | null = null): number | null {
    const patches = this.drawing.take();
    const objects = this.drawing.objects.take(this.drawing);
    return patches.length || objects ? this.remember(title, continues) : null;
  }

  relabel(title: string, labels: Label[]): void {
    this.drawing.take();
    this.drawing.objects.take(this.drawing);
    this.showLabels(labels);
    this.remember(title, null);
  }

  step(type: "undo" | "redo"): void {
    const labels = this.history.step(type, this.drawing);
    if (!labels) return;
    this.showLabels(labels);
    const { selection } = get();
    if (selection?.object) set({ selection: followed(selection, this.drawing) });
    this.edited();
  }

  async change({ keep_original, options }: components["schemas"]["ProjectChange"]): Promise<void> {
    set(({ project }) => ({
      project: project && {
        ...project,
        ...(keep_original != null && { keep_original }),
        ...(options && { options: { ...project.options, ...options } }),
      },
    }));
    this.want();
  }

  photoUrl(): string {
    return new URL(FILES.photo, this.base).href;
  }

  async load(): Promise<void> {}

  async saved(): Promise<void> {}

  close(): void {
    this.worker.terminate();
  }

  private remember(title: string, continues: number | null): number {
    const id = this.nextId++;
    this.history.push(id, title, this.drawing, get().project?.labels ?? [], continues);
    this.edited();
    return id;
  }

  private showLabels(labels: readonly Label[]): void {
    set(({ project }) => ({ project: project && { ...project, labels: [...labels] } }));
    this.drawing.repaint();
  }

  private edited(): void {
    const history = this.history.shown;
    set(({ project }) => ({ project: project && { ...project, history } }));
    this.want();
  }

  /** Render what is drawn now, after what is rendered at the moment. */
  private want(): void {
    this.wanted ??= performance.now();
    set({ rendering: true });
    if (!this.rendering && this.ready) this.render();
  }

  private render(): void {
    const { project } = get();
    if (!project || this.wanted === null) return;
    const { drawing } = this;
    this.rendering = { id: this.nextId++, since: this.wanted };
    this.wanted = null;
    this.stale = false;
    const layers = drawing.layers.map(({ type, base }) => ({
      name: type.name,
      bytes: drawing.encode(type, base.data),
    }));
    this.send({
      type: "render",
      id: this.rendering.id,
      layers: layersOf(layers),
      origin: drawing.origin.encode(drawing.origin.base.data),
      options: {
        keepOriginal: project.keep_original,
        synthesis: project.options.polish,
        seed: project.options.seed,
      },
    });
  }

  private send(message: Request): void {
    this.worker.postMessage(message);
  }

  private answer(message: Answer): void {
    if (message.type === "failure") this.failed(message.message);
    else if (message.type === "picture") this.show(message);
    else {
      this.ready = true;
      const { model } = projectOf(this.content);
      set({ renderedSteps: model?.steps ?? 0, rendering: this.wanted !== null, renders: get().renders + 1 });
      if (message.difference > DIFFERENT_LEVELS) {
        notify(`This browser paints differently from Primage, by up to ${message.difference} of 255 levels.`);
      }
      document.documentElement.dataset.backend = message.backend;
      if (this.wanted !== null) this.render();
    }
  }

  /** The first picture of a drawing ends its rendering; a later one replaces it unless the drawing has changed. */
  private show({ id, image, final }: Extract<Answer, { type: "picture" }>): void {
    const first = this.rendering?.id === id;
    if (this.rendering && !first) return;
    if (this.rendering) this.since = this.rendering.since;
    this.rendering = null;
    get().picture?.put(this.drawing.frame, image);
    const elapsed = performance.now() - this.since;
    set(({ renders }) => ({
      renders: renders + 1,
      rendering: this.wanted !== null,
      synthesising: !final,
      ...(first ? { latency: elapsed, synthesisLatency: null } : { synthesisLatency: elapsed }),
    }));
    if (this.wanted !== null) this.render();
  }

  private failed(message: string): void {
    this.rendering = null;
    this.stale = true;
    const again = this.ready && this.wanted !== null;
    set({ rendering: again, synthesising: false });
    notify(message, "problem");
    if (again) this.render();
  }
}

/** RGB as RGBA. */
function opaque(rgb: Uint8Array): Uint8ClampedArray {
  const out = new Uint8ClampedArray((rgb.length / 3) * 4).fill(255);
  for (let i = 0; i < rgb.length / 3; i++) for (let c = 0; c < 3; c++) out[4 * i + c] = rgb[3 * i + c];
  return out;
}
