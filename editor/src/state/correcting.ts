import { call } from "../api/client";
import { anchor } from "../tools/floating";
import { attempt, beginEditing } from "./projects";
import { session } from "./session";
import { get, set } from "./store";

async function ask(action: "begin" | "finish" | "cancel"): Promise<boolean> {
  const id = get().project?.id;
  if (!id) return false;
  const path = { project_id: id, action };
  const project = await attempt(() => call("post", "/api/projects/{project_id}/corrections/{action}", { path }));
  if (!project) return false;
  set({ project, settings: project.settings, previewLabels: null, selection: null });
  return true;
}

/** Correct the extracted drawing by hand, with the tools of the editor. */
export async function beginCorrections(): Promise<void> {
  if (await ask("begin")) beginEditing();
}

/** Take the drawing as it is now for that of the photo, or extract it again. */
export async function endCorrections(action: "finish" | "cancel"): Promise<boolean> {
  anchor();
  await session()?.saved();
  if (!(await ask(action))) return false;
  await session()?.load();
  return true;
}
