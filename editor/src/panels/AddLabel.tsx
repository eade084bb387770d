import { useState } from "react";
import { fromHex, hex } from "../raster/palette";
import { labelName, type PaintColour, paintColour, shownColours } from "../state/labels";
import { openSettings } from "../state/projects";
import { get, notify, set, useStudio } from "../state/store";
import { Dialog } from "../theme/controls";
import { chooseTool } from "../tools/registry";

/** Paint with a colour that is in no list. */
export function AddLabel() {
  const [colour, setColour] = useState("#8844cc");
  const [answer, setAnswer] = useState<PaintColour | null>(null);
  const labels = useStudio((s) => s.project?.labels) ?? [];
  const served = useStudio((s) => s.served);
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
    <Dialog title="Paint with another colour" onClose={() => set({ dialog: "none" })}>
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
            {served && (
              <button type="button" className="button" onClick={openSettings}>
                Extract the drawing again…
              </button>
            )}
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
