import { useEffect, useRef, useState } from "react";
import { call, type ProjectSummary, projectUrl } from "../api/client";
import { attempt, createFromFile, createFromSample, removeProject } from "../state/projects";
import { useStudio } from "../state/store";
import { Dialog, IconButton } from "../theme/controls";
import { Icon, Mark } from "../theme/Icon";

export function StartPage() {
  const info = useStudio((s) => s.info);
  const [projects, setProjects] = useState<ProjectSummary[] | null>(null);
  const [deleting, setDeleting] = useState<ProjectSummary | null>(null);
  const load = () => void attempt(async () => setProjects((await call("get", "/api/projects")).projects));
  useEffect(load, []);
  return (
    <main className="start">
      <div className="start-head">
        <Mark size={52} />
        <div>
          <h1>Edit a photo by editing a drawing of it</h1>
          <p>
            One photo is enough. Primage makes a simple drawing of it, learns how the two correspond, and re-renders the
            photo as you draw.
          </p>
        </div>
      </div>
      <DropZone />
      {projects && projects.length > 0 && (
        <section aria-labelledby="projects-title">
          <h2 id="projects-title">Recent projects</h2>
          <ul className="projects">
            {projects.map((project) => (
              <li key={project.id} className="project">
                <a className="card" href={`#/p/${project.id}`}>
                  <span className="thumbnail">
                    <img alt="" src={projectUrl(project.id, `/picture?of=${project.updated}`)} loading="lazy" />
                    {project.edits > 0 && (
                      <span className="before">
                        <img alt="" src={projectUrl(project.id, "/photo?size=thumbnail")} loading="lazy" />
                        <small>Before</small>
                      </span>
                    )}
                  </span>
                  <span>
                    <b>{project.name}</b>
                    <small>
                      {[
                        project.edits ? count(project.edits, "edit") : "not edited",
                        project.steps ? count(project.steps, "training step") : "not learned yet",
                        ago(project.updated),
                      ].join(" · ")}
                    </small>
                  </span>
                </a>
                <IconButton icon="trash" label={`Delete ${project.name}`} onClick={() => setDeleting(project)} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <section aria-labelledby="samples-title">
        <h2 id="samples-title">Or try a sample</h2>
        <ul className="samples">
          {info?.samples.map((sample) => (
            <li key={sample.id} className="sample">
              <button type="button" className="card" onClick={() => void createFromSample(sample.id)}>
                <img alt="" src={`/api/samples/${encodeURIComponent(sample.id)}/image`} />
                <span>
                  <b>{sample.title}</b>
                  <small>{sample.credit}</small>
                </span>
              </button>
              <button
                type="button"
                className="button"
                aria-label={`Try: ${sample.edit} (${sample.title})`}
                onClick={() => void createFromSample(sample.id, true)}
              >
                Try: {sample.edit}
              </button>
            </li>
          ))}
        </ul>
      </section>
      {deleting && (
        <Dialog title={`Delete “${deleting.name}”?`} onClose={() => setDeleting(null)}>
          <p>
            This deletes the project’s copy of the photo, the drawing with all its edits, and the trained network. Your
            original photo is not touched.
          </p>
          <div className="dialog-actions">
            <button type="button" className="button" onClick={() => setDeleting(null)}>
              Keep it
            </button>
            <button
              type="button"
              className="button danger"
              onClick={async () => {
                const { id } = deleting;
                setDeleting(null);
                if (await removeProject(id)) load();
              }}
            >
              Delete
            </button>
          </div>
        </Dialog>
      )}
    </main>
  );
}

function DropZone() {
  const dragging = useStudio((s) => s.dragging);
  const input = useRef<HTMLInputElement>(null);
  return (
    <section className="dropzone" aria-label="Open a photo" data-over={dragging}>
      <Icon name="upload" size={30} />
      <p>
        <b>Drop a photo anywhere</b>
        <span>or an exported project</span>
      </p>
      <button type="button" className="button primary" onClick={() => input.current?.click()}>
        Choose a photo
      </button>
      <input
        ref={input}
        type="file"
        className="visually-hidden"
        tabIndex={-1}
        aria-label="Photo or project file"
        accept="image/*,.avif,.heic,.heif,.jxl,.psd,.ora,.kra,.zip"
        onChange={({ target }) => {
          if (target.files?.[0]) void createFromFile(target.files[0]);
        }}
      />
      <small>It stays on this computer.</small>
    </section>
  );
}

function count(number: number, thing: string): string {
  return `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;
}

function ago(time: number): string {
  const minutes = Math.max(0, (Date.now() / 1000 - time) / 60);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${Math.round(minutes)} min ago`;
  if (minutes < 24 * 60) return `${Math.round(minutes / 60)} h ago`;
  return new Date(time * 1000).toLocaleDateString("en", { day: "numeric", month: "short", year: "numeric" });
}
