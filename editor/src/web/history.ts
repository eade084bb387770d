import type { HistoryState, Label } from "../api/client";
import type { OriginData } from "../raster/origin";
import type { Drawing } from "../state/drawing";
import type { LayerName } from "../state/layers";
import type { Objects } from "../state/objects";

/** What a drawing is at one time. Nothing in it ever changes. */
interface State {
  readonly layers: ReadonlyMap<LayerName, Uint8Array>;
  readonly origin: OriginData;
  readonly objects: Objects;
  readonly labels: readonly Label[];
}

interface Step {
  readonly id: number;
  readonly title: string;
  readonly after: State;
}

/** Earlier steps are forgotten: each holds a few hundred kilobytes. */
const MOST_STEPS = 200;
/** Titles that are listed. */
const LISTED = 40;

/** Steps that can be undone and done again. */
export class History {
  private start: State;
  private readonly done: Step[] = [];
  private readonly undone: Step[] = [];
  private revision = 0;

  constructor(drawing: Drawing, labels: readonly Label[]) {
    this.start = stateOf(drawing, labels, null);
  }

  private get now(): State {
    return this.done[this.done.length - 1]?.after ?? this.start;
  }

  /** Remember what a drawing is now, as a new step, or as what an earlier one has become if it is still the last. */
  push(id: number, title: string, drawing: Drawing, labels: readonly Label[], continues: number | null): void {
    const after = stateOf(drawing, labels, this.now);
    const last = this.done[this.done.length - 1];
    if (last && last.id === continues) this.done[this.done.length - 1] = { ...last, after };
    else this.done.push({ id, title, after });
    if (this.done.length > MOST_STEPS) this.start = this.done.shift()!.after;
    this.undone.length = 0;
    this.revision++;
  }

  /** Make a drawing what it was before the last step, or after the next one. Returns its labels; null without such a step. */
  step(type: "undo" | "redo", drawing: Drawing): readonly Label[] | null {
    const [from, to] = type === "undo" ? [this.done, this.undone] : [this.undone, this.done];
    const moved = from.pop();
    if (!moved) return null;
    to.push(moved);
    this.revision++;
    restore(this.now, drawing);
    return this.now.labels;
  }

  get shown(): HistoryState {
    const titles = (steps: readonly Step[]) => steps.slice(-LISTED).map(({ title }) => title);
    return {
      revision: this.revision,
      undo: this.done[this.done.length - 1]?.title ?? null,
      redo: this.undone[this.undone.length - 1]?.title ?? null,
      done: titles(this.done),
      undone: titles(this.undone).reverse(),
    };
  }
}

/** What did not change since another state is shared with it. */
function stateOf(drawing: Drawing, labels: readonly Label[], before: State | null): State {
  const layers = new Map<LayerName, Uint8Array>();
  for (const { type, plane } of drawing.layers) {
    const bytes = drawing.encode(type, plane.data.slice());
    const old = before?.layers.get(type.name);
    layers.set(type.name, old && same(old, bytes) ? old : bytes);
  }
  const origin = drawing.origin.copy(drawing.frame);
  const kept = before && sameOrigin(before.origin, origin);
  return { layers, origin: kept ? before.origin : origin, objects: drawing.objects.current, labels };
}

function restore({ layers, origin, objects }: State, drawing: Drawing): void {
  const rect = drawing.frame;
  for (const [layer, bytes] of layers) drawing.receive({ layer, rect, bytes });
  drawing.receive({ layer: "origin", rect, bytes: origin.bytes, pieces: origin.pieces });
  drawing.objects.set(objects);
  drawing.objects.take(drawing);
}

/** Pieces are numbered anew in every copy: equal numbers may be other pieces. */
function sameOrigin(one: OriginData, other: OriginData): boolean {
  return same(one.bytes, other.bytes) && JSON.stringify(one.pieces) === JSON.stringify(other.pieces);
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((value, i) => value === other[i]);
}
