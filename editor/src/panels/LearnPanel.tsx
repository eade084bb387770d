import { useState } from "react";
import { type Learning, projectUrl } from "../api/client";
import { learn, pause, resume, stop } from "../state/project-actions";
import { useStudio } from "../state/store";
import { Section } from "../theme/controls";
import { Icon } from "../theme/Icon";

const MINUTES = [1, 2, 5, 10, 30];

export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.round(seconds % 60);
  return minutes < 10 && rest > 0 ? `${minutes} min ${rest} s` : `${minutes} min`;
}

function sentence({ state, seconds, seconds_left: left }: Learning, steps: number): string {
  switch (state) {
    case "starting":
      return "Getting ready…";
    case "running":
      return left === null || left === undefined ? "Timing the first steps…" : `${duration(left)} left`;
    case "pausing":
      return "Pausing after this step…";
    case "paused":
      return `Paused${left ? `, ${duration(left)} left` : ""}`;
    case "stopping":
      return "Stopping after this step…";
    case "failed":
      return "Learning stopped";
    default:
      return steps > 0 ? `Learned for ${duration(seconds)}` : "Not learned yet";
  }
}

export function LearnPanel() {
  const project = useStudio((s) => s.project);
  const queued = useStudio((s) => s.learningQueued);
  const [minutes, setMinutes] = useState(2);
  if (!project) return null;
  const learning: Learning = queued ? { ...project.learning, state: "starting" } : project.learning;
  const { state } = learning;
  const active = state === "running" || state === "starting" || state === "pausing" || state === "stopping";
  const share = learning.steps > 0 ? Math.min(1, learning.step / learning.steps) : 0;
  const trained = project.steps > 0;
  return (
    <Section title="Learn this photo">
      <div className="learn">
        <div className="learn-preview" data-active={active}>
          <img
            alt={learning.preview ? "The unedited drawing, rendered with the current network" : ""}
            src={
              learning.preview
                ? projectUrl(project.id, `/preview?step=${learning.preview}`)
                : projectUrl(project.id, "/photo?size=thumbnail")
            }
            className={learning.preview || trained ? "" : "unlearned"}
          />
        </div>
        <div className="learn-facts">
          <p className="learn-state" role="status">
            {sentence(learning, project.steps)}
          </p>
          <p className="hint">
            {active || state === "paused"
              ? `Step ${learning.step.toLocaleString("en")}${learning.steps ? ` of ${learning.steps.toLocaleString("en")}` : ""}`
              : trained
                ? `${project.steps.toLocaleString("en")} training steps`
                : "You can already edit. Learning makes the result sharper and more faithful."}
          </p>
        </div>
      </div>
      {(active || state === "paused") && (
        <div
          className="progress"
          role="progressbar"
          aria-label="Learning"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(100 * share)}
        >
          <i style={{ width: `${100 * share}%` }} className={share === 0 ? "busy" : ""} />
        </div>
      )}
      {learning.message && <p className={state === "failed" ? "problem" : "hint"}>{learning.message}</p>}
      <div className="learn-actions">
        {active ? (
          <>
            <button type="button" className="button" disabled={state !== "running"} onClick={() => void pause()}>
              <Icon name="pause" size={16} /> Pause
            </button>
            <button type="button" className="button quiet" disabled={state === "stopping"} onClick={() => void stop()}>
              Stop
            </button>
          </>
        ) : state === "paused" ? (
          <>
            <button type="button" className="button primary" onClick={() => void resume()}>
              <Icon name="play" size={16} /> Resume
            </button>
            <button type="button" className="button quiet" onClick={() => void stop()}>
              Stop
            </button>
          </>
        ) : (
          <>
            <button type="button" className={trained ? "button" : "button primary"} onClick={() => void learn(minutes)}>
              <Icon name={trained ? "plus" : "play"} size={16} /> {trained ? "Learn more" : "Learn"}
            </button>
            <Minutes value={minutes} onChange={setMinutes} />
          </>
        )}
        {active && state !== "stopping" && (
          <button type="button" className="button quiet" onClick={() => void learn(1)} title="One more minute">
            +1 min
          </button>
        )}
      </div>
    </Section>
  );
}

export function Minutes({ value, onChange }: { value: number; onChange: (minutes: number) => void }) {
  return (
    <label className="minutes">
      <span className="visually-hidden">For how long</span>
      <select value={value} onChange={(event) => onChange(Number(event.target.value))}>
        {MINUTES.map((minutes) => (
          <option key={minutes} value={minutes}>
            {minutes} min
          </option>
        ))}
      </select>
    </label>
  );
}
