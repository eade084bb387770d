import { set, useStudio } from "../state/store";
import { Dialog } from "../theme/controls";
import { offeredTools } from "../tools/registry";
import { SHORTCUTS } from "./shortcuts";

/** Keys of what only the studio's server can do. */
const ASK_SERVER = ["Q", "Shift T", "Shift Space"];

/** The list of keys. */
export function ShortcutList() {
  const served = useStudio((s) => s.served);
  const groups: (readonly [string, readonly (readonly [string, string])[]])[] = [
    ["Tools", offeredTools().map((tool) => [tool.key, tool.name] as const)],
    ...SHORTCUTS.map(
      ([title, rows]) => [title, rows.filter(([keys]) => served || !ASK_SERVER.includes(keys))] as const,
    ),
  ];
  return (
    <Dialog title="Keyboard shortcuts" onClose={() => set({ dialog: "none" })} wide>
      <div className="shortcuts">
        {groups.map(([title, rows]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {rows.map(([keys, what]) => (
                <div key={keys}>
                  <dt>
                    {keys.split(" ").map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
