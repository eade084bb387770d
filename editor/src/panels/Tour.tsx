import { useEffect, useLayoutEffect, useState } from "react";
import { focusCanvas } from "../canvas/focus";
import { useStudio } from "../state/store";
import { IconButton } from "../theme/controls";

/** Each step is about a part of the window, which is outlined. */
const STEPS: readonly { of: string; title: string; text: string }[] = [
  {
    of: ".drawing-pane",
    title: "Edit the drawing",
    text: "It stands for the photo: areas with names, and lines. Try Select area (W): click an area, then drag it.",
  },
  {
    of: ".result-pane",
    title: "The photo follows",
    text: "Each edit changes the photo at once, and better a moment later. X compares it with the photo before.",
  },
  {
    of: ".side .section",
    title: "Learn, then export",
    text: "Two minutes of learning make results more faithful; you can go on editing meanwhile. Export gives the photo at full size.",
  },
];

/** A cookie, because it is the same at whichever port the studio runs. */
const SEEN = "primage_toured=yes";
/** Browsers keep a cookie for no longer; it is renewed with each visit. */
const LONGEST_SEC = 400 * 24 * 3600;

function seen(): boolean {
  const before = document.cookie.split("; ").includes(SEEN);
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in all browsers
  document.cookie = `${SEEN}; path=/; max-age=${LONGEST_SEC}; samesite=strict`;
  return before;
}

const MARGIN = 16;
const WIDTH = 320;

/** A tour of three steps, the first time that a person edits, and never again. The editor can be used meanwhile. */
export function Tour() {
  const [step, setStep] = useState<number | null>(null);
  useEffect(() => {
    if (!seen()) setStep(0);
  }, []);
  const end = () => {
    setStep(null);
    focusCanvas();
  };
  if (step === null) return null;
  return <Step number={step} onNext={() => (step + 1 < STEPS.length ? setStep(step + 1) : end())} onEnd={end} />;
}

function Step({ number, onNext, onEnd }: { number: number; onNext: () => void; onEnd: () => void }) {
  const { of, title, text } = STEPS[number];
  const place = usePlace(of);
  const last = number + 1 === STEPS.length;
  return (
    <>
      {place && <div className="tour-ring" style={place} />}
      <div
        className="tour"
        role="region"
        aria-label="Introduction"
        aria-live="polite"
        style={cardAt(place)}
        onKeyDown={(event) => {
          if (event.key === "Escape") onEnd();
          event.stopPropagation();
        }}
      >
        <header>
          <h2>{title}</h2>
          <IconButton icon="close" label="Skip the tour" onClick={onEnd} />
        </header>
        <p>{text}</p>
        <footer>
          <small>
            {number + 1} of {STEPS.length}
          </small>
          <button type="button" className="button primary" onClick={onNext}>
            {last ? "Start" : "Next"}
          </button>
        </footer>
      </div>
    </>
  );
}

interface Place {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Where a part of the window is, also after it was moved; null while it is not shown. */
function usePlace(selector: string): Place | null {
  const [place, setPlace] = useState<Place | null>(null);
  const shown = useStudio((s) => [s.panels, s.layout, s.stacked ?? s.autoStacked].join());
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown moves the parts of the window
  useLayoutEffect(() => {
    const look = () => {
      const box = document.querySelector(selector)?.getBoundingClientRect();
      setPlace(box ? { left: box.left, top: box.top, width: box.width, height: box.height } : null);
    };
    look();
    // Panes move once more when they are stacked.
    const frame = requestAnimationFrame(look);
    window.addEventListener("resize", look);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener("resize", look);
    };
  }, [selector, shown]);
  return place;
}

/** Inside a large part at the bottom, beside a small one at the right border; in the middle of the window without one. */
function cardAt(place: Place | null) {
  const width = Math.min(WIDTH, window.innerWidth - 2 * MARGIN);
  const keep = (left: number) => Math.max(MARGIN, Math.min(window.innerWidth - width - MARGIN, left));
  if (!place) return { width, left: keep((window.innerWidth - width) / 2), bottom: 44 };
  const beside = place.left + place.width > window.innerWidth - MARGIN && place.left > width + 2 * MARGIN;
  if (beside && place.height < window.innerHeight / 2)
    return { width, left: place.left - width - MARGIN, top: place.top };
  const bottom = window.innerHeight - place.top - place.height + MARGIN;
  return { width, left: keep(place.left + (place.width - width) / 2), bottom };
}
