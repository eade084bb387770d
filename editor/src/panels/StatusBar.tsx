import { fitDrawing, zoomBy } from "../canvas/viewport";
import { useStudio } from "../state/store";
import { IconButton } from "../theme/controls";

export function StatusBar() {
  const view = useStudio((s) => s.view);
  const drawing = useStudio((s) => s.drawing);
  const project = useStudio((s) => s.project);
  const latency = useStudio((s) => s.latency);
  const rendering = useStudio((s) => s.rendering);
  const steps = useStudio((s) => s.renderedSteps);
  const online = useStudio((s) => s.connection === "online");
  if (!drawing || !project) return null;
  return (
    <footer className="status">
      <IconButton icon="minus" label="Zoom out" keys="-" onClick={() => zoomBy(1 / 1.25)} />
      <span className="zoom" title="Zoom">
        {Math.round(100 * view.zoom)} %
      </span>
      <IconButton icon="plus" label="Zoom in" keys="+" onClick={() => zoomBy(1.25)} />
      <IconButton icon="fit" label="Fit the drawing" keys="0" onClick={() => fitDrawing()} />
      <span className="fact">
        {drawing.width} × {drawing.height} px
      </span>
      <Coordinates />
      <span className="spring" />
      <span className="fact" role="status" data-testid="render-status" data-busy={rendering}>
        {!online ? (
          <b className="warn">Connecting…</b>
        ) : rendering ? (
          "Painting…"
        ) : latency !== null ? (
          `Painted in ${Math.round(latency)} ms`
        ) : steps !== null ? (
          "Up to date"
        ) : (
          "Waiting for the first picture"
        )}
      </span>
      <span className="fact" title="The network that painted the picture">
        {steps === null ? "" : steps === 0 ? "not learned yet" : `${steps.toLocaleString("en")} steps learned`}
      </span>
    </footer>
  );
}

/** On its own, so that nothing else is rendered anew while the pointer moves. */
function Coordinates() {
  const text = useStudio(({ pointer, drawing }) => {
    if (!pointer || !drawing) return "";
    const [x, y] = [Math.floor(pointer.x), Math.floor(pointer.y)];
    return x >= 0 && y >= 0 && x < drawing.width && y < drawing.height ? `${x}, ${y}` : "";
  });
  return <span className="fact coordinates">{text}</span>;
}
