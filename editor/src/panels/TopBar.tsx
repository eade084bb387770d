import { useState } from "react";
import { openFiles } from "../state/opening";
import { change } from "../state/project-actions";
import { goHome } from "../state/projects";
import { type Layout, set, setTheme, toggleStacked, useStudio } from "../state/store";
import { Choice, IconButton } from "../theme/controls";
import { Icon, Mark } from "../theme/Icon";
import { copySelection, cutSelection, paste, redo, undo } from "../tools/actions";
import { FilePicker } from "./FilePicker";

const LAYOUTS: readonly {
  value: Layout;
  label: string;
  icon: "beside" | "over" | "drawing" | "result";
  keys: string;
}[] = [
  { value: "beside", label: "Side by side", icon: "beside", keys: "1" },
  { value: "over", label: "Result over drawing", icon: "over", keys: "2" },
  { value: "drawing", label: "Drawing only", icon: "drawing", keys: "3" },
  { value: "result", label: "Result only", icon: "result", keys: "4" },
];

export function TopBar() {
  const project = useStudio((s) => s.project);
  const phase = useStudio((s) => s.phase);
  const layout = useStudio((s) => s.layout);
  const stacked = useStudio((s) => s.stacked ?? s.autoStacked);
  const before = useStudio((s) => s.before);
  const theme = useStudio((s) => s.theme);
  const panels = useStudio((s) => s.panels);
  const floating = useStudio((s) => s.floating !== "none");
  const editing = project !== null && phase === "edit";
  const { undo: undoTitle, redo: redoTitle } = project?.history ?? {};
  return (
    <header className="topbar">
      <button type="button" className="brand" onClick={goHome} aria-label="Primage: all projects" title="All projects">
        <Mark />
        <span>Primage</span>
      </button>
      {project && <ProjectName key={project.id} name={project.name} />}
      {editing && (
        <div className="group" role="group" aria-label="History">
          <IconButton
            icon="undo"
            label={undoTitle ? `Undo ${undoTitle}` : "Undo"}
            keys="Ctrl+Z"
            disabled={!undoTitle && !floating}
            onClick={undo}
          />
          <IconButton
            icon="redo"
            label={redoTitle ? `Redo ${redoTitle}` : "Redo"}
            keys="Ctrl+Shift+Z"
            disabled={!redoTitle}
            onClick={redo}
          />
        </div>
      )}
      {editing && <Clipboard />}
      <span className="spring" />
      {editing && !project.correcting && (
        <>
          <Choice label="Layout" value={layout} choices={LAYOUTS} icons onChange={(value) => set({ layout: value })} />
          <IconButton
            icon="stacked"
            label="Drawing above result"
            keys="5"
            pressed={stacked}
            disabled={layout !== "beside"}
            onClick={toggleStacked}
          />
          <IconButton
            icon="compare"
            label="Compare with the photo"
            keys="X"
            pressed={before}
            disabled={layout === "drawing" || layout === "over"}
            onClick={() => set({ before: !before })}
          />
          <FilePicker
            label="Open drawing"
            title="Open a drawing, labels or lines edited elsewhere; you can also drop them on the page"
            onFiles={(files) => void openFiles(files)}
          >
            <Icon name="upload" size={16} /> <span>Open drawing…</span>
          </FilePicker>
          <button
            type="button"
            className="button"
            aria-label="Export"
            title="Export"
            onClick={() => set({ dialog: "export" })}
          >
            <Icon name="export" size={16} /> <span>Export</span>
          </button>
        </>
      )}
      <IconButton
        icon={theme === "dark" ? "sun" : "moon"}
        label={theme === "dark" ? "Light theme" : "Dark theme"}
        onClick={() => setTheme(theme === "dark" ? "light" : "dark")}
      />
      <IconButton icon="help" label="Keyboard shortcuts" keys="?" onClick={() => set({ dialog: "shortcuts" })} />
      {editing && (
        <IconButton
          icon="sidebar"
          label={panels ? "Hide panels" : "Show panels"}
          keys="Tab"
          pressed={panels}
          onClick={() => set({ panels: !panels })}
        />
      )}
    </header>
  );
}

function Clipboard() {
  const selected = useStudio((s) => s.selection !== null);
  const copied = useStudio((s) => s.clip !== null);
  return (
    <div className="group" role="group" aria-label="Clipboard">
      <IconButton icon="cut" label="Cut" keys="Ctrl+X" disabled={!selected} onClick={cutSelection} />
      <IconButton icon="copy" label="Copy" keys="Ctrl+C" disabled={!selected} onClick={copySelection} />
      <IconButton icon="paste" label="Paste" keys="Ctrl+V" disabled={!copied} onClick={() => paste()} />
    </div>
  );
}

function ProjectName({ name }: { name: string }) {
  const [text, setText] = useState(name);
  const keep = () => {
    const trimmed = text.trim();
    if (trimmed && trimmed !== name) void change({ name: trimmed });
    else setText(name);
  };
  return (
    <input
      className="project-name"
      aria-label="Name of the project"
      value={text}
      maxLength={80}
      onChange={(event) => setText(event.target.value)}
      onBlur={keep}
      onKeyDown={(event) => {
        if (event.key === "Enter" || event.key === "Escape") event.currentTarget.blur();
        event.stopPropagation();
      }}
    />
  );
}
