import { useEffect, useState } from "react";
import { projectUrl } from "../api/client";
import { changeOptions } from "../state/project-actions";
import { useStudio } from "../state/store";
import { Slider, Switch } from "../theme/controls";
import { anchor } from "../tools/floating";

/** A slider that moves on is not sent. */
const SETTLED_MS = 250;
const VARIANTS = 3;

/** How the drawing is rendered. */
export function ResultPanel() {
  const project = useStudio((s) => s.project);
  const available = useStudio((s) => s.info?.capabilities.uncertainty ?? false);
  if (!project) return null;
  const { options } = project;
  if (!available) return <p className="hint">This studio’s network paints without choices.</p>;
  return (
    <div className="result-options">
      {options.polish ? (
        <>
          <Strength value={options.strength} />
          <Variants />
        </>
      ) : (
        <p className="hint">Strength and variants need Synthesis, which is off.</p>
      )}
      <Switch
        label="Fit light of moved parts"
        hint="Fit light and colour of moved parts to their new places"
        checked={options.fit_light}
        onChange={(on) => void changeOptions({ fit_light: on })}
      />
    </div>
  );
}

function Strength({ value }: { value: number }) {
  const [shown, setShown] = useState(value);
  useEffect(() => setShown(value), [value]);
  useEffect(() => {
    if (shown === value) return;
    const timer = window.setTimeout(() => void changeOptions({ strength: shown }), SETTLED_MS);
    return () => window.clearTimeout(timer);
  }, [shown, value]);
  return (
    <Slider
      label="Strength"
      hint="How strictly the drawing is obeyed: left, the photo’s texture counts most; right, the drawing does."
      value={shown}
      min={0}
      max={1}
      step={0.05}
      onChange={setShown}
    />
  );
}

/** Pictures of the drawing with other seeds, until it changes. The one that is picked stays with the project. */
function Variants() {
  const project = useStudio((s) => s.project)!;
  const busy = useStudio((s) => s.rendering || s.synthesising);
  const [strip, setStrip] = useState<{ first: number; of: string } | null>(null);
  const { seed, ...others } = project.options;
  const of = JSON.stringify([project.history.revision, project.keep_original, others]);
  const open = strip?.of === of ? strip : null;
  const show = (first: number) => {
    anchor();
    setStrip({ first, of });
  };
  return (
    <div className="variants">
      {open && (
        <div className="variant-strip" role="radiogroup" aria-label="Variants">
          {Array.from({ length: VARIANTS }, (_, i) => open.first + i).map((each) => (
            <button
              key={each}
              type="button"
              role="radio"
              aria-checked={each === seed}
              aria-label={`Variant ${each + 1}`}
              title={`Variant ${each + 1}`}
              onClick={() => void changeOptions({ seed: each })}
            >
              <img alt="" src={projectUrl(project.id, `/variants/${each}?of=${encodeURIComponent(of)}`)} />
            </button>
          ))}
        </div>
      )}
      <button
        type="button"
        className="button"
        disabled={busy}
        onClick={() => show(open ? open.first + VARIANTS : seed - (seed % VARIANTS))}
      >
        {open ? "Three others" : "Three variants"}
      </button>
    </div>
  );
}
