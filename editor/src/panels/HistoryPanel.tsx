import { useState } from "react";
import { projectUrl, type Snapshot } from "../api/client";
import { deleteSnapshot, restoreSnapshot, takeSnapshot } from "../state/project-actions";
import { session } from "../state/session";
import { useStudio } from "../state/store";
import { IconButton } from "../theme/controls";
import { Icon } from "../theme/Icon";
import { anchor } from "../tools/floating";

export function HistoryPanel() {
  const history = useStudio((s) => s.project?.history);
  const done = history?.done ?? [];
  const undone = history?.undone ?? [];
  const go = (steps: number) => {
    anchor();
    for (let i = 0; i < Math.abs(steps); i++) session()?.step(steps < 0 ? "undo" : "redo");
  };
  return (
    <>
      <Snapshots />
      <h3>Steps</h3>
      <ol className="steps" aria-label="Steps, oldest first">
        <li>
          <button
            type="button"
            aria-current={done.length === 0 ? "step" : undefined}
            disabled={!done.length}
            onClick={() => go(-done.length)}
          >
            {done.length >= 40 ? "40 steps ago" : "Unedited drawing"}
          </button>
        </li>
        {done.map((title, i) => (
          <li key={`d${i}`}>
            <button
              type="button"
              aria-current={i === done.length - 1 ? "step" : undefined}
              disabled={i === done.length - 1}
              onClick={() => go(i + 1 - done.length)}
            >
              {title}
            </button>
          </li>
        ))}
        {undone.map((title, i) => (
          <li key={`u${i}`} className="undone">
            <button type="button" onClick={() => go(i + 1)}>
              {title}
            </button>
          </li>
        ))}
      </ol>
    </>
  );
}

function Snapshots() {
  const project = useStudio((s) => s.project);
  const [name, setName] = useState("");
  // A snapshot of corrections could have labels that the network does not know.
  if (!project || project.correcting) return null;
  const add = async () => {
    anchor();
    await takeSnapshot(name.trim() || `Snapshot ${project.snapshots.length + 1}`);
    setName("");
  };
  return (
    <>
      <form
        className="snapshot-form"
        onSubmit={(event) => {
          event.preventDefault();
          void add();
        }}
      >
        <input
          type="text"
          aria-label="Name of the snapshot"
          placeholder="Snapshot name"
          value={name}
          maxLength={60}
          onChange={(event) => setName(event.target.value)}
          onKeyDown={(event) => event.stopPropagation()}
        />
        <button type="submit" className="button">
          <Icon name="camera" size={16} /> Save snapshot
        </button>
      </form>
      {project.snapshots.length > 0 && (
        <ul className="snapshots" aria-label="Snapshots">
          {project.snapshots.map((snapshot) => (
            <SnapshotRow key={snapshot.id} snapshot={snapshot} project={project.id} />
          ))}
        </ul>
      )}
    </>
  );
}

function SnapshotRow({ snapshot, project }: { snapshot: Snapshot; project: string }) {
  return (
    <li className="snapshot">
      <button type="button" onClick={() => void restoreSnapshot(snapshot.id)} title={`Return to “${snapshot.name}”`}>
        <img alt="" src={projectUrl(project, `/snapshots/${snapshot.id}/image`)} />
        <span>{snapshot.name}</span>
      </button>
      <IconButton
        icon="trash"
        label={`Delete snapshot ${snapshot.name}`}
        onClick={() => void deleteSnapshot(snapshot.id)}
      />
    </li>
  );
}
