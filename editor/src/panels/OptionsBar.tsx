import { useEffect, useState } from "react";
import { bounds } from "../raster/mask";
import { hex } from "../raster/palette";
import { EMPTY } from "../raster/rect";
import { labelName, shownColours } from "../state/labels";
import { set, useStudio } from "../state/store";
import { Choice, IconButton, Slider, Switch } from "../theme/controls";
import {
  acceptHoles,
  deleteSelection,
  deselect,
  duplicate,
  fillSelection,
  flip,
  startTransform,
  startWarp,
} from "../tools/actions";
import { optionValue, setOption, type ToolOption } from "../tools/options";
import { toolById } from "../tools/registry";
import { FloatingBar } from "./FloatingBar";

/** The options of the active tool, and the actions for the selection. */
export function OptionsBar() {
  const tool = toolById(useStudio((s) => s.tool));
  const floating = useStudio((s) => s.floating);
  const selected = useStudio((s) => s.selection !== null);
  const labelled = useStudio((s) => !!s.drawing?.labels);
  const options = useStudio((s) => s.options);
  const nameable = useStudio((s) => s.served && !!s.drawing?.labels && !s.drawing.isPainting);
  if (floating !== "none") return <FloatingBar mode={floating} />;
  return (
    <div className="options" role="toolbar" aria-label={`Options of ${tool.name}`}>
      <strong>{tool.name}</strong>
      {tool.usesLabel && <LabelChip />}
      {tool.options
        ?.filter(({ onlyWith }) => !onlyWith || optionValue(onlyWith, options))
        .map((option) => (
          <Option key={option.id} option={option} />
        ))}
      {selected ? (
        <div className="group actions" role="group" aria-label="Selection">
          <IconButton icon="transform" label="Transform" keys="Ctrl+T" onClick={startTransform} />
          <IconButton icon="warp" label="Warp" keys="Ctrl+Shift+T" onClick={() => startWarp()} />
          <IconButton icon="flipX" label="Flip horizontally" keys="Shift+H" onClick={() => flip("horizontal")} />
          <IconButton icon="flipY" label="Flip vertically" keys="Shift+V" onClick={() => flip("vertical")} />
          <IconButton icon="duplicate" label="Duplicate" keys="Ctrl+J" onClick={duplicate} />
          {labelled && <IconButton icon="fill" label="Fill with the label" keys="Shift+G" onClick={fillSelection} />}
          {nameable && (
            <IconButton icon="tag" label="Name this region…" onClick={() => set({ dialog: "nameRegion" })} />
          )}
          <IconButton icon="trash" label="Delete" keys="Del" onClick={deleteSelection} />
          <IconButton icon="close" label="Deselect" keys="Ctrl+D" onClick={deselect} />
        </div>
      ) : (
        <p className="tool-hint">{tool.hint}</p>
      )}
      <Holes />
    </div>
  );
}

function Option({ option }: { option: ToolOption }) {
  const options = useStudio((s) => s.options);
  switch (option.kind) {
    case "slider":
      return (
        <Slider
          compact
          label={option.label}
          {...(option.unit && { unit: option.unit })}
          {...(option.step && { step: option.step })}
          min={option.min}
          max={option.max}
          value={optionValue(option, options)}
          onChange={(value) => setOption(option, value)}
        />
      );
    case "switch":
      return (
        <Switch label={option.label} checked={optionValue(option, options)} onChange={(on) => setOption(option, on)} />
      );
    case "choice":
      return (
        <Choice
          label={option.label}
          value={optionValue(option, options)}
          choices={option.choices}
          onChange={(value) => setOption(option, value)}
        />
      );
  }
}

function LabelChip() {
  const label = useStudio((s) => s.label);
  const project = useStudio((s) => s.project);
  const painting = useStudio((s) => s.drawing?.paintingColours ?? null);
  const colour = useStudio((s) => shownColours(s)[label]);
  if (!colour) return null;
  return (
    <span className="chip">
      <i style={{ background: hex(colour) }} />
      {painting ? hex(colour) : labelName(project?.labels ?? [], label)}
    </span>
  );
}

/** Asks the user to review holes that were filled automatically. */
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
      title="The hatched areas were filled from their surroundings"
    >
      <i aria-hidden="true" />
      Accept filled holes
    </button>
  );
}
