import { useState } from "react";
import { beginCorrections, nameSelection } from "../state/correcting";
import { openFiles } from "../state/opening";
import { openSettings } from "../state/projects";
import { set, useStudio } from "../state/store";
import { Dialog } from "../theme/controls";
import { Icon } from "../theme/Icon";
import { AddLabel } from "./AddLabel";
import { CanvasDialog } from "./CanvasDialog";
import { ExportDialog } from "./ExportDialog";
import { FilePicker } from "./FilePicker";
import { OpeningDialog } from "./OpeningDialog";
import { ShortcutList } from "./ShortcutList";

const close = () => set({ dialog: "none" });

export function Dialogs() {
  const dialog = useStudio((s) => s.dialog);
  switch (dialog) {
    case "shortcuts":
      return <ShortcutList />;
    case "export":
      return <ExportDialog />;
    case "replace":
      return <Replace />;
    case "canvas":
      return <CanvasDialog />;
    case "opening":
      return <OpeningDialog />;
    case "nameRegion":
      return <NameRegion />;
    case "addLabel":
      return <AddLabel />;
    default:
      return null;
  }
}

function Replace() {
  const edited = useStudio((s) => (s.project?.history.revision ?? 0) > 0);
  const learned = useStudio((s) => (s.project?.steps ?? 0) > 0);
  const labels = useStudio((s) => s.project?.labels.length ?? 0);
  const edits = useStudio((s) => !!s.project?.history.undo);
  return (
    <Dialog title="Change the drawing" onClose={close}>
      <div className="ways">
        <button type="button" className="card wide" onClick={() => void beginCorrections()}>
          <Icon name="drawing" />
          <span>
            <b>Correct it by hand</b>
            <small>
              Repaint, split, merge and name labels, redraw lines, as the photo shows them.
              {edits ? " Your edits are put aside and come back on the corrected drawing." : ""}
              {learned ? " If you keep the corrections, the training and the snapshots are discarded." : ""}
            </small>
          </span>
        </button>
        <button type="button" className="card wide" onClick={openSettings}>
          <Icon name="sliders" />
          <span>
            <b>Extract it again</b>
            <small>
              Another kind, different areas, finer lines.
              {edited || learned
                ? " If you keep the new drawing, all edits, snapshots and training are discarded."
                : ""}
            </small>
          </span>
        </button>
        <FilePicker
          className="card wide"
          label="Open an edited drawing"
          onFiles={(files) => {
            close();
            void openFiles(files);
          }}
        >
          <Icon name="upload" />
          <span>
            <b>Open an edited drawing</b>
            <small>
              A drawing that was exported from the studio and edited elsewhere, or its labels or lines alone.{" "}
              {labels ? `It may only use the colours of the ${labels} labels.` : ""} This can be undone. You can also
              drop the file on the page.
            </small>
          </span>
        </FilePicker>
      </div>
    </Dialog>
  );
}

/** What is selected becomes a region with a name. */
function NameRegion() {
  const [name, setName] = useState("");
  const learned = useStudio((s) => (s.project?.steps ?? 0) > 0);
  const send = () => {
    close();
    void nameSelection(name);
  };
  return (
    <Dialog title="Name this region" onClose={close}>
      <form
        className="add-label"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) send();
        }}
      >
        <label className="field grow">
          <span>Name</span>
          <input
            type="text"
            value={name}
            maxLength={40}
            placeholder="cup"
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <button type="submit" className="button primary" disabled={!name.trim()}>
          Make it a label
        </button>
      </form>
      <p className="hint">
        What is selected gets a label of its own. This corrects the drawing; the photo stays as it is.
        {learned ? " When you keep the corrections, the training and the snapshots are discarded." : ""}
      </p>
    </Dialog>
  );
}
