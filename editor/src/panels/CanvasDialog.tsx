import { type PointerEvent, useRef, useState } from "react";
import { projectUrl } from "../api/client";
import { usePane } from "../canvas/usePane";
import {
  allAround,
  around,
  fullSize,
  inProportions,
  type Measures,
  measuresOf,
  resizeCanvas,
  SIDES,
  type Side,
  shown,
  taken,
  tooLarge,
  type Unit,
} from "../state/canvasSize";
import { type Margins, NO_MARGINS, sameMargins } from "../state/margins";
import { set, useStudio } from "../state/store";
import { Choice, Dialog } from "../theme/controls";

const close = () => set({ dialog: "none" });

const PRESETS: readonly { name: string; of: (measures: Measures) => Margins }[] = [
  { name: "Photo alone", of: () => NO_MARGINS },
  { name: "10 % around", of: (measures) => allAround(0.1, measures) },
  { name: "25 % around", of: (measures) => allAround(0.25, measures) },
  ...([1, 1, 4, 3, 3, 2, 16, 9, 9, 16] as const).flatMap((width, i, all) =>
    i % 2 ? [] : [{ name: `${width} : ${all[i + 1]}`, of: (m: Measures) => inProportions(width / all[i + 1], m) }],
  ),
];

/** The height of the preview in pixels of the screen, and the share of it that the canvas fills. */
const PREVIEW = { height: 230, filled: 0.8 };

/** How much larger than the photo the canvas is. */
export function CanvasDialog() {
  const project = useStudio((s) => s.project);
  const [margins, setMargins] = useState(project?.margins ?? NO_MARGINS);
  const [unit, setUnit] = useState<Unit>("px");
  if (!project) return null;
  const measures = measuresOf(project);
  const { width, height } = fullSize(margins, measures);
  const why = tooLarge(margins, measures);
  const same = sameMargins(margins, project.margins);
  return (
    <Dialog title="Canvas size" onClose={close}>
      <form
        className="canvas-size"
        onSubmit={(event) => {
          event.preventDefault();
          if (why) return;
          close();
          void resizeCanvas(margins);
        }}
      >
        <Preview project={project.id} margins={margins} measures={measures} onChange={setMargins} />
        <div className="canvas-presets" role="group" aria-label="Presets">
          {PRESETS.map(({ name, of }) => (
            <button key={name} type="button" className="button" onClick={() => setMargins(of(measures))}>
              {name}
            </button>
          ))}
        </div>
        <div className="canvas-sides">
          {SIDES.map(({ side, name, across }) => (
            <SideField
              key={`${side} ${unit}`}
              name={name}
              value={shown(margins[side], across, unit, measures)}
              unit={unit}
              onChange={(typed) => setMargins({ ...margins, [side]: taken(typed, across, unit, measures) })}
            />
          ))}
          <Choice
            label="Unit"
            value={unit}
            choices={[
              { value: "px", label: "px" },
              { value: "%", label: "%" },
            ]}
            onChange={setUnit}
          />
        </div>
        <p className={why ? "hint warn" : "hint"} role="status">
          {why ??
            `${width.toLocaleString("en")} × ${height.toLocaleString("en")} px. Areas and lines go on beyond the photo, and the photo is ` +
              "synthesised there. You can draw on all of it."}
        </p>
        <div className="dialog-actions">
          <button type="button" className="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="button primary" disabled={why !== null || same}>
            Resize
          </button>
        </div>
      </form>
    </Dialog>
  );
}

interface SideFieldProps {
  name: string;
  value: number;
  unit: Unit;
  onChange: (typed: number) => void;
}

/** One side. What is typed stays until the field is left, though whole pixels of the drawing are taken. */
function SideField({ name, value, unit, onChange }: SideFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <label className="field">
      <span>{name}</span>
      <input
        type="number"
        min={0}
        step={unit === "%" ? 0.1 : 1}
        inputMode="decimal"
        value={typed ?? String(value)}
        onChange={(event) => {
          setTyped(event.target.value);
          onChange(Number(event.target.value) || 0);
        }}
        onBlur={() => setTyped(null)}
      />
    </label>
  );
}

interface PreviewProps {
  project: string;
  margins: Margins;
  measures: Measures;
  onChange: (margins: Margins) => void;
}

/** The photo on its canvas, whose borders can be dragged. */
function Preview({ project, margins, measures, onChange }: PreviewProps) {
  const [drag, setDrag] = useState<{ side: Side; at: number; from: number; scale: number } | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const { width: room } = usePane(box);
  const canvas = around(measures.drawing, margins);
  const fitting = PREVIEW.filled * Math.min(room / canvas.width, PREVIEW.height / canvas.height);
  const scale = drag?.scale ?? fitting;
  const move = (side: Side, by: number, from = margins[side]) =>
    onChange({ ...margins, [side]: Math.max(0, Math.round(from + by)) });
  const outwards = (side: Side) => (side === "left" || side === "top" ? -1 : 1);
  const along = (event: PointerEvent, across: boolean) => (across ? event.clientX : event.clientY);
  return (
    <div className="canvas-preview" ref={box} style={{ height: PREVIEW.height }}>
      <div className="canvas-sheet" style={{ width: canvas.width * scale, height: canvas.height * scale }}>
        <img
          alt=""
          src={projectUrl(project, "/photo")}
          style={{
            left: margins.left * scale,
            top: margins.top * scale,
            width: measures.drawing.width * scale,
            height: measures.drawing.height * scale,
          }}
        />
        {SIDES.map(({ side, name, across }) => (
          <button
            key={side}
            type="button"
            className="canvas-handle"
            data-side={side}
            aria-label={`${name}: drag, or use the arrow keys`}
            onPointerDown={(event) => {
              event.currentTarget.setPointerCapture(event.pointerId);
              setDrag({ side, at: along(event, across), from: margins[side], scale });
            }}
            onPointerMove={(event) => {
              // The canvas stays in the middle, so its border moves half as far as its size changes.
              if (drag?.side === side) {
                move(side, (2 * outwards(side) * (along(event, across) - drag.at)) / drag.scale, drag.from);
              }
            }}
            onPointerUp={() => setDrag(null)}
            onPointerCancel={() => setDrag(null)}
            onKeyDown={(event) => {
              const [less, more] = across ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
              const way = event.key === more ? 1 : event.key === less ? -1 : 0;
              if (!way) return;
              event.preventDefault();
              move(side, way * outwards(side) * (event.shiftKey ? 10 : 1));
            }}
          />
        ))}
      </div>
    </div>
  );
}
