import { change } from "../state/project-actions";
import { set, useStudio } from "../state/store";
import { IconButton } from "../theme/controls";

const REASONS = {
  label: "drawn with a label that is gone",
  source: "moved from where the drawing shows something else now",
};

/** Says that some edits may no longer fit the corrections of the drawing, and why. A button outlines them, another forgets them. */
export function UnsettledNotice() {
  const edits = useStudio((s) => s.project?.unsettled);
  const outlined = useStudio((s) => s.unsettledOutlined);
  if (!edits?.length) return <span role="status" />;
  const reasons = [...new Set(edits.map(({ reason }) => REASONS[reason]))].join(", or ");
  const those = edits.length === 1 ? "One edit" : `${edits.length} edits`;
  return (
    <>
      <span className="fact warn" role="status" title={`Since the corrections: ${reasons}`}>
        {those} may no longer fit
      </span>
      <button
        type="button"
        className="link"
        aria-label={outlined ? "Hide edits that may no longer fit" : "Show edits that may no longer fit"}
        onClick={() => set({ unsettledOutlined: !outlined })}
      >
        {outlined ? "Hide" : "Show"}
      </button>
      <IconButton icon="close" label="They are as they should be" onClick={() => void change({ unsettled: [] })} />
    </>
  );
}
