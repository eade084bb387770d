import { change } from "../state/project-actions";
import { type LayerId, set, setLayer, useStudio } from "../state/store";
import { IconButton, Section, Switch } from "../theme/controls";

export function LayersPanel() {
  const project = useStudio((s) => s.project);
  const drawing = useStudio((s) => s.drawing);
  const unsure = useStudio((s) => s.unsure);
  const can = useStudio((s) => s.info?.capabilities.uncertainty ?? false);
  if (!project || !drawing) return null;
  return (
    <Section
      title="Layers"
      aside={<IconButton icon="sliders" label="Change the drawing…" onClick={() => set({ dialog: "replace" })} />}
    >
      <ul className="layers">
        {drawing.edges && <LayerRow id="edges" name="Lines" />}
        <LayerRow id="photo" name="Photo" />
        {drawing.labels && <LayerRow id="labels" name={drawing.painting ? "Colours" : "Labels"} />}
      </ul>
      <Switch
        label="Keep untouched parts"
        checked={project.keep_original}
        onChange={(on) => void change({ keep_original: on })}
      />
      {can && (
        <Switch
          label="Show where the painter is unsure"
          hint="Orange where an edit asks for what the photo does not show"
          keys="Q"
          checked={unsure}
          onChange={(on) => set({ unsure: on })}
        />
      )}
    </Section>
  );
}

function LayerRow({ id, name }: { id: LayerId; name: string }) {
  const layer = useStudio((s) => s.layers[id]);
  return (
    <li className="layer" data-hidden={!layer.visible}>
      <IconButton
        icon={layer.visible ? "eye" : "hidden"}
        label={`Show ${name}`}
        pressed={layer.visible}
        onClick={() => setLayer(id, { visible: !layer.visible })}
      />
      <span className="layer-name">{name}</span>
      <input
        type="range"
        min={0}
        max={100}
        value={Math.round(100 * layer.opacity)}
        aria-label={`Opacity of ${name}`}
        title={`${Math.round(100 * layer.opacity)} %`}
        onChange={(event) => setLayer(id, { opacity: Number(event.target.value) / 100 })}
      />
      {id === "photo" ? (
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
