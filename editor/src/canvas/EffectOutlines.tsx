import { useStudio } from "../state/store";
import { type Size, toScreen } from "./viewport";

/** How far an outline is from what it surrounds, in pixels of the screen. */
const MARGIN = 4;

/** Outlines of the edits that the picture does not show, and of those that may no longer fit corrections. */
export function EffectOutlines({ pane, width, height }: { pane: Size } & Size) {
  const withoutEffect = useStudio((s) => (s.outlined ? s.withoutEffect : null));
  const unsettled = useStudio((s) => (s.unsettledOutlined ? s.project?.unsettled : null));
  const view = useStudio((s) => s.view);
  const parts = [
    ...(withoutEffect ?? []).map((part) => ({ part, id: "effect-outline" })),
    ...(unsettled ?? []).map(({ part }) => ({ part, id: "unsettled-outline" })),
  ];
  return parts.map(({ part: [left, top, right, bottom], id }) => {
    const from = toScreen(view, pane, { x: left * width, y: top * height });
    const to = toScreen(view, pane, { x: right * width, y: bottom * height });
    const place = {
      left: from.x - MARGIN,
      top: from.y - MARGIN,
      width: to.x - from.x + 2 * MARGIN,
      height: to.y - from.y + 2 * MARGIN,
    };
    return <div key={`${id} ${left},${top}`} className="effect-outline" data-testid={id} style={place} />;
  });
}
