import { useEffect } from "react";
import { DrawingPane } from "../canvas/DrawingPane";
import { Panes } from "../canvas/Panes";
import { ResultPane } from "../canvas/ResultPane";
import { AddLabel } from "../panels/AddLabel";
import { returnFocusToCanvas } from "../panels/focus";
import { LabelEditor, LabelsPanel } from "../panels/LabelsPanel";
import { LayersPanel } from "../panels/LayersPanel";
import { Notices } from "../panels/Notices";
import { OptionsBar } from "../panels/OptionsBar";
import { ShortcutList } from "../panels/ShortcutList";
import { StatusBar } from "../panels/StatusBar";
import { isEditing, listenToKeys } from "../panels/shortcuts";
import { ToolRail } from "../panels/ToolRail";
import { ClipboardGroup, HistoryGroup, ViewGroup, WindowGroup } from "../panels/topBarGroups";
import { useStudio } from "../state/store";
import { Section } from "../theme/controls";
import { Icon, Mark } from "../theme/Icon";
import { paste } from "../tools/actions";
import { saveDrawing, savePicture } from "./downloads";
import type { Content } from "./manifest";

/** The page of `primage export --web`: one photo, its drawing, and what they make. */
export function App({ content, problem }: { content: Content | null; problem: string | null }) {
  const theme = useStudio((s) => s.theme);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  useEffect(() => {
    const stop = [listenToKeys(), returnFocusToCanvas(), listenToPastes()];
    return () => {
      for (const end of stop) end();
    };
  }, []);
  return (
    <div className="app" data-page="project">
      <TopBar content={content} />
      {content ? <Workspace /> : <Waiting problem={problem} />}
      <Dialogs />
      <Notices />
    </div>
  );
}

function listenToPastes(): () => void {
  const onPaste = (event: ClipboardEvent) => {
    if (!isEditing() || (event.target as HTMLElement).closest?.("dialog, textarea, input")) return;
    event.preventDefault();
    void paste();
  };
  window.addEventListener("paste", onPaste);
  return () => window.removeEventListener("paste", onPaste);
}

function TopBar({ content }: { content: Content | null }) {
  return (
    <header className="topbar">
      <span className="brand">
        <Mark />
        <span>{content?.manifest.name ?? "Primage"}</span>
      </span>
      {content && <HistoryGroup />}
      {content && <ClipboardGroup />}
      <span className="spring" />
      {content && (
        <>
          <ViewGroup />
          <button
            type="button"
            className="button"
            aria-label="Save the drawing"
            title="Save the drawing as a PNG file, for Primage"
            onClick={() => void saveDrawing(content)}
          >
            <Icon name="drawing" size={16} /> <span>Drawing</span>
          </button>
          <button
            type="button"
            className="button"
            aria-label="Save the picture"
            title="Save the picture as a PNG file"
            onClick={() => void savePicture(content)}
          >
            <Icon name="export" size={16} /> <span>Picture</span>
          </button>
        </>
      )}
      <WindowGroup editing={content !== null} />
    </header>
  );
}

function Waiting({ problem }: { problem: string | null }) {
  return (
    <main className="loading" role={problem ? "alert" : "status"}>
      {!problem && <span className="spinner" aria-hidden="true" />}
      <p>{problem ?? "Opening…"}</p>
    </main>
  );
}

function Workspace() {
  const layout = useStudio((s) => s.layout);
  const panels = useStudio((s) => s.panels);
  return (
    <main className="workspace" data-panels={panels}>
      <h1 className="visually-hidden">Edit the drawing</h1>
      <OptionsBar />
      <ToolRail />
      <Panes layout={layout}>
        {layout !== "result" && <DrawingPane />}
        {(layout === "beside" || layout === "result") && <ResultPane alone={layout === "result"} />}
      </Panes>
      {panels && <Panels />}
      <StatusBar />
    </main>
  );
}

function Panels() {
  const painting = useStudio((s) => !!s.drawing?.isPainting);
  const labelled = useStudio((s) => !!s.drawing?.labels);
  return (
    <aside className="side" aria-label="Panels">
      <LayersPanel />
      {labelled && (
        <Section title={painting ? "Colours" : "Labels"}>
          <LabelsPanel />
          <LabelEditor />
        </Section>
      )}
    </aside>
  );
}

function Dialogs() {
  const dialog = useStudio((s) => s.dialog);
  if (dialog === "shortcuts") return <ShortcutList />;
  if (dialog === "addLabel") return <AddLabel />;
  return null;
}
