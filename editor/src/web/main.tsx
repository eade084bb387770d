import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import type { Info } from "../api/client";
import { setSession } from "../state/session";
import { set, useStudio } from "../state/store";
import { App } from "./App";
import { type Content, loadContent } from "./manifest";
import { PageSession } from "./pageSession";
import "../theme/tokens.css";
import "../theme/controls.css";
import "../theme/layout.css";
import "../theme/panels.css";
import "../theme/start.css";

document.documentElement.dataset.theme = useStudio.getState().theme;
const root = createRoot(document.getElementById("root")!);

function show(content: Content | null, problem: string | null = null): void {
  root.render(
    <StrictMode>
      <App content={content} problem={problem} />
    </StrictMode>,
  );
}

async function open(): Promise<void> {
  const base = document.baseURI;
  const content = await loadContent(base);
  const { manifest } = content;
  document.title = `${manifest.name} – Primage`;
  // Of what the studio's server can do, the panels ask for this alone.
  const capabilities: Partial<Info["capabilities"]> = { uncertainty: manifest.architecture === "painter" };
  set({ page: "project", phase: "edit", info: { capabilities } as Info });
  setSession(new PageSession(base, content));
  show(content);
}

set({ served: false });
show(null);
open().catch((error: Error) => show(null, error.message));
