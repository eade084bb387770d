import { useRef } from "react";
import { useStudio } from "../state/store";
import { PhotoImage } from "./PhotoImage";
import { usePane } from "./usePane";
import { cssTransform } from "./viewport";

/** The photo next to its drawing, while the extraction is being set up. */
export function PhotoPane() {
  const ref = useRef<HTMLDivElement>(null);
  const pane = usePane(ref);
  const project = useStudio((s) => s.project);
  const drawing = useStudio((s) => s.drawing);
  const view = useStudio((s) => s.view);
  return (
    <div className="pane photo-pane" ref={ref} role="group" aria-label="Photo">
      {project && drawing && (
        <div
          className="sheet"
          style={{ width: drawing.width, height: drawing.height, transform: cssTransform(view, pane) }}
        >
          <PhotoImage drawing={drawing} className="smooth" alt={project.name} full />
        </div>
      )}
      <span className="pane-tag left">Photo</span>
    </div>
  );
}
