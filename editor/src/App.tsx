import { useEffect } from "react";
import { flushSync } from "react-dom";
import { DrawingPane } from "./canvas/DrawingPane";
import { Panes } from "./canvas/Panes";
import { PhotoPane } from "./canvas/PhotoPane";
import { ResultPane } from "./canvas/ResultPane";
import { Dialogs } from "./panels/dialogs";
import { listenToDrops } from "./panels/drops";
import { focusPanels, returnFocusToCanvas } from "./panels/focus";
import { Notices } from "./panels/Notices";
import { OptionsBar } from "./panels/OptionsBar";
import { PreparePanel } from "./panels/PreparePanel";
import { listenToPastes } from "./panels/pasting";
import { SidePanel } from "./panels/SidePanel";
import { StartPage } from "./panels/StartPage";
import { StatusBar } from "./panels/StatusBar";
import { listenToKeys } from "./panels/shortcuts";
import { Timeline } from "./panels/Timeline";
import { ToolRail } from "./panels/ToolRail";
import { TopBar } from "./panels/TopBar";
import { Tour } from "./panels/Tour";
import { shareClipboard } from "./state/clipboard";
import { start } from "./state/projects";
import { set, useStudio } from "./state/store";

export function App() {
  const page = useStudio((s) => s.page);
  const phase = useStudio((s) => s.phase);
  const theme = useStudio((s) => s.theme);
  useEffect(() => {
    start();
    const stop = [listenToKeys(), listenToDrops(), listenToPastes(), returnFocusToCanvas(), shareClipboard()];
    return () => {
      for (const end of stop) end();
    };
  }, []);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  return (
    <div className="app" data-page={page}>
      {page === "project" && phase === "edit" && <SkipLink />}
      <TopBar />
      {page === "start" && <StartPage />}
      {page === "loading" && (
        <main className="loading" role="status">
          <span className="spinner" aria-hidden="true" />
          <p>Opening…</p>
        </main>
      )}
      {page === "project" && (phase === "prepare" ? <Prepare /> : <Workspace />)}
      {page === "project" && <DropHint />}
      <Dialogs />
      <Notices />
    </div>
  );
}

/** Shown while a file is dragged over an open project. */
function DropHint() {
  const dragging = useStudio((s) => s.dragging);
  const phase = useStudio((s) => s.phase);
  if (!dragging) return null;
  return (
    <div className="drop-hint" role="status">
      <p>{phase === "prepare" ? "Drop labels or lines of your own" : "Drop a drawing, or its labels or lines alone"}</p>
    </div>
  );
}

/** The first stop of the Tab order; visible only while it has the focus. */
function SkipLink() {
  const skip = () => {
    flushSync(() => set({ panels: true }));
    focusPanels();
  };
  return (
    <button type="button" className="skip-link" onClick={skip}>
      Skip to the panels
    </button>
  );
}

function Prepare() {
  return (
    <main className="workspace preparing">
      <h1 className="visually-hidden">Make a drawing of the photo</h1>
      <Panes layout="beside">
        <PhotoPane />
        <DrawingPane />
      </Panes>
      <PreparePanel />
    </main>
  );
}

function Workspace() {
  const correcting = useStudio((s) => !!s.project?.correcting);
  const layout = useStudio((s) => (correcting ? "beside" : s.layout));
  const panels = useStudio((s) => s.panels);
  return (
    <main className="workspace" data-panels={panels}>
      <h1 className="visually-hidden">{correcting ? "Correct the drawing" : "Edit the drawing"}</h1>
      <OptionsBar />
      <ToolRail />
      <Panes layout={layout}>
        {layout !== "result" && <DrawingPane />}
        {correcting && <PhotoPane />}
        {!correcting && (layout === "beside" || layout === "result") && <ResultPane alone={layout === "result"} />}
      </Panes>
      {panels && <SidePanel />}
      <Timeline />
      <StatusBar />
      {!correcting && <Tour />}
    </main>
  );
}
