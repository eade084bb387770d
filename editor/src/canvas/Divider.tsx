import { set, useStudio } from "../state/store";
import { type Size, toScreen } from "./viewport";

/** The divider between two pictures: drag it, or move it with the arrow keys. */
export function Divider({ pane, width, label }: { pane: Size; width: number; label: string }) {
  const view = useStudio((s) => s.view);
  const share = useStudio((s) => s.divider);
  const x = toScreen(view, pane, { x: share * width, y: 0 }).x;
  const move = (to: number) => set({ divider: Math.min(1, Math.max(0, to)) });
  return (
    <div
      className="divider"
      style={{ left: `${Math.min(pane.width - 2, Math.max(2, x))}px` }}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(100 * share)}
      aria-orientation="horizontal"
      onPointerDown={(event) => {
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        event.stopPropagation();
        move(share + event.movementX / (width * view.zoom));
      }}
      onKeyDown={(event) => {
        const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        move(share + step);
      }}
    >
      <span aria-hidden="true" />
    </div>
  );
}
