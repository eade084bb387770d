import { useState } from "react";
import { useStudio } from "../state/store";
import { CorrectPanel } from "./CorrectPanel";
import { HistoryPanel } from "./HistoryPanel";
import { LabelEditor, LabelsPanel } from "./LabelsPanel";
import { LayersPanel } from "./LayersPanel";
import { LearnPanel } from "./LearnPanel";
import { ResultPanel } from "./ResultPanel";

const TABS = [
  { id: "labels", name: "Labels" },
  { id: "history", name: "History" },
  { id: "result", name: "Result" },
] as const;

export function SidePanel() {
  const [tab, setTab] = useState<(typeof TABS)[number]["id"]>("labels");
  const painting = useStudio((s) => !!s.drawing?.isPainting);
  const correcting = useStudio((s) => !!s.project?.correcting);
  // Corrections have no result.
  const tabs = correcting ? TABS.filter(({ id }) => id !== "result") : TABS;
  return (
    <aside className="side" aria-label="Panels">
      {correcting ? <CorrectPanel /> : <LearnPanel />}
      <LayersPanel />
      <section className="section tabbed">
        <div className="tabs" role="tablist" aria-label="Labels, history and result">
          {tabs.map(({ id, name }) => (
            <button
              key={id}
              type="button"
              role="tab"
              id={`tab-${id}`}
              aria-selected={tab === id}
              aria-controls="tab-panel"
              tabIndex={tab === id ? 0 : -1}
              onClick={() => setTab(id)}
              onKeyDown={(event) => {
                if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
                const step = event.key === "ArrowLeft" ? tabs.length - 1 : 1;
                const other = tabs[(tabs.findIndex((one) => one.id === id) + step) % tabs.length].id;
                setTab(other);
                document.getElementById(`tab-${other}`)?.focus();
              }}
            >
              {id === "labels" && painting ? "Colours" : name}
            </button>
          ))}
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
        <div className="tab-panel" id="tab-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
          {tab === "labels" ? <LabelsPanel /> : tab === "history" ? <HistoryPanel /> : <ResultPanel />}
        </div>
        {tab === "labels" && <LabelEditor />}
      </section>
    </aside>
  );
}
