import { useEffect, useRef } from "react";
import { type StudioState, useStudio } from "../state/store";
import { type Size, toScreen } from "./viewport";

/** The brush's size under the pointer. Moved past React and Konva: it has to keep up with the hand. */
export function BrushRing({ pane }: { pane: Size }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = ({ tool, options, pointer, view }: StudioState) => {
      const ring = ref.current;
      if (!ring) return;
      const size = tool === "brush" ? options.brushSize : tool === "eraser" ? options.eraserSize : 0;
      ring.hidden = size === 0 || !pointer;
      if (ring.hidden || !pointer) return;
      const at = toScreen(view, pane, pointer);
      const across = Math.max(4, size * view.zoom);
      ring.style.width = ring.style.height = `${across}px`;
      ring.style.transform = `translate(${at.x - across / 2}px, ${at.y - across / 2}px)`;
    };
    place(useStudio.getState());
    return useStudio.subscribe(place);
  }, [pane]);
  return <div ref={ref} className="brush-ring" hidden />;
}
