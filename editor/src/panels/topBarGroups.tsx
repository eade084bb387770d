import { type Layout, set, setTheme, toggleStacked, useStudio } from "../state/store";
import { Choice, IconButton } from "../theme/controls";
import { copySelection, cutSelection, pasteFromSystem, redo, undo } from "../tools/actions";

const LAYOUTS: readonly {
  value: Layout;
  label: string;
  icon: "beside" | "over" | "drawing" | "result";
  keys: string;
}[] = [
  { value: "beside", label: "Side by side", icon: "beside", keys: "1" },
  { value: "over", label: "Result over drawing", icon: "over", keys: "2" },
  { value: "drawing", label: "Drawing only", icon: "drawing", keys: "3" },
  { value: "result", label: "Result only", icon: "result", keys: "4" },
];

export function HistoryGroup() {
  const history = useStudio((s) => s.project?.history);
  const floating = useStudio((s) => s.floating !== "none");
  const { undo: undoTitle, redo: redoTitle } = history ?? {};
  return (
    <div className="group" role="group" aria-label="History">
      <IconButton
        icon="undo"
        label={undoTitle ? `Undo ${undoTitle}` : "Undo"}
        keys="Ctrl+Z"
        disabled={!undoTitle && !floating}
        onClick={undo}
      />
      <IconButton
        icon="redo"
        label={redoTitle ? `Redo ${redoTitle}` : "Redo"}
        keys="Ctrl+Shift+Z"
        disabled={!redoTitle}
        onClick={redo}
      />
    </div>
  );
}

export function ClipboardGroup() {
  const selected = useStudio((s) => s.selection !== null);
  const copied = useStudio((s) => s.clip !== null);
  const pictures = useStudio((s) => s.served) && navigator.clipboard?.read !== undefined;
  return (
    <div className="group" role="group" aria-label="Clipboard">
      <IconButton icon="cut" label="Cut" keys="Ctrl+X" disabled={!selected} onClick={cutSelection} />
      <IconButton icon="copy" label="Copy" keys="Ctrl+C" disabled={!selected} onClick={copySelection} />
      <IconButton
        icon="paste"
        label="Paste"
        keys="Ctrl+V"
        disabled={!copied && !pictures}
        onClick={() => void pasteFromSystem()}
      />
    </div>
  );
}

/** How drawing and result are shown. */
export function ViewGroup() {
  const layout = useStudio((s) => s.layout);
  const stacked = useStudio((s) => s.stacked ?? s.autoStacked);
  const before = useStudio((s) => s.before);
  return (
    <>
      <Choice label="Layout" value={layout} choices={LAYOUTS} icons onChange={(value) => set({ layout: value })} />
      <IconButton
        icon="stacked"
        label="Drawing above result"
        keys="5"
        pressed={stacked}
        disabled={layout !== "beside"}
        onClick={toggleStacked}
      />
      <IconButton
        icon="compare"
        label="Compare with the photo"
        keys="X"
        pressed={before}
        disabled={layout === "drawing" || layout === "over"}
        onClick={() => set({ before: !before })}
      />
    </>
  );
}

/** Theme, help and, while a drawing is edited, the panels. */
export function WindowGroup({ editing }: { editing: boolean }) {
  const theme = useStudio((s) => s.theme);
  const panels = useStudio((s) => s.panels);
  return (
    <>
      <IconButton
        icon={theme === "dark" ? "sun" : "moon"}
        label={theme === "dark" ? "Light theme" : "Dark theme"}
        onClick={() => setTheme(theme === "dark" ? "light" : "dark")}
      />
      <IconButton icon="help" label="Keyboard shortcuts" keys="?" onClick={() => set({ dialog: "shortcuts" })} />
      {editing && (
        <IconButton
          icon="sidebar"
          label={panels ? "Hide panels" : "Show panels"}
          keys="Tab"
          pressed={panels}
          onClick={() => set({ panels: !panels })}
        />
      )}
    </>
  );
}
