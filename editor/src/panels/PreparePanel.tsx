import { type ReactNode, useEffect, useState } from "react";
import type { ExtractSettings } from "../api/client";
import { beginCorrections } from "../state/correcting";
import { forgetOwn, openFiles } from "../state/opening";
import { findPeople, usePeople } from "../state/people";
import { learn } from "../state/project-actions";
import { beginEditing, discardSettings, previewSettings, saveSettings } from "../state/projects";
import { useStudio } from "../state/store";
import { IconButton, Slider, Switch } from "../theme/controls";
import { Icon } from "../theme/Icon";
import { FilePicker } from "./FilePicker";
import { Minutes } from "./LearnPanel";

const KINDS: readonly { value: ExtractSettings["kind"]; name: string; suits: string }[] = [
  {
    value: "super",
    name: "Areas and lines",
    suits: "For most photos: areas give the layout, lines the shapes.",
  },
  { value: "edges", name: "Lines", suits: "For faces, hands and animals, where shape matters most." },
  { value: "segments", name: "Areas", suits: "For landscapes, interiors and clothes: a few large areas to move." },
  { value: "paint", name: "Painting", suits: "Where colour matters more than shape: paint with a broad brush." },
  {
    value: "landmarks",
    name: "Points of people",
    suits:
      "Faces, hands and bodies alone, as curves through points. With the tool Points, other drawings can do the same.",
  },
];

/** Extraction settings: the kind of drawing and its detail. The preview follows the sliders. */
export function PreparePanel() {
  const settings = useStudio((s) => s.settings);
  const project = useStudio((s) => s.project);
  const extracting = useStudio((s) => s.extracting);
  const info = useStudio((s) => s.info);
  const somebody = usePeople((s) => s.project === project?.id && s.state === "found");
  const [minutes, setMinutes] = useState(2);
  const [busy, setBusy] = useState(false);
  const id = project?.id;
  useEffect(() => {
    if (id && info?.capabilities.people) void findPeople();
  }, [id, info]);
  if (!settings || !project) return null;
  const change = (part: Partial<ExtractSettings>) => void previewSettings({ ...settings, ...part });
  const lines = settings.kind === "super" || settings.kind === "edges";
  const areas = settings.kind === "super" || settings.kind === "segments";
  const again = project.history.revision > 0 || project.steps > 0;
  const go = async (learning: boolean) => {
    setBusy(true);
    const kept = await saveSettings();
    setBusy(false);
    if (!kept) return;
    beginEditing();
    if (learning) void learn(minutes);
  };
  const correct = async () => {
    setBusy(true);
    if (await saveSettings()) await beginCorrections();
    setBusy(false);
  };
  const sizes = [192, 256, 384, 512, 768, 1024].filter(
    (size) => size <= Math.min(project.photo.width, project.photo.height) && size <= (info?.limits.size_px ?? 1024),
  );
  return (
    <aside className="side prepare" aria-label="Make the drawing">
      <div className="prepare-scroll">
        <h2>Make the drawing</h2>
        <p className="lead">This is what you will edit. Fewer, clearer shapes are easier to edit.</p>
        <fieldset className="kinds">
          <legend className="visually-hidden">Kind of drawing</legend>
          {KINDS.filter(({ value }) => value !== "landmarks" || somebody || settings.kind === value).map((kind) => (
            <label key={kind.value} className="kind">
              <input
                type="radio"
                name="kind"
                checked={settings.kind === kind.value}
                onChange={() => change({ kind: kind.value })}
              />
              <span>{kind.name}</span>
            </label>
          ))}
        </fieldset>
        <p className="hint kind-hint">{KINDS.find((kind) => kind.value === settings.kind)?.suits}</p>
        {areas && (
          <Own layer="segments" what="labels" hint="A label map, one mask for each label, COCO or labelme JSON …">
            <Slider
              label="Areas"
              min={2}
              max={48}
              value={settings.regions}
              hint="Each becomes a label you can paint with."
              onChange={(regions) => change({ regions })}
            />
            {info?.capabilities.people && (
              <Switch
                label="Name parts of people"
                hint="Skin, hair, eyes, lips … become labels with names, where a person is found."
                checked={settings.people ?? false}
                onChange={(people) => change({ people })}
              />
            )}
          </Own>
        )}
        {lines && (
          <Own layer="edges" what="lines" hint="A line drawing of the photo, on plain paper or transparent">
            <Slider
              label="Line smoothing"
              min={0.5}
              max={6}
              step={0.1}
              value={settings.edge_sigma}
              hint="Higher values keep only large shapes."
              onChange={(edge_sigma) => change({ edge_sigma })}
            />
            <Slider
              label="Faint-line threshold"
              min={0}
              max={0.3}
              step={0.01}
              value={settings.edge_low}
              onChange={(edge_low) => change({ edge_low, edge_high: Math.max(settings.edge_high, edge_low) })}
            />
            <Slider
              label="Strong-line threshold"
              min={0.01}
              max={0.5}
              step={0.01}
              value={settings.edge_high}
              hint="Faint lines are kept only where they connect to a strong one."
              onChange={(edge_high) => change({ edge_high, edge_low: Math.min(settings.edge_low, edge_high) })}
            />
            <Slider
              label="Minimum line length"
              unit=" px"
              min={0}
              max={80}
              value={settings.edge_min_length_px}
              onChange={(edge_min_length_px) => change({ edge_min_length_px })}
            />
          </Own>
        )}
        {settings.kind === "paint" && (
          <Own layer="colours" what="painting" hint="A painting of the photo">
            <Slider
              label="Colours"
              min={2}
              max={48}
              value={settings.paint_colours}
              onChange={(paint_colours) => change({ paint_colours })}
            />
          </Own>
        )}
        {sizes.length > 1 && (
          <label className="field">
            <span>Drawing size (short side)</span>
            <select value={settings.size_px} onChange={(event) => change({ size_px: Number(event.target.value) })}>
              {(sizes.includes(settings.size_px) ? sizes : [...sizes, settings.size_px].sort((a, b) => a - b)).map(
                (size) => (
                  <option key={size} value={size}>
                    {size} px{size === 256 ? " (quick)" : size >= 768 ? " (slow)" : ""}
                  </option>
                ),
              )}
            </select>
          </label>
        )}
      </div>
      <footer className="prepare-foot">
        <p className="hint" role="status">
          {extracting ? "Extracting…" : "The result has the photo’s full size, whatever the drawing size."}
        </p>
        <div className="prepare-go">
          <button
            type="button"
            className="button primary large"
            disabled={busy || extracting}
            onClick={() => void go(true)}
          >
            <Icon name="play" size={16} /> Learn and edit
          </button>
          <Minutes value={minutes} onChange={setMinutes} />
        </div>
        <div className="prepare-else">
          <button type="button" className="button quiet" disabled={busy || extracting} onClick={() => void go(false)}>
            Edit without learning
          </button>
          <button type="button" className="button quiet" disabled={busy || extracting} onClick={() => void correct()}>
            Correct it by hand
          </button>
          {again && (
            <button type="button" className="button quiet" onClick={() => void discardSettings()}>
              Cancel
            </button>
          )}
        </div>
      </footer>
    </aside>
  );
}

interface OwnProps {
  layer: "segments" | "edges" | "colours";
  what: string;
  hint: string;
  /** Settings of the extraction, which a file replaces. */
  children: ReactNode;
}

/** How a layer is made: extracted with some settings, or read from a file of one's own. */
function Own({ layer, what, hint, children }: OwnProps) {
  const file = useStudio((s) => s.settings?.[`own_${layer}`] ?? null);
  const name = useStudio((s) => (file ? s.ownNames[file] : null));
  if (file)
    return (
      <div className="own">
        <span>
          Your own {what}
          {name && <b>{name}</b>}
        </span>
        <IconButton icon="close" label={`Extract the ${what} instead`} onClick={() => forgetOwn(layer)} />
      </div>
    );
  return (
    <>
      {children}
      <FilePicker
        className="button own-button"
        label={`Your own ${what}`}
        title={hint}
        onFiles={(files) => void openFiles(files, layer)}
      >
        <Icon name="upload" size={16} /> Use your own {what}…
      </FilePicker>
    </>
  );
}
