import { type Animation, fetchImage, type Project, projectUrl } from "../api/client";
import { get, notify, set } from "./store";

type Repeat = Project["timeline"]["repeat"];

/** Frames that are loaded before they are needed, and the bytes of all that are kept. */
const AHEAD = 8;
const ROOM_BYTES = 256e6;

export interface Position {
  number: number;
  /** Which way it goes on. */
  step: 1 | -1;
}

/** The frame after another one; null at the end. */
export function following({ number, step }: Position, count: number, repeat: Repeat): Position | null {
  const next = number + step;
  if (next >= 0 && next < count) return { number: next, step };
  if (repeat === "once") return null;
  if (repeat === "loop" || count < 2) return { number: 0, step: 1 };
  return { number: number - step, step: step === 1 ? -1 : 1 };
}

/** Frames that were loaded, no more of them than there is room for. */
export class Frames<Image> {
  private readonly images = new Map<number, Image>();
  private readonly loading = new Map<number, AbortController>();
  private readonly load: (number: number, signal: AbortSignal) => Promise<Image>;
  private readonly room: number;
  private readonly loaded: (number: number) => void;

  constructor(
    load: (number: number, signal: AbortSignal) => Promise<Image>,
    room: number,
    loaded: (number: number) => void = () => {},
  ) {
    this.load = load;
    this.room = Math.max(room, AHEAD + 1);
    this.loaded = loaded;
  }

  get(number: number): Image | undefined {
    return this.images.get(number);
  }

  /** Load these frames, the first ones first, unless they are there. What there is no room for is forgotten, oldest first. */
  want(numbers: readonly number[]): void {
    for (const number of numbers) {
      if (this.images.has(number) || this.loading.has(number)) continue;
      const request = new AbortController();
      this.loading.set(number, request);
      this.load(number, request.signal)
        .then((image) => {
          if (request.signal.aborted) return;
          this.images.set(number, image);
          for (const old of this.images.keys()) {
            if (this.images.size <= this.room) break;
            this.images.delete(old);
          }
          this.loaded(number);
        })
        // Asked for again when it is wanted again.
        .catch(() => {})
        .finally(() => this.loading.delete(number));
    }
  }

  close(): void {
    for (const request of this.loading.values()) request.abort();
    this.images.clear();
  }
}

let frames: Frames<ImageBitmap> | null = null;
let version = "";
let position: Position = { number: 0, step: 1 };
let due = 0;

/** What the server says about the frames of the open project. */
export function receiveAnimation(animation: Animation): void {
  const known = get().project?.animation?.state;
  set(({ project }) => ({ project: project && { ...project, animation } }));
  if (animation.version !== version) {
    frames?.close();
    frames = null;
    version = animation.version;
    hideFrame();
  }
  if (animation.state === "failed" && known !== "failed") notify(animation.message ?? "", "problem");
}

/** The answer to a request. What the socket has said of the frames meanwhile may be newer. */
export function replaceProject(project: Project): void {
  set(({ project: known }) => ({ project: { ...project, animation: known?.animation ?? project.animation } }));
}

/** Show the result again, because it changes. */
export function hideFrame(): void {
  position = { number: 0, step: 1 };
  if (get().frame || get().playing) set({ frame: null, playing: false });
}

function framesOf(project: Project): Frames<ImageBitmap> {
  if (!frames) {
    const { id, size, animation } = project;
    const address = (number: number) => projectUrl(id, `/timeline/frames/${number}?of=${animation.version}`);
    const room = Math.floor(ROOM_BYTES / (4 * size.width * size.height));
    frames = new Frames((number, signal) => fetchImage(address(number), signal), room, onLoaded);
  }
  return frames;
}

/** A frame that was waited for is shown at once; while it plays, `tick` shows it. */
function onLoaded(number: number): void {
  if (!get().playing && get().frame && number === position.number) show();
}

function show(): boolean {
  const image = frames?.get(position.number);
  if (image) set({ frame: { number: position.number, image } });
  return !!image;
}

/** Show a frame; the newest one that is painted, if it is not. */
export function scrub(number: number): void {
  const { project } = get();
  if (!project?.animation.painted) return;
  position = { number: Math.min(number, project.animation.painted - 1), step: 1 };
  set(({ frame }) => ({ playing: false, frame: { number: position.number, image: frame?.image ?? null } }));
  framesOf(project).want([position.number]);
  show();
}

/** Play from the frame that is shown, or from the first one again. */
export function startPlaying(): void {
  const { project, layout } = get();
  if (!project) return;
  if (!following(position, project.animation.frames, "once")) position = { number: 0, step: 1 };
  due = performance.now();
  set({ playing: true, layout: layout === "drawing" ? "beside" : layout });
  requestAnimationFrame(tick);
}

function tick(now: number): void {
  const { playing, project, frame } = get();
  if (!playing || !project) return;
  const { animation, timeline } = project;
  const next = frame?.image ? following(position, animation.frames, timeline.repeat) : position;
  if (!next) {
    set({ playing: false });
    return;
  }
  const ahead: number[] = [];
  for (
    let at: Position | null = next;
    at && ahead.length < AHEAD;
    at = following(at, animation.frames, timeline.repeat)
  ) {
    if (at.number >= animation.painted) break;
    ahead.push(at.number);
  }
  framesOf(project).want(ahead);
  // The end of what is painted: no more follows.
  if (!ahead.length && animation.state !== "painting") {
    set({ playing: false });
    return;
  }
  if (now >= due) {
    const before = position;
    position = next;
    if (show()) due = Math.max(due + 1000 / timeline.fps, now);
    else position = before;
  }
  requestAnimationFrame(tick);
}

export function toggleTimeline(): void {
  const { served, project, timeline } = get();
  if (!served || !project || project.correcting) return;
  if (timeline) hideFrame();
  set({ timeline: !timeline });
}
