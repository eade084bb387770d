import { photoZoom } from "../canvas/photoPixels";
import { fitDrawing, zoomBy, zoomToPhoto } from "../canvas/viewport";
import { toggleTimeline } from "../state/player";
import { useStudio } from "../state/store";
import { IconButton } from "../theme/controls";
import { EffectNotice } from "./EffectNotice";
import { UnsettledNotice } from "./UnsettledNotice";

export function StatusBar() {
  const served = useStudio((s) => s.served);
  const timeline = useStudio((s) => s.timeline);
  const view = useStudio((s) => s.view);
  const drawing = useStudio((s) => s.drawing);
  const project = useStudio((s) => s.project);
  const latency = useStudio((s) => s.latency);
  const rendering = useStudio((s) => s.rendering);
  const synthesising = useStudio((s) => s.synthesising);
  const synthesisLatency = useStudio((s) => s.synthesisLatency);
  const steps = useStudio((s) => s.renderedSteps);
  const connection = useStudio((s) => s.connection);
  if (!drawing || !project) return null;
  return (
    <footer className="status">
      <IconButton icon="minus" label="Zoom out" keys="-" onClick={() => zoomBy(1 / 1.25)} />
      <button type="button" className="zoom" title="Show the photo’s own pixels: 100 % (9)" onClick={zoomToPhoto}>
        {Math.round(100 * photoZoom(view, drawing, project.full_size))} %
      </button>
      <IconButton icon="plus" label="Zoom in" keys="+" onClick={() => zoomBy(1.25)} />
      <IconButton icon="fit" label="Fit the drawing" keys="0" onClick={() => fitDrawing()} />
      {served && !project.correcting && (
        <IconButton
          icon="timeline"
          label={timeline ? "Close the timeline" : "Timeline"}
          keys="Shift+T"
          pressed={timeline}
          onClick={toggleTimeline}
        />
      )}
      <span className="fact">
        {drawing.width} × {drawing.height} px
      </span>
      <Coordinates />
      <span className="spring" />
      <EffectNotice />
      <UnsettledNotice />
      <span
        className="fact"
        role="status"
        data-testid="render-status"
        data-busy={rendering}
        data-final={!rendering && !synthesising}
      >
        {connection === "expired" ? (
          <b className="warn">Open the studio’s new link</b>
        ) : connection === "connecting" ? (
          <b className="warn">Connecting…</b>
        ) : project.correcting ? (
          "Correcting: the photo stays as it is"
        ) : rendering ? (
          "Rendering…"
        ) : latency !== null ? (
          `Rendered in ${Math.round(latency)} ms`
        ) : steps !== null ? (
          "Up to date"
        ) : (
          "Waiting for the first result"
        )}
        {connection === "online" &&
          !project.correcting &&
          !rendering &&
          (synthesising
            ? " · synthesising…"
            : synthesisLatency !== null && ` · synthesised after ${Math.round(synthesisLatency)} ms`)}
      </span>
      <span className="fact" title="Training steps of the network that rendered this result">
        {steps === null ? "" : steps === 0 ? "not learned yet" : `${steps.toLocaleString("en")} training steps`}
      </span>
    </footer>
  );
}

/** A component of its own, so that nothing else re-renders while the pointer moves. */
function Coordinates() {
  const text = useStudio(({ pointer, drawing }) => {
    if (!pointer || !drawing) return "";
    const [x, y] = [Math.floor(pointer.x), Math.floor(pointer.y)];
    return x >= 0 && y >= 0 && x < drawing.width && y < drawing.height ? `${x}, ${y}` : "";
  });
  return <span className="fact coordinates">{text}</span>;
}
