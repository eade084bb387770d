import { useState } from "react";
import { endCorrections } from "../state/correcting";
import { learn } from "../state/project-actions";
import { useStudio } from "../state/store";
import { Section } from "../theme/controls";
import { Icon } from "../theme/Icon";
import { Minutes } from "./LearnPanel";

/** While the drawing is corrected: how it goes on. */
export function CorrectPanel() {
  const [minutes, setMinutes] = useState(2);
  const [busy, setBusy] = useState(false);
  const learned = useStudio((s) => (s.project?.steps ?? 0) > 0 || (s.project?.snapshots.length ?? 0) > 0);
  const aside = useStudio((s) => !!s.project?.edits_aside);
  const end = async (action: "finish" | "cancel", learning = false) => {
    setBusy(true);
    const ended = await endCorrections(action);
    setBusy(false);
    if (ended && learning) void learn(minutes);
  };
  return (
    <Section title="Correct the drawing">
      <p className="hint">
        The photo stays as it is: draw what it shows. Repaint, split, merge and name labels, redraw or erase lines.
        {aside ? " Your edits are put aside; they come back on the corrected drawing, as one step." : ""}
        {learned ? " If you keep the corrections, the training and the snapshots are discarded." : ""}
      </p>
      <div className="prepare-go">
        <button type="button" className="button primary" disabled={busy} onClick={() => void end("finish", true)}>
          <Icon name="play" size={16} /> Learn and edit
        </button>
        <Minutes value={minutes} onChange={setMinutes} />
      </div>
      <div className="prepare-else">
        <button type="button" className="button quiet" disabled={busy} onClick={() => void end("finish")}>
          Edit without learning
        </button>
        <button type="button" className="button quiet" disabled={busy} onClick={() => void end("cancel")}>
          Discard corrections
        </button>
      </div>
    </Section>
  );
}
