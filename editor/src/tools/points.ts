import { bends, landed, type Place } from "../raster/bending";
import { drawChains, eraseChains } from "../raster/contours";
import { copyRect } from "../raster/copy";
import type { OriginPlane } from "../raster/origin";
import { clonePlane, type Plane, type Point } from "../raster/plane";
import { EMPTY, type Rect, union } from "../raster/rect";
import type { Drawing } from "../state/drawing";
import type { Layer } from "../state/layers";
import { findPeople, inPixels, locate, people, setPeople, usePeople } from "../state/people";
import { get, notify, useStudio } from "../state/store";
import { editableLayers, movesOrigin } from "./floatingContent";
import { movePart, movePoint, turnHead } from "./pointMoves";
import { LiveStep, type Tool, type Touch } from "./tool";

const ID = "points";
/** Points that were dragged back do not count as moved. */
const STILL_PX = 1e-6;
/** How close to a point, or to a curve, a press must be, and how far apart points are shown, in pixels of the screen. */
const NEAR = { point: 9, curve: 7, apart: 20 };
const NEAR_FINGER = { point: 22, curve: 14, apart: 36 };

function near() {
  return globalThis.matchMedia?.("(pointer: coarse)").matches ? NEAR_FINGER : NEAR;
}

/**
 * What the tool does to one figure, from the drawing before its first drag: every change starts from there again, so that
 * nothing is resampled twice. It ends when anything else changes the drawing.
 */
class Bending {
  readonly figure: number;
  readonly drawing: Drawing;
  /** Where its points were, and where they are. */
  readonly from: readonly Place[];
  to: readonly Place[];
  private readonly layers: (Layer & { before: Plane })[];
  private readonly origin: OriginPlane | null;
  private last: Rect = EMPTY;
  private showing = false;
  private readonly redrawn: boolean;
  private readonly stop: () => void;
  /** Something else has changed the drawing. */
  stale = false;

  constructor(drawing: Drawing, figure: number) {
    this.drawing = drawing;
    this.figure = figure;
    this.from = people().places[figure];
    this.to = this.from;
    this.layers = editableLayers(drawing, "all").map((layer) => ({ ...layer, before: clonePlane(layer.plane) }));
    // In a drawing of landmarks, the curves are drawn anew, so that they remain what they are.
    this.redrawn = get().project?.settings.kind === "landmarks";
    this.origin = movesOrigin(drawing, "all") ? clonePlane(drawing.origin.plane) : null;
    this.stop = drawing.subscribe(() => {
      if (!this.showing) this.stale = true;
    });
  }

  end(): void {
    this.stop();
  }

  show(to: readonly Place[]): void {
    const { drawing, from } = this;
    const { figures } = people();
    for (const { plane, before } of this.layers) copyRect(before, plane, this.last);
    if (this.origin) {
      copyRect(this.origin, drawing.origin.plane, this.last);
      drawing.origin.forget();
    }
    let rect = this.last;
    this.last = EMPTY;
    this.to = to;
    if (to.some((p, i) => p && from[i] && Math.hypot(p.x - from[i].x, p.y - from[i].y) > STILL_PX)) {
      try {
        for (const bend of bends(figures[this.figure].curves, from, to)) this.paste(bend);
      } catch (error) {
        // There is no spline through these points; the drawing stays as it was.
        if (!(error instanceof RangeError)) throw error;
      }
      rect = union(rect, this.last);
    }
    this.showing = true;
    drawing.touch(rect);
    this.showing = false;
    setPeople(({ places }) => ({ places: places.map((own, i) => (i === this.figure ? to : own)) }));
  }

  private paste(bend: Parameters<typeof landed>[0]): void {
    const { cutout, landing } = landed(bend, this.drawing);
    const { curves } = people().figures[this.figure];
    for (const { type, plane, before } of this.layers) {
      const own = this.redrawn && type.role === "edges";
      const source = own ? clonePlane(before) : before;
      if (own) eraseChains(source, curves, this.from);
      this.last = union(this.last, type.paste(source, cutout, landing, plane));
      if (own) this.last = union(this.last, drawChains(plane, curves, this.to));
    }
    if (this.origin) this.drawing.origin.paste(this.origin, landing);
    this.last = union(this.last, landing.rect);
  }
}

/** What is dragged: a point, alone or with its neighbours, a whole part, or the head. */
interface Grip {
  readonly name: string;
  move(places: readonly Place[], by: Point, alone: boolean): Place[];
}

class Points implements Tool {
  readonly id = ID;
  readonly asksServer = true;
  readonly name = "Points";
  readonly key = "A";
  readonly hint =
    "Drag a point of a face, hand or body (Shift: alone), or a whole part by its line. The nose turns the head.";
  readonly group = "select";
  readonly icon =
    "M4.2 12.5c1.6 3 9.9 3 11.6 0M4.2 12.5c2.2-1.7 9.4-1.7 11.6 0M2.7 11h3v3h-3zM14.3 11h3v3h-3zM4.5 6.5C6 5 7.500 5 8.500 6M11.500 6c1-1 2.500-1 4 .5";
  readonly cursor = "default";
  readonly showsResult = true;
  private bending: Bending | null = null;
  private grip: Grip | null = null;
  private step: LiveStep | null = null;
  /** The point that the keys have moved: all presses in a row are one step. */
  private keyed: string | null = null;
  private start: { at: Point; places: readonly Place[] } | null = null;

  chosen(): void {
    this.end();
    void findPeople().then(() => {
      const { state } = people();
      if (get().tool === ID && state === "nobody") {
        notify(
          "No face, hand or body was found in this photo. To bend a part of it, select it and press Ctrl+Shift+T.",
        );
      }
    });
    locate();
  }

  down(touch: Touch): void {
    this.keyed = null;
    const found = this.found(touch);
    if (!found) {
      setPeople({ chosen: null });
      return;
    }
    const { figure, point, grip } = found;
    setPeople({ chosen: point === null ? null : { figure, point } });
    if (!this.begin(figure)) return;
    this.grip = grip;
    this.step = new LiveStep(`Points: ${grip.name}`);
    this.start = { at: touch, places: this.bending!.to };
  }

  move(touches: readonly Touch[]): void {
    const { bending, grip, start } = this;
    if (!bending || !grip || !start) return;
    const { x, y, shift } = touches[touches.length - 1];
    bending.show(grip.move(start.places, { x: x - start.at.x, y: y - start.at.y }, shift));
    this.step?.update();
  }

  up(touch: Touch): void {
    if (!this.start) return;
    const { at } = this.start;
    if (touch.x !== at.x || touch.y !== at.y) this.move([touch]);
    this.step?.flush();
    this.release();
  }

  cancel(): void {
    if (this.start && this.bending) {
      this.bending.show(this.start.places);
      this.step?.cancel();
      this.end();
    }
    this.release();
  }

  /** Move the chosen point by the keys, by pixels of the drawing. */
  nudge(by: Point, alone: boolean): boolean {
    const { chosen, figures } = people();
    if (!chosen || this.start || !this.begin(chosen.figure)) return false;
    const { figure, point } = chosen;
    const grip = this.gripOf(figure, point);
    const key = `${figure} ${point}`;
    if (this.keyed !== key || !this.step) this.step = new LiveStep(`Points: ${grip.name}`);
    this.keyed = key;
    this.bending!.show(grip.move(this.bending!.to, by, alone));
    this.step.flush();
    return figures.length > 0;
  }

  /** The points that are shown at this size: the most useful ones, with room between them. */
  shown(zoom: number): { figure: number; point: number; name: string }[] {
    const { drawing } = get();
    const { figures, places } = people();
    if (!drawing) return [];
    const apart = near().apart / zoom;
    const kept: Point[] = [];
    return figures.flatMap((figure, i) => {
      // Where they are in the photo, so that none of them appears or vanishes while others are dragged.
      const own = inPixels(figure, drawing);
      return figure.handles.flatMap(({ point, name }) => {
        const at = own[point];
        if (!places[i]?.[point] || kept.some((p) => Math.hypot(p.x - at.x, p.y - at.y) < apart)) return [];
        kept.push(at);
        return [{ figure: i, point, name: figures.length > 1 ? `${figure.name}, ${name}` : name }];
      });
    });
  }

  /** The drawing was changed, by this tool or by anything else. */
  followChange(): void {
    const { bending } = this;
    if (bending && (bending.stale || bending.drawing !== get().drawing)) this.end();
    locate(this.bending && { figure: this.bending.figure, places: this.bending.to });
  }

  /** Forget the drawing before the first drag: it has changed, or another tool is used. */
  end(): void {
    if (this.bending?.drawing.beforeReceive === this.interrupted) this.bending.drawing.beforeReceive = null;
    this.bending?.end();
    this.bending = null;
    this.keyed = null;
    this.step = null;
  }

  private readonly interrupted = (): void => {
    if (this.start) this.step?.flush();
    this.release();
    this.end();
  };

  private release(): void {
    this.grip = null;
    this.start = null;
    if (!this.keyed) this.step = null;
  }

  private begin(figure: number): boolean {
    const { drawing } = get();
    if (!drawing) return false;
    if (!editableLayers(drawing, "all").some(({ type }) => type.role === "labels" || type.role === "edges")) {
      notify("All layers are locked. Unlock one in the Layers panel to move points.");
      return false;
    }
    const { bending } = this;
    if (bending?.figure === figure && bending.drawing === drawing && !bending.stale) return true;
    this.end();
    locate();
    this.bending = new Bending(drawing, figure);
    drawing.beforeReceive = this.interrupted;
    return true;
  }

  private gripOf(figure: number, point: number): Grip {
    const own = people().figures[figure];
    const name = own.handles.find((handle) => handle.point === point)?.name ?? own.name;
    const drawing = get().drawing!;
    if (own.turning !== point || !own.depths?.length) {
      return { name, move: (places, by, alone) => movePoint(own, places, point, by, alone) };
    }
    const turn = (places: readonly Place[], by: Point) => turnHead(own, places, by, drawing);
    return {
      name: "turn the head",
      move: (p, by, alone) => (alone ? movePoint(own, p, point, by, true) : turn(p, by)),
    };
  }

  /** What a press takes hold of: a point, unless it is beside that and right on a curve. */
  private found(at: Point): Found | null {
    const { point, curve } = near();
    const [onPoint, onCurve] = [this.pointAt(at), this.partAt(at)];
    if (!onPoint || !onCurve) return onPoint ?? onCurve;
    const beside = onPoint.away * get().view.zoom > 0.6 * point && onCurve.away * get().view.zoom < 0.5 * curve;
    return beside ? onCurve : onPoint;
  }

  private pointAt(at: Point): Found | null {
    const { view } = get();
    const { places } = people();
    let best: Found | null = null;
    let least = near().point / view.zoom;
    for (const { figure, point } of this.shown(view.zoom)) {
      const p = places[figure][point]!;
      const away = Math.hypot(p.x - at.x, p.y - at.y);
      if (away < least) [best, least] = [{ figure, point, away, grip: this.gripOf(figure, point) }, away];
    }
    return best;
  }

  private partAt(at: Point): Found | null {
    const { figures, places } = people();
    let best: Found | null = null;
    let least = near().curve / get().view.zoom;
    for (const [figure, own] of figures.entries()) {
      for (const { points, closed, part } of own.curves) {
        for (const [i, from] of points.entries()) {
          const to = points[i + 1] ?? (closed ? points[0] : from);
          const away = distance(at, places[figure]?.[from] ?? null, places[figure]?.[to] ?? null);
          if (away >= least) continue;
          least = away;
          best = { figure, point: null, away, grip: { name: part, move: (p, by) => movePart(own, p, part, by) } };
        }
      }
    }
    return best;
  }
}

/** What is taken hold of, of which figure, and how far away it is in pixels of the drawing. */
interface Found {
  readonly figure: number;
  /** Null for a whole part. */
  readonly point: number | null;
  readonly away: number;
  readonly grip: Grip;
}

/** From a point to a segment. */
function distance(at: Point, from: Place, to: Place): number {
  if (!from || !to) return Number.POSITIVE_INFINITY;
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const along = ((at.x - from.x) * dx + (at.y - from.y) * dy) / Math.max(1e-9, dx * dx + dy * dy);
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(at.x - from.x - t * dx, at.y - from.y - t * dy);
}

export const points = new Points();

// Wherever the drawing was changed by anything else, its points are looked for again.
useStudio.subscribe((now, before) => {
  if (now.tool !== ID || usePeople.getState().state === "none") return;
  if (now.project?.id !== before.project?.id) void findPeople();
  else if (now.drawing !== before.drawing || now.project?.history.revision !== before.project?.history.revision) {
    points.followChange();
  }
});
