import { dismiss, useStudio } from "../state/store";
import { IconButton } from "../theme/controls";

export function Notices() {
  const notices = useStudio((s) => s.notices);
  return (
    <div className="notices" role="log" aria-live="polite" aria-label="Messages">
      {notices.map(({ id, tone, text }) => (
        <div key={id} className={`notice ${tone}`} role={tone === "problem" ? "alert" : undefined}>
          <p>{text}</p>
          <IconButton icon="close" label="Dismiss" onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
