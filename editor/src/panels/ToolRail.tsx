import { useStudio } from "../state/store";
import { Icon } from "../theme/Icon";
import { chooseTool, TOOLS, type ToolInfo } from "../tools/registry";

const GROUPS: readonly { id: ToolInfo["group"]; name: string }[] = [
  { id: "select", name: "Select and move" },
  { id: "draw", name: "Lines" },
  { id: "label", name: "Labels" },
  { id: "view", name: "View" },
];

export function ToolRail() {
  const tool = useStudio((s) => s.tool);
  const hasLabels = useStudio((s) => !!s.drawing?.labels);
  const hasEdges = useStudio((s) => !!s.drawing?.edges);
  const usable = (info: ToolInfo) =>
    (info.group !== "label" || hasLabels) &&
    (info.group !== "draw" || hasEdges) &&
    (info.id !== "region" || hasLabels) &&
    (info.id !== "outline" || hasEdges);
  return (
    <nav className="rail" aria-label="Tools">
      {GROUPS.map((group) => (
        <div key={group.id} role="group" aria-label={group.name}>
          {TOOLS.filter((info) => info.group === group.id).map((info) => (
            <button
              key={info.id}
              type="button"
              className="rail-button"
              aria-label={info.name}
              aria-pressed={tool === info.id}
              aria-keyshortcuts={info.key}
              disabled={!usable(info)}
              title={`${info.name} (${info.key})\n${info.hint}`}
              onClick={() => chooseTool(info.id)}
            >
              <Icon name={info.id} />
            </button>
          ))}
        </div>
      ))}
    </nav>
  );
}
