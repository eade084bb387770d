import { useEffect, useRef } from "react";
import { type StudioState, useStudio } from "../state/store";
import { optionValue } from "../tools/options";
import { toolById } from "../tools/registry";
import { type Size, toScreen } from "./viewport";

/** The brush size as a ring around the pointer. Moved without React and Konva, which would lag behind. */
export function BrushRing({ pane }: { pane: Size }) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const place = ({ tool, options, pointer, view }: StudioState) => {
      const ring = ref.current;
      if (!ring) return;
      const option = toolById(tool).size;
      ring.hidden = !option || !pointer;
      if (!option || !pointer) return;
      const at = toScreen(view, pane, pointer);
      const across = Math.max(4, optionValue(option, options) * view.zoom);
      ring.style.width = ring.style.height = `${across}px`;
      ring.style.transform = `translate(${at.x - across / 2}px, ${at.y - across / 2}px)`;
    };
    place(useStudio.getState());
    return useStudio.subscribe(place);
  }, [pane]);
  return <div ref={ref} className="brush-ring" hidden />;
}
