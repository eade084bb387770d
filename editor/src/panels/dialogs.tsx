import { useState } from "react";
import { fromHex, hex } from "../raster/palette";
import { beginCorrections, nameSelection } from "../state/correcting";
import { labelName, type PaintColour, paintColour, shownColours } from "../state/labels";
import { openFiles } from "../state/opening";
import { openSettings } from "../state/projects";
import { get, notify, set, useStudio } from "../state/store";
import { Dialog } from "../theme/controls";
import { Icon } from "../theme/Icon";
import { chooseTool, TOOLS } from "../tools/registry";
import { ExportDialog } from "./ExportDialog";
import { FilePicker } from "./FilePicker";
import { OpeningDialog } from "./OpeningDialog";
import { SHORTCUTS } from "./shortcuts";

const close = () => set({ dialog: "none" });

export function Dialogs() {
  const dialog = useStudio((s) => s.dialog);
  switch (dialog) {
    case "shortcuts":
      return <Shortcuts />;
    case "export":
      return <ExportDialog />;
    case "replace":
      return <Replace />;
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

function Shortcuts() {
  const groups: [string, readonly (readonly [string, string])[]][] = [
    ["Tools", TOOLS.map((tool) => [tool.key, tool.name] as const)],
    ...SHORTCUTS,
  ];
  return (
    <Dialog title="Keyboard shortcuts" onClose={close} wide>
      <div className="shortcuts">
        {groups.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([keys, what]) => (
                <div key={keys}>
                  <dt>
                    {keys.split(" ").map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
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

function AddLabel() {
  const [colour, setColour] = useState("#8844cc");
  const [answer, setAnswer] = useState<PaintColour | null>(null);
  const labels = useStudio((s) => s.project?.labels) ?? [];
  const painting = useStudio((s) => !!s.drawing?.isPainting);
  const take = (position: number) => {
    set({ label: position, dialog: "none" });
    chooseTool("brush");
    notify(painting ? `Painting with ${colour}.` : `Painting with “${labelName(labels, position)}”.`);
    get().drawing?.repaint();
  };
  const ask = () => {
    const requested = fromHex(colour);
    if (!requested) return;
    const result = paintColour(requested);
    if (result.ok) take(result.position);
    else setAnswer(result);
  };
  return (
    <Dialog title="Paint with another colour" onClose={close}>
      <div className="add-label">
        <label className="field">
          <span>Colour</span>
          <input
            type="color"
            value={colour}
            onChange={(event) => {
              setColour(event.target.value);
              setAnswer(null);
            }}
          />
        </label>
        <label className="field grow">
          <span>Hex code</span>
          <input
            type="text"
            value={colour}
            spellCheck={false}
            onChange={(event) => {
              setColour(event.target.value);
              setAnswer(null);
            }}
          />
        </label>
        <button type="button" className="button primary" disabled={!fromHex(colour)} onClick={ask}>
          Use it
        </button>
      </div>
      {answer && !answer.ok && (
        <div className="refusal" role="alert">
          <p>{answer.reason}</p>
          <div className="dialog-actions">
            <button type="button" className="button" onClick={openSettings}>
              Extract the drawing again…
            </button>
            <button type="button" className="button primary" onClick={() => take(answer.nearest)}>
              <i className="swatch" style={{ background: hex(shownColours(get())[answer.nearest]) }} />
              Use {labelName(labels, answer.nearest)}
            </button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
