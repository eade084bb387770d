import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { useStudio } from "./state/store";
import "./theme/tokens.css";
import "./theme/controls.css";
import "./theme/layout.css";
import "./theme/timeline.css";
import "./theme/panels.css";
import "./theme/start.css";

// Before the first paint: otherwise a light page would flash dark.
document.documentElement.dataset.theme = useStudio.getState().theme;

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
