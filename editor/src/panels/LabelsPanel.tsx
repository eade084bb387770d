import { useEffect, useState } from "react";
import { useShallow } from "zustand/react/shallow";
import type { Label } from "../api/client";
import { fromHex, hex } from "../raster/palette";
import type { Drawing } from "../state/drawing";
import { addLabel, countPixels, labelName, merge, recolour, rename, shownColours } from "../state/labels";
import { set, useStudio } from "../state/store";
import { IconButton } from "../theme/controls";
import { Icon } from "../theme/Icon";
import { selectLabel } from "../tools/actions";
import { chooseTool } from "../tools/registry";

/** The number of pixels with each label, recounted shortly after the last change. */
function usePixelCounts(drawing: Drawing | null): Uint32Array | null {
  const [counts, setCounts] = useState<Uint32Array | null>(null);
  useEffect(() => {
    if (!drawing?.labels) return;
    const { data } = drawing.labels;
    let timer = 0;
    setCounts(countPixels(data));
    const stop = drawing.subscribe(() => {
      window.clearTimeout(timer);
      timer = window.setTimeout(() => setCounts(countPixels(data)), 200);
    });
    return () => {
      window.clearTimeout(timer);
      stop();
    };
  }, [drawing]);
  return counts;
}

export function LabelsPanel() {
  const project = useStudio((s) => s.project);
  const drawing = useStudio((s) => s.drawing);
  const label = useStudio((s) => s.label);
  const tool = useStudio((s) => s.tool);
  const counts = usePixelCounts(drawing);
  const correcting = project?.correcting && !drawing?.isPainting;
  const selected = useStudio((s) => s.selection !== null);
  const colours = useStudio(useShallow(shownColours));
  if (!project || !drawing) return null;
  if (!drawing.labels) return <p className="empty">This drawing has lines only. “Change the drawing…” adds labels.</p>;
  const painting = drawing.paintingColours;
  const total = drawing.width * drawing.height;
  const choose = (position: number) => {
    set({ label: position });
    if (tool !== "brush" && tool !== "bucket") chooseTool("brush");
  };
  return (
    <ul className="labels">
      {colours.map((colour, position) => {
        const share = counts ? counts[position] / total : 0;
        const name = painting ? hex(colour) : labelName(project.labels, position);
        return (
          <li key={position} className="label" data-current={position === label}>
            <button
              type="button"
              className="label-pick"
              aria-pressed={position === label}
              onClick={() => choose(position)}
              title={`Paint with ${name}`}
            >
              <i style={{ background: hex(colour) }} />
              <span>{name}</span>
              <small>{share === 0 ? "unused" : share < 0.01 ? "< 1 %" : `${Math.round(100 * share)} %`}</small>
            </button>
          </li>
        );
      })}
      <li>
        <button
          type="button"
          className="label-pick another"
          onClick={() => (correcting ? addLabel() : set({ dialog: "addLabel" }))}
        >
          <i>
            <Icon name="plus" size={16} />
          </i>
          <span>{!correcting ? "Another colour…" : selected ? "New label for the selection" : "New label"}</span>
        </button>
      </li>
    </ul>
  );
}

/** The current label: its colour and name, and actions to select or merge it. The network ignores names and colours. */
export function LabelEditor() {
  const position = useStudio((s) => s.label);
  const labels = useStudio((s) => s.project?.labels);
  const drawing = useStudio((s) => s.drawing);
  if (!labels?.[position] || !drawing?.labels || drawing.isPainting) return null;
  return <Editor key={position} position={position} labels={labels} />;
}

function Editor({ position, labels }: { position: number; labels: readonly Label[] }) {
  const label = labels[position];
  const [name, setName] = useState(label.name);
  const muted = useStudio((s) => !s.vivid && s.mutedColours?.[position]);
  const [colour, setColour] = useState(hex(label.colour));
  useEffect(() => setName(label.name), [label.name]);
  const shown = hex(label.colour);
  useEffect(() => setColour(shown), [shown]);
  return (
    <div className="label-editor">
      {muted ? (
        <i
          className="swatch large"
          style={{ background: hex(muted) }}
          title="Its colour in the photo; vivid colours can be changed (Layers)"
        />
      ) : (
        <input
          type="color"
          aria-label={`Colour of ${labelName(labels, position)}`}
          value={colour}
          onChange={(event) => setColour(event.target.value)}
          onBlur={() => {
            const requested = fromHex(colour);
            if (requested) recolour(position, requested);
          }}
        />
      )}
      <input
        type="text"
        aria-label={`Name of ${labelName(labels, position)}`}
        placeholder={`Label ${position + 1}`}
        value={name}
        maxLength={40}
        onChange={(event) => setName(event.target.value)}
        onBlur={() => rename(position, name)}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Enter") event.currentTarget.blur();
        }}
      />
      <IconButton icon="select" label="Select everything with this label" onClick={() => selectLabel(position)} />
      <label className="merge" title="Merge into another label">
        <Icon name="merge" />
        <span className="visually-hidden">Merge into</span>
        <select value="" onChange={(event) => merge(position, Number(event.target.value))}>
          <option value="" disabled>
            Merge into…
          </option>
          {labels.map((_, other) =>
            other === position ? null : (
              <option key={other} value={other}>
                {labelName(labels, other)}
              </option>
            ),
          )}
        </select>
      </label>
    </div>
  );
}
