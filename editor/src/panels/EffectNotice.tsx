import { set, useStudio } from "../state/store";

/** Says that the picture does not show some edits. The button outlines them. */
export function EffectNotice() {
  const count = useStudio((s) => s.withoutEffect.length);
  const outlined = useStudio((s) => s.outlined);
  const sentence = count === 1 ? "One edit does not show in the picture" : `${count} edits do not show in the picture`;
  return (
    <>
      <span className="fact warn" role="status" title="Draw it larger, or with lines">
        {count > 0 && sentence}
      </span>
      {count > 0 && (
        <button type="button" className="link" aria-pressed={outlined} onClick={() => set({ outlined: !outlined })}>
          Show
        </button>
      )}
    </>
  );
}
