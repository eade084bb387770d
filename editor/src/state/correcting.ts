import { call } from "../api/client";
import { anchor } from "../tools/floating";
import { addLabel } from "./labels";
import { attempt, beginEditing } from "./projects";
import { session } from "./session";
import { get, notify, set } from "./store";

async function ask(action: "begin" | "finish" | "cancel"): Promise<boolean> {
  const id = get().project?.id;
  if (!id) return false;
  const path = { project_id: id, action };
  const project = await attempt(() => call("post", "/api/projects/{project_id}/corrections/{action}", { path }));
  if (!project) return false;
  set({ project, settings: project.settings, previewLabels: null });
  return true;
}

/** Correct the extracted drawing by hand, with the tools of the editor. An edited one no longer is that of the photo. */
export async function beginCorrections(): Promise<boolean> {
  if (get().project?.history.undo) {
    notify("The drawing is corrected before it is edited: undo the edits first.");
    return false;
  }
  if (!(await ask("begin"))) return false;
  beginEditing();
  return true;
}

/** Give what is selected a label of its own, which corrects the drawing: the network is made for its labels. */
export async function nameSelection(name: string): Promise<void> {
  if (get().project?.correcting || (await beginCorrections())) addLabel(name.trim());
}

/** Take the drawing as it is now for that of the photo, or return to the one before the corrections. */
export async function endCorrections(action: "finish" | "cancel"): Promise<boolean> {
  anchor();
  await session()?.saved();
  if (!(await ask(action))) return false;
  set({ selection: null });
  await session()?.load();
  return true;
}
