import { useStudio } from "../state/store";
import { Icon } from "../theme/Icon";
import { chooseTool, offeredTools } from "../tools/registry";
import type { Tool } from "../tools/tool";

const GROUPS: readonly { id: Tool["group"]; name: string }[] = [
  { id: "select", name: "Select and move" },
  { id: "lines", name: "Lines" },
  { id: "labels", name: "Labels" },
  { id: "view", name: "View" },
];

export function ToolRail() {
  const current = useStudio((s) => s.tool);
  const drawing = useStudio((s) => s.drawing);
  const tools = offeredTools();
  return (
    <nav className="rail" aria-label="Tools">
      {GROUPS.map((group) => (
        <div key={group.id} role="group" aria-label={group.name}>
          {tools
            .filter((tool) => tool.group === group.id)
            .map((tool) => (
              <button
                key={tool.id}
                type="button"
                className="rail-button"
                aria-label={tool.name}
                aria-pressed={tool.id === current}
                aria-keyshortcuts={tool.key}
                disabled={tool.needs && !drawing?.layer(tool.needs)}
                title={`${tool.name} (${tool.key})\n${tool.hint}`}
                onClick={() => chooseTool(tool.id)}
              >
                <Icon path={tool.icon} />
              </button>
            ))}
        </div>
      ))}
    </nav>
  );
}
