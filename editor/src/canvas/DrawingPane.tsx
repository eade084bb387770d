import { useEffect, useRef } from "react";
import { useStudio } from "../state/store";
import { toolById } from "../tools/registry";
import { BrushRing } from "./BrushRing";
import { Divider } from "./Divider";
import { EffectOutlines } from "./EffectOutlines";
import { FrameCanvas } from "./FrameCanvas";
import { FOCUSABLE_PANE } from "./focus";
import { listen } from "./input";
import { LayerCanvas, PictureCanvas } from "./layers";
import { Overlay } from "./overlay";
import { PhotoImage } from "./PhotoImage";
import { PhotoPixels } from "./PhotoPixels";
import { PointHandles } from "./PointHandles";
import { UncertaintyCanvas } from "./UncertaintyCanvas";
import { usePane } from "./usePane";
import { cssTransform, fitDrawing, rememberPane } from "./viewport";

/** The layers to draw on; above them, in one layout, the result up to a divider; above that handles and outlines. */
export function DrawingPane() {
  const ref = useRef<HTMLDivElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const overlay = useRef<Overlay | null>(null);
  const pane = usePane(ref);
  const drawing = useStudio((s) => s.drawing);
  const picture = useStudio((s) => s.picture);
  const project = useStudio((s) => s.project);
  const view = useStudio((s) => s.view);
  const photo = useStudio((s) => s.layers.photo);
  const tool = useStudio((s) => s.tool);
  const layout = useStudio((s) => s.layout);
  const divider = useStudio((s) => s.divider);
  const phase = useStudio((s) => s.phase);
  const ready = pane.width > 0 && drawing !== null;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the overlay is created once and resized below
  useEffect(() => {
    if (!ready || phase === "prepare" || !stage.current || !ref.current) return;
    overlay.current = new Overlay(stage.current, pane);
    const stop = listen({ pane: ref.current, draws: true, handleAt: overlay.current.handleAt });
    return () => {
      stop();
      overlay.current?.destroy();
      overlay.current = null;
    };
  }, [ready, phase]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is fitted when the drawing's size or the layout changes
  useEffect(() => {
    rememberPane(pane);
    overlay.current?.resize(pane);
    if (drawing) fitDrawing(pane);
  }, [pane.width, pane.height, drawing?.width, drawing?.height, layout]);

  if (!drawing || !project) return <div className="pane" ref={ref} />;
  const below = drawing.layers.filter(({ type }) => type.opaque);
  const sheet = { width: drawing.width, height: drawing.height, transform: cssTransform(view, pane) };
  const showsResult = phase === "edit" && toolById(tool).showsResult;
  // Lines would hide the edges that are selected along.
  const above = drawing.layers.filter(({ type }) => !type.opaque && !(showsResult && type.role === "edges"));
  const showsPicture = showsResult && picture && !picture.empty && !project.correcting;
  const showsPhoto = (phase === "edit" && toolById(tool).showsPhoto) || (showsResult && !showsPicture);
  const over = layout === "over" && phase === "edit";
  return (
    <div
      className="pane drawing-pane"
      ref={ref}
      style={{ cursor: phase === "prepare" ? undefined : toolById(tool).cursor }}
      role="application"
      aria-label="Drawing"
      {...(phase === "edit" && FOCUSABLE_PANE)}
    >
      <div className={view.zoom >= 1 ? "sheet crisp" : "sheet"} style={sheet}>
        {below.map((layer) => (
          <LayerCanvas key={layer.type.name} drawing={drawing} layer={layer} />
        ))}
        {(photo.visible || phase === "prepare" || showsPhoto) && (
          <PhotoImage
            drawing={drawing}
            className="smooth"
            style={{ opacity: showsPhoto ? 1 : photo.visible ? photo.opacity : 0 }}
          />
        )}
        {showsPicture && <PictureCanvas picture={picture} from={0} />}
        {above.map((layer) => (
          <LayerCanvas key={layer.type.name} drawing={drawing} layer={layer} />
        ))}
        {over && picture && <PictureCanvas picture={picture} from={divider} />}
        {over && picture && <FrameCanvas picture={picture} from={divider} />}
      </div>
      {over && picture && (
        <>
          <PhotoPixels picture={picture} pane={pane} from={divider} />
          <div className="sheet-overlay" style={sheet}>
            <UncertaintyCanvas picture={picture} from={divider} />
          </div>
        </>
      )}
      {phase === "edit" && <EffectOutlines pane={pane} width={drawing.width} height={drawing.height} />}
      <div className="stage" ref={stage} />
      {phase === "edit" && tool === "points" && <PointHandles pane={pane} />}
      <BrushRing pane={pane} />
      {over && <Divider pane={pane} width={drawing.width} label="Divider between drawing and result" />}
    </div>
  );
}
