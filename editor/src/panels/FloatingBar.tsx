import { turned } from "../raster/pose";
import { useStudio } from "../state/store";
import { Choice, IconButton } from "../theme/controls";
import { NumberField } from "../theme/NumberField";
import { deleteSelection, flip, startTransform, startWarp } from "../tools/actions";
import { anchor, cancel, type Floating, type FloatingMode, floating, KEEP } from "../tools/floating";
import { LINK } from "../tools/move";
import { type ChoiceOption, optionValue, setOption } from "../tools/options";
import { SNAP } from "../tools/snapping";

const TITLES: Record<FloatingMode, string> = { move: "Move", transform: "Transform", warp: "Warp" };

/** The unit of width and height; places are always pixels of the drawing. */
const UNIT: ChoiceOption<"px" | "%"> = {
  kind: "choice",
  id: "transform.unit",
  label: "Unit of width and height",
  initial: "px",
  choices: [
    { value: "px", label: "px" },
    { value: "%", label: "%" },
  ],
};

/** What can be done with a floating selection: numbers and a pivot, or the handles of a warp. */
export function FloatingBar({ mode }: { mode: FloatingMode }) {
  useStudio((s) => s.placed);
  const moving = floating();
  if (!moving) return null;
  return (
    <div className="options floating" role="toolbar" aria-label="Floating selection">
      <strong>{moving.isObject ? `${TITLES[mode]} object` : TITLES[mode]}</strong>
      {mode === "warp" ? (
        <>
          <Choice
            label="Handles"
            value={String(Math.round(Math.sqrt(moving.warp?.to.length ?? 9)))}
            choices={[
              { value: "3", label: "3 × 3" },
              { value: "4", label: "4 × 4" },
              { value: "5", label: "5 × 5" },
            ]}
            onChange={(side) => startWarp(Number(side))}
          />
          <p className="tool-hint">Drag the handles; lines and labels bend with them.</p>
        </>
      ) : (
        <>
          <Pivot moving={moving} />
          <Numbers moving={moving} />
          <div className="group actions" role="group" aria-label="Selection">
            <Snap />
            {mode === "move" && (
              <IconButton icon="transform" label="Transform" keys="Ctrl+T" onClick={startTransform} />
            )}
            <IconButton icon="warp" label="Warp" keys="Ctrl+Shift+T" onClick={() => startWarp()} />
            <IconButton icon="flipX" label="Flip horizontally" keys="Shift+H" onClick={() => flip("horizontal")} />
            <IconButton icon="flipY" label="Flip vertically" keys="Shift+V" onClick={() => flip("vertical")} />
            <IconButton icon="trash" label="Delete" keys="Del" onClick={deleteSelection} />
          </div>
        </>
      )}
      <div className="group end">
        <Keep moving={moving} />
        <button type="button" className="button quiet" title="Cancel (Esc)" aria-keyshortcuts="Escape" onClick={cancel}>
          Cancel
        </button>
        <button
          type="button"
          className="button primary"
          title="Apply (Enter)"
          aria-keyshortcuts="Enter"
          onClick={anchor}
        >
          Apply
        </button>
      </div>
    </div>
  );
}

const PIVOTS = ["Top", "", "Bottom"].flatMap((row, i) =>
  ["left", "", "right"].map((column, j) => ({
    x: j / 2,
    y: i / 2,
    name: [row, column].filter(Boolean).join(" ") || "Centre",
  })),
);

/** What the part turns and is scaled about, and what X and Y are of. */
function Pivot({ moving }: { moving: Floating }) {
  return (
    <fieldset className="pivot" title="Pivot: what the part turns about, and what X and Y are of">
      <legend className="visually-hidden">Pivot</legend>
      {PIVOTS.map(({ x, y, name }) => (
        <input
          key={name}
          type="radio"
          name="pivot"
          aria-label={name}
          title={`Pivot: ${name.toLowerCase()}`}
          checked={moving.pivot.x === x && moving.pivot.y === y}
          onChange={() => moving.setPivot({ x, y })}
        />
      ))}
    </fieldset>
  );
}

function Numbers({ moving }: { moving: Floating }) {
  const linked = useStudio((s) => optionValue(LINK, s.options));
  const unit = useStudio((s) => optionValue(UNIT, s.options));
  const { pose, cutout } = moving;
  const change = (to: Partial<typeof pose>) => {
    moving.set(to);
    moving.rest();
  };
  const sides = { width: cutout.box.x1 - cutout.box.x0, height: cutout.box.y1 - cutout.box.y0 };
  const side = (of: "width" | "height") => (unit === "px" ? pose[of] : (100 * pose[of]) / sides[of]);
  const resize = (of: "width" | "height", value: number) => {
    const to = unit === "px" ? value : (value * sides[of]) / 100;
    const other = of === "width" ? "height" : "width";
    change({ [of]: to, ...(linked && { [other]: (pose[other] * to) / pose[of] }) });
  };
  const shown = unit === "%" ? " %" : "";
  return (
    <>
      <div className="group numbers" role="group" aria-label="Place">
        <NumberField label="X, px" sign="X" value={pose.x} onChange={(x) => change({ x })} />
        <NumberField label="Y, px" sign="Y" value={pose.y} onChange={(y) => change({ y })} />
      </div>
      <div className="group numbers" role="group" aria-label="Size">
        <NumberField
          label={`Width, ${unit}`}
          sign="W"
          value={side("width")}
          unit={shown}
          onChange={(v) => resize("width", v)}
        />
        <IconButton icon="link" label={LINK.label} pressed={linked} onClick={() => setOption(LINK, !linked)} />
        <NumberField
          label={`Height, ${unit}`}
          sign="H"
          value={side("height")}
          unit={shown}
          onChange={(v) => resize("height", v)}
        />
        <Choice label={UNIT.label} value={unit} choices={UNIT.choices} onChange={(value) => setOption(UNIT, value)} />
      </div>
      <NumberField
        label="Angle, degrees clockwise"
        sign="∠"
        unit="°"
        value={pose.angle}
        onChange={(angle) => change({ angle: turned(angle) })}
      />
    </>
  );
}

/** What was placed before is an object already. */
function Keep({ moving }: { moving: Floating }) {
  const on = useStudio((s) => optionValue(KEEP, s.options));
  if (moving.isObject) return null;
  return <IconButton icon="object" label={KEEP.label} pressed={on} onClick={() => setOption(KEEP, !on)} />;
}

function Snap() {
  const on = useStudio((s) => optionValue(SNAP, s.options));
  return (
    <IconButton
      icon="magnet"
      label="Snap (hold Ctrl to do without)"
      pressed={on}
      onClick={() => setOption(SNAP, !on)}
    />
  );
}
