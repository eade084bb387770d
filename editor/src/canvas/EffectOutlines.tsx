import { useStudio } from "../state/store";
import { type Size, toScreen } from "./viewport";

/** How far an outline is from what it surrounds, in pixels of the screen. */
const MARGIN = 4;

/** Outlines of the edits that the picture does not show. */
export function EffectOutlines({ pane, width, height }: { pane: Size } & Size) {
  const parts = useStudio((s) => s.withoutEffect);
  const outlined = useStudio((s) => s.outlined);
  const view = useStudio((s) => s.view);
  if (!outlined) return null;
  return parts.map(([left, top, right, bottom]) => {
    const from = toScreen(view, pane, { x: left * width, y: top * height });
    const to = toScreen(view, pane, { x: right * width, y: bottom * height });
    const place = {
      left: from.x - MARGIN,
      top: from.y - MARGIN,
      width: to.x - from.x + 2 * MARGIN,
      height: to.y - from.y + 2 * MARGIN,
    };
    return <div key={`${left},${top}`} className="effect-outline" data-testid="effect-outline" style={place} />;
  });
}
