import { get } from "../state/store";
import { paste, pastePicture } from "../tools/actions";
import { isEditing } from "./shortcuts";

/** Paste what the system's clipboard has: a picture of another program, or else what was copied in the studio. */
function onPaste(event: ClipboardEvent): void {
  if (!isEditing() || (event.target as HTMLElement).closest?.("dialog, textarea, input")) return;
  event.preventDefault();
  const picture = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
  const { project } = get();
  if (picture && project) void pastePicture(picture, project.id);
  else void paste();
}

export function listenToPastes(): () => void {
  window.addEventListener("paste", onPaste);
  return () => window.removeEventListener("paste", onPaste);
}
