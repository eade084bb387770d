import { call, type ExtractSettings, fetchFrame, type Project, projectUrl, Refusal } from "../api/client";
import { readFrame, splitLayers } from "../api/frames";
import type { components } from "../api/schema";
import { Drawing } from "./drawing";
import { photoColoursOf } from "./photoColours";
import { Picture } from "./picture";
import { ServerSession } from "./serverSession";
import { session, setSession } from "./session";
import { DEFAULT_LAYERS, get, notify, set } from "./store";

export function report(error: unknown): void {
  notify(error instanceof Error ? error.message : String(error), "problem");
}

/** Run something that may fail; the error is shown as a message. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    report(error);
    return null;
  }
}

/** The project id in the address: a reload returns to it. */
function idFromAddress(): string | null {
  const match = /^#\/p\/([\w-]+)$/.exec(location.hash);
  return match ? match[1] : null;
}

export function start(): void {
  // `primage studio PHOTO` opens the page with the id of the photo's project.
  const given = new URLSearchParams(location.search).get("project");
  if (given && /^[\w-]+$/.test(given)) history.replaceState(null, "", `${location.pathname}#/p/${given}`);
  void attempt(async () => set({ info: await call("get", "/api/info") }));
  window.addEventListener("hashchange", route);
  route();
}

function route(): void {
  const id = idFromAddress();
  if (id === null) leave();
  else if (session()?.id !== id) void open(id);
}

export function goHome(): void {
  location.hash = "";
}

function leave(): void {
  setSession(null);
  set({
    page: "start",
    project: null,
    drawing: null,
    picture: null,
    selection: null,
    settings: null,
    previewLabels: null,
    opening: null,
    timeline: false,
    frame: null,
    playing: false,
    dialog: "none",
    latency: null,
    synthesising: false,
    synthesisLatency: null,
    renderedSteps: null,
    withoutEffect: [],
    outlined: false,
    unsettledOutlined: false,
  });
}

async function open(id: string): Promise<void> {
  leave();
  set({ page: "loading" });
  try {
    const project = await call("get", "/api/projects/{project_id}", { path: { project_id: id } });
    await enter(project, untouched(project) ? "prepare" : "edit");
  } catch (error) {
    report(error);
    goHome();
  }
}

const STARTED = "primage.begun";

function startedProjects(): string[] {
  try {
    return JSON.parse(localStorage.getItem(STARTED) ?? "[]") as string[];
  } catch {
    return [];
  }
}

/** Leave the extraction settings. Remembered, so that a reload returns to editing even if nothing was drawn yet. */
export function beginEditing(): void {
  const id = get().project?.id;
  if (id)
    localStorage.setItem(
      STARTED,
      JSON.stringify([
        ...startedProjects()
          .filter((other) => other !== id)
          .slice(-99),
        id,
      ]),
    );
  set({ phase: "edit" });
}

function untouched(project: Project): boolean {
  if (project.correcting || startedProjects().includes(project.id)) return false;
  return project.history.revision === 0 && project.steps === 0 && project.learning.state === "idle";
}

async function enter(project: Project, phase: "prepare" | "edit"): Promise<void> {
  const next = new ServerSession(project.id, () => {
    notify("This project was deleted.");
    goHome();
  });
  setSession(next);
  set({
    project,
    phase,
    settings: project.settings,
    picture: new Picture(project.size.width, project.size.height),
    layers: DEFAULT_LAYERS,
    label: 0,
  });
  await next.load();
  if (session() === next) set({ page: "project" });
}

function created(project: Project | null): void {
  if (project) location.hash = `#/p/${project.id}`;
}

/** Make a project of a photo, or open the project that a zip file holds. An open project stays open if that fails. */
export async function createFromFile(file: File): Promise<void> {
  const { page } = get();
  set({ page: "loading" });
  const zip = /\.zip$/i.test(file.name) || file.type === "application/zip";
  const project = await attempt(() =>
    zip
      ? call("post", "/api/projects/import", { body: file })
      : call("post", "/api/projects/upload", { query: { name: file.name }, body: file }),
  );
  if (!project) set({ page: page === "project" ? page : "start" });
  created(project);
}

/** Create a project from a sample; `edited` makes the sample's edit. */
export async function createFromSample(sample: string, edited = false): Promise<void> {
  set({ page: "loading" });
  const project = await attempt(() => call("post", "/api/projects/sample", { body: { sample, edited } }));
  if (!project) set({ page: "start" });
  created(project);
}

export async function removeProject(id: string): Promise<boolean> {
  const done = await attempt(async () => {
    await call("delete", "/api/projects/{project_id}", { path: { project_id: id } });
    return true;
  });
  return done ?? false;
}

let newest = 0;

/** Preview other extraction settings. Nothing is saved before `saveSettings`. */
export async function previewSettings(settings: ExtractSettings): Promise<void> {
  const { project } = get();
  if (!project) return;
  const mine = ++newest;
  set({ settings, extracting: true });
  try {
    const frame = await fetchFrame(projectUrl(project.id, "/extract"), { body: settings });
    const { header, body } = readFrame<components["schemas"]["Extracted"]>(frame);
    if (mine !== newest) return;
    const { width, height } = header.size;
    const drawing = new Drawing(width, height, splitLayers(header.layers, width, height, body, header.pieces));
    const colours = await photoColoursOf(drawing, header.labels);
    if (mine === newest) set({ drawing, previewLabels: header.labels, ...colours });
  } catch (error) {
    if (!(error instanceof Refusal && error.code === "superseded") && mine === newest) report(error);
  } finally {
    if (mine === newest) set({ extracting: false });
  }
}

/** Save the previewed settings, which discards all edits. Does nothing if they are unchanged. */
export async function saveSettings(): Promise<boolean> {
  const { project, settings } = get();
  if (!project || !settings) return false;
  if (JSON.stringify(settings) === JSON.stringify(project.settings)) return true;
  const kept = await attempt(() =>
    call("put", "/api/projects/{project_id}/primitive", { path: { project_id: project.id }, body: settings }),
  );
  if (!kept) return false;
  set({ project: kept, settings: kept.settings, previewLabels: null });
  await session()?.load();
  return true;
}

/** Return to the extraction settings. */
export function openSettings(): void {
  const { project } = get();
  if (project) set({ phase: "prepare", settings: project.settings, selection: null, dialog: "none" });
}

/** Leave the extraction settings without saving. */
export async function discardSettings(): Promise<void> {
  newest++;
  const { project } = get();
  if (!project) return;
  const fresh = await attempt(() => call("get", "/api/projects/{project_id}", { path: { project_id: project.id } }));
  if (fresh) set({ project: fresh, settings: fresh.settings, extracting: false, previewLabels: null });
  await session()?.load();
  set({ phase: "edit" });
}
