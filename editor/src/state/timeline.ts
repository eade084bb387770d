import { call, type Project } from "../api/client";
import { hideFrame, receiveAnimation, replaceProject, startPlaying } from "./player";
import { attempt } from "./projects";
import { session } from "./session";
import { get, set } from "./store";

type Settings = Omit<Project["timeline"], "first" | "second">;
export type KeyName = "first" | "second";

function path() {
  return { path: { project_id: get().project?.id ?? "" } };
}

/** Paint the frames that are not there yet, and show them one after the other. */
export async function play(): Promise<void> {
  await session()?.saved();
  const animation = await attempt(() => call("post", "/api/projects/{project_id}/timeline/play", path()));
  if (!animation) return;
  // The socket may have told more already.
  const known = get().project?.animation;
  if (known?.version !== animation.version || known.painted <= animation.painted) receiveAnimation(animation);
  startPlaying();
}

/** Stop at the frame that is shown; painting stops, too. */
export async function stopPlaying(): Promise<void> {
  set({ playing: false });
  if (get().project?.animation.state !== "painting") return;
  const animation = await attempt(() => call("post", "/api/projects/{project_id}/timeline/stop", path()));
  if (animation) receiveAnimation(animation);
}

/** Make the drawing as it is now a key, or make it again what it was at first. */
export async function setKey(key: KeyName, clear?: "clear"): Promise<void> {
  await session()?.saved();
  hideFrame();
  const one = { path: { project_id: get().project?.id ?? "", key } };
  await attempt(async () =>
    replaceProject(await call(clear ? "delete" : "put", "/api/projects/{project_id}/timeline/keys/{key}", one)),
  );
}

export async function changeTimeline(change: Partial<Settings>): Promise<void> {
  const { project } = get();
  if (!project) return;
  const { seconds, fps, ease, repeat } = project.timeline;
  await attempt(async () => session()?.change({ timeline: { seconds, fps, ease, repeat, ...change } }));
}
