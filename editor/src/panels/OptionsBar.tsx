import { useEffect, useState } from "react";
import { bounds, type Combine } from "../raster/mask";
import { hex } from "../raster/palette";
import { EMPTY } from "../raster/rect";
import { setOption, useStudio } from "../state/store";
import { Choice, IconButton, Slider, Switch } from "../theme/controls";
import { acceptHoles, deleteSelection, deselect, duplicate, flip, startTransform, startWarp } from "../tools/actions";
import { drop, floating as inHand, settle } from "../tools/floating";
import { toolInfo } from "../tools/registry";

const COMBINE: readonly { value: Combine; label: string }[] = [
  { value: "replace", label: "New" },
  { value: "add", label: "Add" },
  { value: "subtract", label: "Take away" },
];

/** What can be set for the tool in hand, and what can be done with the selection. */
export function OptionsBar() {
  const tool = useStudio((s) => s.tool);
  const options = useStudio((s) => s.options);
  const floating = useStudio((s) => s.floating);
  const selected = useStudio((s) => s.selection !== null);
  const info = toolInfo(tool);
  const selecting = info.group === "select" && tool !== "move";
  if (floating !== "none") return <InHand warp={floating === "warp"} />;
  return (
    <div className="options" role="toolbar" aria-label={`Options of ${info.name}`}>
      <strong>{info.name}</strong>
      {tool === "brush" && (
        <>
          <LabelChip />
          <Slider
            compact
            label="Size"
            unit=" px"
            min={1}
            max={120}
            value={options.brushSize}
            onChange={(v) => setOption("brushSize", v)}
          />
          <Switch label="Pen pressure" checked={options.pressure} onChange={(on) => setOption("pressure", on)} />
          <Switch label="Erase lines below" checked={options.linesToo} onChange={(on) => setOption("linesToo", on)} />
        </>
      )}
      {tool === "eraser" && (
        <Slider
          compact
          label="Size"
          unit=" px"
          min={1}
          max={80}
          value={options.eraserSize}
          onChange={(v) => setOption("eraserSize", v)}
        />
      )}
      {tool === "bucket" && (
        <>
          <LabelChip />
          <Switch label="Stop at lines" checked={options.stopAtLines} onChange={(on) => setOption("stopAtLines", on)} />
        </>
      )}
      {tool === "eyedropper" && <LabelChip />}
      {selecting && (
        <Choice
          label="How selections join"
          value={options.combine}
          choices={COMBINE}
          onChange={(v) => setOption("combine", v)}
        />
      )}
      {tool === "region" && (
        <Switch
          label="Everything with the label"
          checked={options.allOfLabel}
          onChange={(on) => setOption("allOfLabel", on)}
        />
      )}
      {selected ? (
        <div className="group actions" role="group" aria-label="Selection">
          <IconButton icon="move" label="Transform" keys="Ctrl+T" onClick={startTransform} />
          <IconButton icon="warp" label="Warp" keys="Ctrl+Shift+T" onClick={() => startWarp()} />
          <IconButton icon="flipX" label="Flip left to right" keys="Shift+H" onClick={() => flip("horizontal")} />
          <IconButton icon="flipY" label="Flip upside down" keys="Shift+V" onClick={() => flip("vertical")} />
          <IconButton icon="copy" label="Duplicate" keys="Ctrl+J" onClick={duplicate} />
          <IconButton icon="trash" label="Delete" keys="Del" onClick={deleteSelection} />
          <IconButton icon="close" label="Deselect" keys="Ctrl+D" onClick={deselect} />
        </div>
      ) : (
        <p className="tool-hint">{info.hint}</p>
      )}
      <Holes />
    </div>
  );
}

function InHand({ warp }: { warp: boolean }) {
  return (
    <div className="options" role="toolbar" aria-label="Selection in hand">
      <strong>{warp ? "Warp" : "Transform"}</strong>
      {warp ? (
        <Choice
          label="Handles"
          value={String(Math.round(Math.sqrt(inHand()?.warp?.to.length ?? 9)))}
          choices={[
            { value: "3", label: "3 × 3" },
            { value: "4", label: "4 × 4" },
            { value: "5", label: "5 × 5" },
          ]}
          onChange={(side) => startWarp(Number(side))}
        />
      ) : (
        <div className="group actions" role="group" aria-label="Selection">
          <IconButton icon="warp" label="Warp" keys="Ctrl+Shift+T" onClick={() => startWarp()} />
          <IconButton icon="flipX" label="Flip left to right" keys="Shift+H" onClick={() => flip("horizontal")} />
          <IconButton icon="flipY" label="Flip upside down" keys="Shift+V" onClick={() => flip("vertical")} />
          <IconButton icon="trash" label="Delete" keys="Del" onClick={deleteSelection} />
        </div>
      )}
      <p className="tool-hint">
        {warp
          ? "Drag the handles; lines and labels bend with them."
          : "Drag inside to move, corners to scale, the knob to turn."}
      </p>
      <button type="button" className="button quiet" onClick={drop}>
        Cancel <kbd>Esc</kbd>
      </button>
      <button type="button" className="button primary" onClick={settle}>
        Apply <kbd>Enter</kbd>
      </button>
    </div>
  );
}

function LabelChip() {
  const label = useStudio((s) => s.label);
  const project = useStudio((s) => s.project);
  const painting = useStudio((s) => s.drawing?.paintingColours ?? null);
  const colour = painting ? painting[label] : project?.labels[label]?.colour;
  if (!colour) return null;
  return (
    <span className="chip">
      <i style={{ background: hex(colour) }} />
      {painting ? hex(colour) : project?.labels[label].name || `Label ${label + 1}`}
    </span>
  );
}

/** Holes that were filled by themselves want a look. */
function Holes() {
  const drawing = useStudio((s) => s.drawing);
  const [some, setSome] = useState(false);
  useEffect(() => {
    if (!drawing) return;
    const look = () => setSome(bounds(drawing.marks) !== EMPTY);
    let timer = 0;
    look();
    const stop = drawing.subscribe(() => {
      window.clearTimeout(timer);
      timer = window.setTimeout(look, 150);
    });
    return () => {
      window.clearTimeout(timer);
      stop();
    };
  }, [drawing]);
  if (!some) return null;
  return (
    <button
      type="button"
      className="button holes"
      onClick={acceptHoles}
      title="The hatched areas were filled from around them"
    >
      <i aria-hidden="true" />
      Accept filled holes
    </button>
  );
}
