import { useState } from "react";
import { projectUrl } from "../api/client";
import { fromHex, hex } from "../raster/palette";
import { labelName, type PaintColour, paintColour } from "../state/labels";
import { openDrawing, openSettings } from "../state/projects";
import { get, notify, set, useStudio } from "../state/store";
import { Dialog } from "../theme/controls";
import { Icon } from "../theme/Icon";
import { chooseTool, TOOLS } from "../tools/registry";
import { SHORTCUTS } from "./shortcuts";

const close = () => set({ dialog: "none" });

export function Dialogs() {
  const dialog = useStudio((s) => s.dialog);
  switch (dialog) {
    case "shortcuts":
      return <Shortcuts />;
    case "export":
      return <Export />;
    case "replace":
      return <Replace />;
    case "addLabel":
      return <AddLabel />;
    default:
      return null;
  }
}

function Shortcuts() {
  const groups: [string, readonly (readonly [string, string])[]][] = [
    ["Tools", TOOLS.map((tool) => [tool.key, tool.name] as const)],
    ...SHORTCUTS,
  ];
  return (
    <Dialog title="Keyboard shortcuts" onClose={close} wide>
      <div className="shortcuts">
        {groups.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([keys, what]) => (
                <div key={keys}>
                  <dt>
                    {keys.split(" ").map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}

function Export() {
  const project = useStudio((s) => s.project);
  const drawing = useStudio((s) => s.drawing);
  if (!project || !drawing) return null;
  const stem = project.name.replace(/[^\w.-]+/g, "-") || "primage";
  const layers = drawing.layers.filter(({ type }) => type.download);
  const rows: { path: string; name: string; what: string; ready: boolean }[] = [
    {
      path: "result.png?size=full",
      name: "Result, full size",
      what: `PNG, ${project.photo.width} × ${project.photo.height}, with metadata on how it was made`,
      ready: project.model !== null,
    },
    {
      path: "result.png?size=working",
      name: "Result, drawing size",
      what: `PNG, ${project.size.width} × ${project.size.height}`,
      ready: project.model !== null,
    },
    { path: "primitive.png", name: "Drawing", what: "PNG, as shown", ready: true },
    // A single layer is the drawing itself.
    ...(layers.length > 1 ? layers : []).map(({ type: { download, title } }) => ({
      path: download!.file,
      name: title,
      what: download!.description,
      ready: true,
    })),
    {
      path: "origin.png",
      name: "Origin",
      what: "PNG; where in the photo the drawing comes from, for primage render --origin",
      ready: true,
    },
    {
      path: "model.safetensors",
      name: "Model",
      what: project.steps ? "renders any drawing with these labels" : "available after learning",
      ready: project.steps > 0,
    },
    { path: "project.zip", name: "Project", what: "everything; can be imported into another studio", ready: true },
  ];
  return (
    <Dialog title="Export" onClose={close}>
      <ul className="exports">
        {rows.map(({ path, name, what, ready }) => (
          <li key={path}>
            {ready ? (
              <a
                className="export-row"
                href={projectUrl(project.id, `/export/${path}`)}
                download={`${stem}-${path.split("?")[0]}`}
              >
                <Icon name="export" />
                <span>
                  <b>{name}</b>
                  <small>{what}</small>
                </span>
              </a>
            ) : (
              <span className="export-row disabled">
                <Icon name="export" />
                <span>
                  <b>{name}</b>
                  <small>{what}</small>
                </span>
              </span>
            )}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function Replace() {
  const edited = useStudio((s) => (s.project?.history.revision ?? 0) > 0);
  const learned = useStudio((s) => (s.project?.steps ?? 0) > 0);
  const labels = useStudio((s) => s.project?.labels.length ?? 0);
  return (
    <Dialog title="Change the drawing" onClose={close}>
      <div className="ways">
        <button type="button" className="card wide" onClick={openSettings}>
          <Icon name="sliders" />
          <span>
            <b>Extract it again</b>
            <small>
              Another kind, different areas, finer lines.
              {edited || learned
                ? " If you keep the new drawing, all edits, snapshots and training are discarded."
                : ""}
            </small>
          </span>
        </button>
        <label className="card wide">
          <Icon name="upload" />
          <span>
            <b>Open an edited drawing</b>
            <small>
              A PNG exported from the studio and edited elsewhere.{" "}
              {labels ? `It may only use the colours of the ${labels} labels.` : ""} This can be undone.
            </small>
          </span>
          <input
            type="file"
            className="visually-hidden"
            accept="image/png"
            aria-label="Open an edited drawing"
            onChange={async (event) => {
              const file = event.target.files?.[0];
              if (file && (await openDrawing(file))) close();
            }}
          />
        </label>
      </div>
    </Dialog>
  );
}

function AddLabel() {
  const [colour, setColour] = useState("#8844cc");
  const [answer, setAnswer] = useState<PaintColour | null>(null);
  const labels = useStudio((s) => s.project?.labels) ?? [];
  const painting = useStudio((s) => !!s.drawing?.isPainting);
  const take = (position: number) => {
    set({ label: position, dialog: "none" });
    chooseTool("brush");
    notify(painting ? `Painting with ${colour}.` : `Painting with “${labelName(labels, position)}”.`);
    get().drawing?.repaint();
  };
  const ask = () => {
    const requested = fromHex(colour);
    if (!requested) return;
    const result = paintColour(requested);
    if (result.ok) take(result.position);
    else setAnswer(result);
  };
  return (
    <Dialog title="Paint with another colour" onClose={close}>
      <div className="add-label">
        <label className="field">
          <span>Colour</span>
          <input
            type="color"
            value={colour}
            onChange={(event) => {
              setColour(event.target.value);
              setAnswer(null);
            }}
          />
        </label>
        <label className="field grow">
          <span>Hex code</span>
          <input
            type="text"
            value={colour}
            spellCheck={false}
            onChange={(event) => {
              setColour(event.target.value);
              setAnswer(null);
            }}
          />
        </label>
        <button type="button" className="button primary" disabled={!fromHex(colour)} onClick={ask}>
          Use it
        </button>
      </div>
      {answer && !answer.ok && (
        <div className="refusal" role="alert">
          <p>{answer.reason}</p>
          <div className="dialog-actions">
            <button type="button" className="button" onClick={openSettings}>
              Extract the drawing again…
            </button>
            <button type="button" className="button primary" onClick={() => take(answer.nearest)}>
              <i
                className="swatch"
                style={{ background: labels[answer.nearest] && hex(labels[answer.nearest].colour) }}
              />
              Use {labelName(labels, answer.nearest)}
            </button>
          </div>
        </div>
      )}
    </Dialog>
  );
}
