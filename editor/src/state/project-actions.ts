import { call, type Project } from "../api/client";
import { attempt } from "./projects";
import { session } from "./session";
import { get, set, useStudio } from "./store";

function path() {
  return { path: { project_id: get().project?.id ?? "" } };
}

function showLearning(learning: Project["learning"] | null): void {
  if (learning) set(({ project }) => ({ project: project && { ...project, learning } }));
}

/** A new project has no network for some seconds. Learning requested before then has to wait for it. */
function modelReady(): Promise<void> {
  return new Promise((done) => {
    const look = () => get().project === null || get().project?.model != null;
    if (look()) return done();
    const stop = useStudio.subscribe(() => {
      if (look()) {
        stop();
        done();
      }
    });
  });
}

export async function learn(minutes: number): Promise<void> {
  if (get().project && !get().project?.model) {
    set({ learningQueued: true });
    await modelReady();
    set({ learningQueued: false });
    if (!get().project) return;
  }
  showLearning(await attempt(() => call("post", "/api/projects/{project_id}/learn", { ...path(), body: { minutes } })));
}

export async function pause(): Promise<void> {
  showLearning(await attempt(() => call("post", "/api/projects/{project_id}/learn/pause", path())));
}

export async function resume(): Promise<void> {
  showLearning(await attempt(() => call("post", "/api/projects/{project_id}/learn/resume", path())));
}

export async function stop(): Promise<void> {
  showLearning(await attempt(() => call("post", "/api/projects/{project_id}/learn/stop", path())));
}

export async function change(body: {
  unsettled?: [];
  keep_original?: boolean;
  options?: Project["options"];
  name?: string;
}): Promise<void> {
  await attempt(async () => session()?.change(body));
}

/** Change how the drawing is rendered; options that are not given stay as they are. */
export async function changeOptions(options: Partial<Project["options"]>): Promise<void> {
  await change({ options: options as Project["options"] });
}

export async function takeSnapshot(name: string): Promise<void> {
  await attempt(() => call("post", "/api/projects/{project_id}/snapshots", { ...path(), body: { name } }));
}

function snapshotPath(id: string) {
  return { path: { project_id: get().project?.id ?? "", snapshot_id: id } };
}

export async function restoreSnapshot(id: string): Promise<void> {
  await attempt(() => call("post", "/api/projects/{project_id}/snapshots/{snapshot_id}/restore", snapshotPath(id)));
}

export async function deleteSnapshot(id: string): Promise<void> {
  await attempt(() => call("delete", "/api/projects/{project_id}/snapshots/{snapshot_id}", snapshotPath(id)));
}
