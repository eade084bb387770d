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

/** Correct the extracted drawing by hand, with the tools of the editor. Edits are put aside meanwhile. */
export async function beginCorrections(): Promise<boolean> {
  anchor();
  await session()?.saved();
  if (!(await ask("begin"))) return false;
  set({ selection: null, dialog: "none" });
  await session()?.load();
  beginEditing();
  return true;
}

/** Give what is selected a label of its own, which corrects the drawing: the network is made for its labels. */
export async function nameSelection(name: string): Promise<void> {
  const { project, selection } = get();
  if (!project?.correcting) {
    if (project?.history.undo) {
      notify("This selection is of the edited drawing: correct the drawing by hand first (“Change the drawing…”).");
      return;
    }
    if (!(await beginCorrections())) return;
    set({ selection });
  }
  addLabel(name.trim());
}

/** Take the drawing as it is now for that of the photo, or return to the one before the corrections. */
export async function endCorrections(action: "finish" | "cancel"): Promise<boolean> {
  anchor();
  await session()?.saved();
  if (!(await ask(action))) return false;
  const found = get().project?.unsettled.length ?? 0;
  set({ selection: null, unsettledOutlined: found > 0 });
  await session()?.load();
  return true;
}
