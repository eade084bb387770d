import { useEffect, useRef } from "react";
import { hasMargins } from "../state/margins";
import { useStudio } from "../state/store";
import { Divider } from "./Divider";
import { EffectOutlines } from "./EffectOutlines";
import { FrameCanvas } from "./FrameCanvas";
import { FOCUSABLE_PANE } from "./focus";
import { listen } from "./input";
import { LayerCanvas, PictureCanvas } from "./layers";
import { PhotoImage } from "./PhotoImage";
import { PhotoPixels } from "./PhotoPixels";
import { showsPhotoPixels } from "./photoPixels";
import { UncertaintyCanvas } from "./UncertaintyCanvas";
import { usePane } from "./usePane";
import { cssTransform, fitDrawing } from "./viewport";

/** The render; to compare, the photo before the edit is shown left of a divider. */
export function ResultPane({ alone }: { alone: boolean }) {
  const ref = useRef<HTMLDivElement>(null);
  const pane = usePane(ref);
  const picture = useStudio((s) => s.picture);
  const project = useStudio((s) => s.project);
  const view = useStudio((s) => s.view);
  const before = useStudio((s) => s.before);
  const divider = useStudio((s) => s.divider);
  const drawing = useStudio((s) => s.drawing);
  const overlay = useStudio((s) => s.layers.overlay);
  const shown = useStudio((s) => s.renderedSteps !== null);
  const model = project?.model;
  const frame = useStudio((s) => s.frame?.number);
  const busy = useStudio((s) => s.rendering);

  useEffect(() => (ref.current ? listen({ pane: ref.current, draws: false, handleAt: () => false }) : undefined), []);
  useEffect(() => {
    if (alone && pane.width) fitDrawing(pane);
  }, [alone, pane]);

  if (!picture || !project) return <div className="pane result-pane" ref={ref} />;
  const sheet = { width: picture.width, height: picture.height, transform: cssTransform(view, pane) };
  const sharp = before && showsPhotoPixels(view, picture, project.full_size);
  const onCanvas = drawing ?? picture;
  return (
    <div className="pane result-pane" ref={ref} role="group" aria-label="Result" data-busy={busy} {...FOCUSABLE_PANE}>
      <div className={before && drawing && hasMargins(drawing.margins) ? "sheet larger" : "sheet"} style={sheet}>
        {(before || !shown) && (
          <PhotoImage
            drawing={onCanvas}
            className={shown ? "smooth" : "smooth waiting"}
            alt={before ? "The photo before the edit" : ""}
          />
        )}
        {sharp && <PhotoImage drawing={onCanvas} className="crisp" full />}
        <PictureCanvas picture={picture} from={before ? divider : 0} />
        <FrameCanvas picture={picture} from={before ? divider : 0} />
      </div>
      <PhotoPixels picture={picture} pane={pane} from={before ? divider : 0} />
      <div className={view.zoom >= 1 ? "sheet-overlay crisp" : "sheet-overlay"} style={sheet}>
        {overlay.visible && drawing && (
          <div className="drawing-overlay" style={{ opacity: overlay.opacity }}>
            {drawing.layers
              .filter(({ type }) => !type.ofPhoto && !type.follows)
              .map((layer) => (
                <LayerCanvas key={layer.type.name} drawing={drawing} layer={layer} />
              ))}
          </div>
        )}
        {frame === undefined && <UncertaintyCanvas picture={picture} from={before ? divider : 0} />}
      </div>
      <EffectOutlines pane={pane} width={picture.width} height={picture.height} />
      {before && <Divider pane={pane} width={picture.width} label="Divider between before and after" />}
      {before && (
        <>
          <span className="pane-tag left">Before</span>
          <span className="pane-tag right">After</span>
        </>
      )}
      {frame !== undefined && !before && (
        <span className="pane-tag right">
          Frame {frame + 1} of {project.animation.frames}
        </span>
      )}
      {!shown && (
        <p className="pane-note" role="status">
          {model ? "Rendering the first result…" : "Reading the photo. The first result takes a few seconds…"}
        </p>
      )}
    </div>
  );
}
