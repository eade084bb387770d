import { type ReactNode, useEffect, useRef } from "react";
import { type Layout, set, useStudio } from "../state/store";
import { usePane } from "./usePane";
import { stacksBetter } from "./viewport";

/** One pane, or two: side by side, or one above the other where that shows the photo larger. */
export function Panes({ layout, children }: { layout: Layout; children: ReactNode }) {
  const ref = useRef<HTMLDivElement>(null);
  const area = usePane(ref);
  const drawing = useStudio((s) => s.drawing);
  const stacked = useStudio((s) => s.stacked ?? s.autoStacked);
  useEffect(() => {
    if (drawing && area.width) set({ autoStacked: stacksBetter(area, drawing) });
  }, [area, drawing]);
  return (
    <div className="panes" data-layout={layout} data-stacked={stacked} ref={ref}>
      {children}
    </div>
  );
}
