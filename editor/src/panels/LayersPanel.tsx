import { change, changeOptions } from "../state/project-actions";
import { type LayerId, set, setLayer, setVivid, useStudio } from "../state/store";
import { IconButton, Section, Switch } from "../theme/controls";
import { ObjectList } from "./ObjectList";

export function LayersPanel() {
  const project = useStudio((s) => s.project);
  const drawing = useStudio((s) => s.drawing);
  const uncertainty = useStudio((s) => s.uncertainty);
  const served = useStudio((s) => s.served);
  const copies = useStudio((s) => s.info?.capabilities.uncertainty ?? false);
  const vivid = useStudio((s) => s.vivid);
  const muted = useStudio((s) => s.mutedColours !== null);
  if (!project || !drawing) return null;
  const available = copies && !project.correcting;
  const listed = drawing.layers.filter(({ type }) => !type.follows).map(({ type }) => type);
  // From top to bottom; the photo is above the layers that would cover it.
  const rows: { id: LayerId; name: string; short?: string; keys?: string }[] = [
    ...(project.correcting
      ? []
      : [{ id: "overlay" as const, name: "Drawing over the result", short: "Over result", keys: "F" }]),
    ...listed.filter((type) => !type.opaque).map((type) => ({ id: type.role, name: type.title })),
    { id: "photo", name: "Photo", keys: "T" },
    ...listed.filter((type) => type.opaque).map((type) => ({ id: type.role, name: type.title })),
  ];
  return (
    <Section
      title="Layers"
      aside={
        <div className="group">
          {muted && (
            <IconButton
              icon="palette"
              label="Vivid colours instead of the photo’s"
              pressed={vivid}
              onClick={() => setVivid(!vivid)}
            />
          )}
          {served && !project.correcting && (
            <>
              <IconButton icon="canvas" label="Canvas size…" onClick={() => set({ dialog: "canvas" })} />
              <IconButton icon="sliders" label="Change the drawing…" onClick={() => set({ dialog: "replace" })} />
            </>
          )}
        </div>
      }
    >
      <ObjectList drawing={drawing} />
      <ul className="layers">
        {rows.map((row) => (
          <LayerRow key={row.id} {...row} />
        ))}
      </ul>
      {!project.correcting && (
        <Switch
          label="Keep unedited parts of the photo"
          checked={project.keep_original}
          onChange={(on) => void change({ keep_original: on })}
        />
      )}
      {available && (
        <Switch
          label="Synthesis"
          hint="Replace what the photo could not have shown by patches of the photo"
          checked={project.options.polish}
          onChange={(on) => void changeOptions({ polish: on })}
        />
      )}
      {served && available && (
        <Switch
          label="Show uncertainty"
          hint="Orange where an edit needs content that the photo does not show"
          keys="Q"
          checked={uncertainty}
          onChange={(on) => set({ uncertainty: on })}
        />
      )}
    </Section>
  );
}

function LayerRow({ id, name, short, keys }: { id: LayerId; name: string; short?: string; keys?: string }) {
  const layer = useStudio((s) => s.layers[id]);
  return (
    <li className="layer" data-hidden={!layer.visible}>
      <IconButton
        icon={layer.visible ? "eye" : "hidden"}
        label={`Show ${name}`}
        {...(keys && { keys })}
        pressed={layer.visible}
        onClick={() => setLayer(id, { visible: !layer.visible })}
      />
      <span className="layer-name" title={name}>
        {short ?? name}
      </span>
      <input
        type="range"
        min={0}
        max={100}
        value={Math.round(100 * layer.opacity)}
        aria-label={`Opacity of ${name}`}
        title={`${Math.round(100 * layer.opacity)} %`}
        onChange={(event) => setLayer(id, { opacity: Number(event.target.value) / 100 })}
      />
      {id === "photo" || id === "overlay" ? (
        <span className="icon-button ghost" />
      ) : (
        <IconButton
          icon={layer.locked ? "lock" : "unlock"}
          label={`Lock ${name}`}
          pressed={layer.locked}
          onClick={() => setLayer(id, { locked: !layer.locked })}
        />
      )}
    </li>
  );
}
