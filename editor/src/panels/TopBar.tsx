import { useState } from "react";
import { openFiles } from "../state/opening";
import { change } from "../state/project-actions";
import { goHome } from "../state/projects";
import { set, useStudio } from "../state/store";
import { Icon, Mark } from "../theme/Icon";
import { FilePicker } from "./FilePicker";
import { ClipboardGroup, HistoryGroup, ViewGroup, WindowGroup } from "./topBarGroups";

export function TopBar() {
  const project = useStudio((s) => s.project);
  const phase = useStudio((s) => s.phase);
  const editing = project !== null && phase === "edit";
  return (
    <header className="topbar">
      <button type="button" className="brand" onClick={goHome} aria-label="Primage: all projects" title="All projects">
        <Mark />
        <span>Primage</span>
      </button>
      {project && <ProjectName key={project.id} name={project.name} />}
      {editing && <HistoryGroup />}
      {editing && <ClipboardGroup />}
      <span className="spring" />
      {editing && !project.correcting && (
        <>
          <ViewGroup />
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
      <WindowGroup editing={editing} />
    </header>
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
