import { useEffect, useState } from "react";
import { type Project, projectUrl } from "../api/client";
import { scrub, toggleTimeline } from "../state/player";
import { get, useStudio } from "../state/store";
import { changeTimeline, type KeyName, play, setKey, stopPlaying } from "../state/timeline";
import { IconButton } from "../theme/controls";
import { Icon } from "../theme/Icon";
import { NumberField } from "../theme/NumberField";
import { anchor } from "../tools/floating";
import { belongsToControl, isEditing } from "./shortcuts";

const EASINGS = [
  ["linear", "Constant speed"],
  ["in", "Starts slowly"],
  ["out", "Ends slowly"],
  ["in-out", "Starts and ends slowly"],
] as const;
const REPEATS = [
  ["once", "Once"],
  ["loop", "Loop"],
  ["back-and-forth", "Back and forth"],
] as const;
const FORMATS = ["mp4", "gif", "webp"] as const;
/** As the server accepts them (`TimelineSettings`). */
const SECONDS = [0.1, 10] as const;
const FPS = [1, 30] as const;

/** What the keys are until they are set. */
const UNSET: Record<KeyName, string> = { first: "unedited", second: "now" };

/** Play or stop; what floats is placed first, as it belongs to the drawing. */
function playOrStop(): void {
  const { playing, project } = get();
  if (playing || project?.animation.state === "painting") void stopPlaying();
  else {
    anchor();
    void play();
  }
}

/** The keys of the timeline, before those of the canvas: Space alone is the hand. */
function onKeyDown(event: KeyboardEvent): void {
  if (!event.shiftKey || event.ctrlKey || event.metaKey || event.altKey || !isEditing()) return;
  const action =
    event.key.toLowerCase() === "t" ? toggleTimeline : event.key === " " && get().timeline ? playOrStop : undefined;
  if (!action || belongsToControl(event.key, event.target as HTMLElement)) return;
  event.preventDefault();
  if (!event.repeat) action();
}

/** A strip below the canvas: two keys, and what is between them. */
export function Timeline() {
  const project = useStudio((s) => s.project);
  const shown = useStudio((s) => s.timeline);
  useEffect(() => {
    window.addEventListener("keydown", onKeyDown, true);
    return () => window.removeEventListener("keydown", onKeyDown, true);
  }, []);
  if (!shown || !project || project.correcting) return null;
  return (
    <section className="timeline" aria-label="Timeline">
      <Transport project={project} />
      <div className="timeline-settings">
        <Settings project={project} />
        <Export project={project} />
        <IconButton icon="close" label="Close the timeline" keys="Shift+T" onClick={toggleTimeline} />
      </div>
    </section>
  );
}

function Transport({ project }: { project: Project }) {
  const playing = useStudio((s) => s.playing);
  // Nobody sees what is painted while it is closed.
  useEffect(() => () => void stopPlaying(), []);
  const number = useStudio((s) => s.frame?.number ?? null);
  const { frames, painted, state } = project.animation;
  const painting = state === "painting";
  const active = playing || painting;
  const last = Math.max(1, frames - 1);
  return (
    <div className="transport">
      <IconButton
        className="play"
        icon={active ? "stop" : "play"}
        label={active ? "Stop" : "Play"}
        keys="Shift+Space"
        onClick={playOrStop}
      />
      <Key name="first" project={project} />
      <div className="scrub">
        <div className="painted" aria-hidden="true">
          <i style={{ width: `${frames ? (100 * painted) / frames : 0}%` }} data-busy={painting} />
        </div>
        <input
          type="range"
          aria-label="Frame"
          aria-valuetext={frames ? `Frame ${(number ?? 0) + 1} of ${frames}` : "No frames yet"}
          title={frames ? undefined : "Play paints the frames; then drag to look at each"}
          min={0}
          max={last}
          value={number ?? 0}
          disabled={!painted}
          onChange={(event) => scrub(Number(event.target.value))}
        />
        <p>{progress(project, number)}</p>
      </div>
      <Key name="second" project={project} />
    </div>
  );
}

function progress({ animation, timeline }: Project, number: number | null): string {
  const { frames, painted, state, message } = animation;
  if (state === "failed") return message ?? "The frames could not be painted.";
  if (state === "painting") return `Painting frame ${Math.min(painted + 1, frames)} of ${frames}`;
  if (number !== null) return `${(number / timeline.fps).toFixed(2)} of ${timeline.seconds} s`;
  if (!frames) return "Not played yet";
  return painted < frames ? `${painted} of ${frames} frames` : `${frames} frames`;
}

function Key({ name, project }: { name: KeyName; project: Project }) {
  const snapshot = project.timeline[name];
  const picture = snapshot ? `/snapshots/${snapshot}/image` : name === "first" ? "/photo?size=thumbnail" : null;
  const set = () => {
    anchor();
    void setKey(name);
  };
  return (
    <div className="key" role="group" aria-label={name === "first" ? "First key" : "Second key"}>
      <button
        type="button"
        className="button"
        title={`Set ${name} key: the drawing as it is now, instead of ${snapshot ? "the one kept" : name === "first" ? "the unedited drawing" : "whatever it is when you play"}`}
        onClick={set}
      >
        {picture ? <img alt="" src={projectUrl(project.id, picture)} /> : <Icon name="drawing" size={16} />}
        <span>
          Set {name} key
          <small>{snapshot ? "set" : UNSET[name]}</small>
        </span>
      </button>
      {snapshot && (
        <IconButton
          icon="close"
          label={name === "first" ? "Begin with the unedited drawing again" : "End with the drawing as it is now"}
          onClick={() => void setKey(name, "clear")}
        />
      )}
    </div>
  );
}

function Settings({ project: { timeline } }: { project: Project }) {
  const within = ([low, high]: readonly [number, number], value: number) => Math.min(high, Math.max(low, value));
  return (
    <>
      <NumberField
        label="Duration in seconds"
        sign="Length"
        unit=" s"
        value={timeline.seconds}
        onChange={(value) => void changeTimeline({ seconds: within(SECONDS, value) })}
      />
      <NumberField
        label="Frames per second"
        sign="Fps"
        value={timeline.fps}
        onChange={(value) => void changeTimeline({ fps: within(FPS, Math.round(value)) })}
      />
      <Select label="Speed" value={timeline.ease} choices={EASINGS} onChange={(ease) => changeTimeline({ ease })} />
      <Select
        label="Repeat"
        value={timeline.repeat}
        choices={REPEATS}
        onChange={(repeat) => changeTimeline({ repeat })}
      />
    </>
  );
}

interface SelectProps<T extends string> {
  label: string;
  value: string;
  choices: readonly (readonly [T, string])[];
  onChange: (value: T) => unknown;
}

function Select<T extends string>({ label, value, choices, onChange }: SelectProps<T>) {
  return (
    <select aria-label={label} title={label} value={value} onChange={(event) => onChange(event.target.value as T)}>
      {choices.map(([choice, text]) => (
        <option key={choice} value={choice}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** A file of all frames. */
function Export({ project }: { project: Project }) {
  const video = useStudio((s) => s.info?.capabilities.video ?? false);
  const [chosen, setChosen] = useState<(typeof FORMATS)[number]>();
  const suffix = chosen ?? (video ? "mp4" : "webp");
  const { frames, painted } = project.animation;
  const ready = frames > 0 && painted === frames;
  const content = (
    <>
      <Icon name="export" size={16} /> <span>Export</span>
    </>
  );
  return (
    <div className="movie" role="group" aria-label="Export the frames">
      <select
        aria-label="Format"
        title="Format"
        value={suffix}
        onChange={(event) => setChosen(event.target.value as typeof suffix)}
      >
        {FORMATS.map((one) => (
          <option key={one} value={one} disabled={one === "mp4" && !video}>
            {one === "webp" ? "WebP" : one.toUpperCase()}
          </option>
        ))}
      </select>
      {ready ? (
        <a
          className="button"
          href={projectUrl(project.id, `/export/animation.${suffix}`)}
          download
          title="A file of all frames"
        >
          {content}
        </a>
      ) : (
        <button type="button" className="button" disabled title="Play first: all frames have to be painted">
          {content}
        </button>
      )}
    </div>
  );
}
