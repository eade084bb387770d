import { type KeyboardEvent, useEffect, useRef } from "react";
import { setPeople, usePeople } from "../state/people";
import { useStudio } from "../state/store";
import { points } from "../tools/points";
import { type Size, toScreen } from "./viewport";

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/**
 * The points of people over the drawing, and the curves through them. Presses go through to the tool; Tab goes from point to
 * point, and the arrow keys move the one that has the focus.
 */
export function PointHandles({ pane }: { pane: Size }) {
  const view = useStudio((s) => s.view);
  const figures = usePeople((s) => s.figures);
  const places = usePeople((s) => s.places);
  const chosen = usePeople((s) => s.chosen);
  const state = usePeople((s) => s.state);
  const list = useRef<HTMLDivElement>(null);
  // A point that was pressed has the focus, so that the keys go on with it.
  useEffect(() => {
    if (!chosen) return;
    list.current?.querySelector<HTMLElement>(`[data-point="${chosen.figure} ${chosen.point}"]`)?.focus();
  }, [chosen]);
  if (state === "looking") return <p className="points-note">Looking for faces, hands and bodies …</p>;
  if (!figures.length) return null;
  const at = (figure: number, point: number) => {
    const place = places[figure]?.[point];
    return place && toScreen(view, pane, place);
  };
  const path = figures.flatMap((figure, i) =>
    figure.curves.flatMap(({ points: numbers, closed }) => {
      const ends = closed ? [...numbers, numbers[0]] : numbers;
      return ends.slice(1).flatMap((number, k) => {
        const [from, to] = [at(i, ends[k]), at(i, number)];
        return from && to ? [`M${from.x.toFixed(1)} ${from.y.toFixed(1)}L${to.x.toFixed(1)} ${to.y.toFixed(1)}`] : [];
      });
    }),
  );
  const press = (event: KeyboardEvent) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const far = event.shiftKey ? 10 : 1;
    points.nudge({ x: arrow[0] * far, y: arrow[1] * far }, event.altKey);
  };
  return (
    <div className="points" ref={list} data-testid="points">
      <svg aria-hidden="true" width={pane.width} height={pane.height}>
        <path d={path.join("")} className="points-halo" />
        <path d={path.join("")} className="points-curve" />
      </svg>
      {points.shown(view.zoom).map(({ figure, point, name }) => {
        const place = at(figure, point);
        if (!place) return null;
        const turns = figures[figure].turning === point;
        return (
          <button
            key={`${figure} ${point}`}
            type="button"
            className={turns ? "point turns" : "point"}
            data-point={`${figure} ${point}`}
            style={{ left: place.x, top: place.y }}
            aria-label={turns ? `${name}: turns the head` : name}
            onFocus={() => setPeople({ chosen: { figure, point } })}
            onKeyDown={press}
          />
        );
      })}
    </div>
  );
}
