import { openFiles } from "../state/opening";
import { createFromFile } from "../state/projects";
import { get, set } from "../state/store";

/**
 * Open files dropped anywhere: a photo on the start page, a drawing in an open project. Without this, the browser would
 * replace the page with the file.
 */
export function listenToDrops(): () => void {
  const over = (event: DragEvent) => {
    event.preventDefault();
    if (!get().dragging && event.dataTransfer?.types.includes("Files")) set({ dragging: true });
  };
  const leave = (event: DragEvent) => {
    // Without a related target, the pointer has left the window.
    if (!event.relatedTarget) set({ dragging: false });
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    set({ dragging: false });
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    if (get().page === "start") void createFromFile(files[0]);
    else if (get().page === "project") void openFiles(files);
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
