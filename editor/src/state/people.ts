import { create } from "zustand";
import { call } from "../api/client";
import type { components } from "../api/schema";
import type { Place } from "../raster/bending";
import { placesOf } from "../raster/places";
import { type OnCanvas, photoIn } from "./margins";
import { get, notify } from "./store";

export type Figure = components["schemas"]["Figure"];

interface People {
  /** The project whose photo was searched. */
  project: string | null;
  state: "none" | "looking" | "found" | "nobody" | "refused";
  /** Why nobody can be looked for. */
  message: string;
  figures: readonly Figure[];
  /** Where the points of each figure are in the drawing, in pixels. */
  places: readonly (readonly Place[])[];
  /** The point that the keys move. */
  chosen: { figure: number; point: number } | null;
}

const NOTHING: People = { project: null, state: "none", message: "", figures: [], places: [], chosen: null };

/** The people in the photo, and where the drawing shows them. */
export const usePeople = create<People>(() => NOTHING);

export const people = usePeople.getState;
export const setPeople = usePeople.setState;

/** Find the people in the photo of the open project, unless that was done before. */
export async function findPeople(): Promise<void> {
  const { project } = get();
  if (!project) return;
  const { project: known, state } = people();
  if (known === project.id && state !== "none" && state !== "refused") return;
  setPeople({ ...NOTHING, project: project.id, state: "looking" });
  try {
    const { figures } = await call("get", "/api/projects/{project_id}/people", { path: { project_id: project.id } });
    if (people().project !== project.id) return;
    setPeople({ figures, state: figures.length ? "found" : "nobody" });
    locate();
  } catch (error) {
    if (people().project !== project.id) return;
    const message = error instanceof Error ? error.message : String(error);
    setPeople({ state: "refused", message });
    notify(message, "problem");
  }
}

/** The places of points in the photo, in pixels of the drawing. */
export function inPixels({ points }: Figure, drawing: OnCanvas) {
  const { x0, y0, x1, y1 } = photoIn(drawing);
  return points.map(([x, y]) => ({ x: x0 + x * (x1 - x0), y: y0 + y * (y1 - y0) }));
}

/** Find out where the drawing shows the points. One figure may be known already. */
export function locate(except: { figure: number; places: readonly Place[] } | null = null): void {
  const { drawing } = get();
  const { figures } = people();
  if (!drawing) return;
  setPeople({
    places: figures.map((figure, i) =>
      i === except?.figure ? except.places : placesOf(drawing.origin, inPixels(figure, drawing)),
    ),
  });
}
