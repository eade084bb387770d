import { createFromFile } from "../state/projects";
import { get, notify, set } from "../state/store";

/** Open files dropped anywhere on the start page. Without this, the browser would replace the page with the file. */
export function listenToDrops(): () => void {
  const over = (event: DragEvent) => {
    event.preventDefault();
    if (!get().dragging) set({ dragging: true });
  };
  const leave = (event: DragEvent) => {
    // Without a related target, the pointer has left the window.
    if (!event.relatedTarget) set({ dragging: false });
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    set({ dragging: false });
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    if (get().page === "start") void createFromFile(file);
    else notify("To open another photo, go to all projects first (Primage, top left).");
  };
  window.addEventListener("dragover", over);
  window.addEventListener("dragleave", leave);
  window.addEventListener("drop", drop);
  return () => {
    window.removeEventListener("dragover", over);
    window.removeEventListener("dragleave", leave);
    window.removeEventListener("drop", drop);
  };
}
