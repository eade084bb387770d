import { type ReactNode, useRef } from "react";

/** What drawings, labels and lines are read from. */
export const DRAWING_FILES = "image/*,.avif,.heic,.heif,.jxl,.psd,.ora,.kra,.json,.zip";

interface Props {
  /** The accessible name of the input. */
  label: string;
  className?: string;
  title?: string;
  children: ReactNode;
  onFiles: (files: File[]) => void;
}

/** A button that asks for files. Several are one mask for each label. */
export function FilePicker({ label, className = "button", title, children, onFiles }: Props) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className={className} title={title} onClick={() => input.current?.click()}>
        {children}
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        tabIndex={-1}
        aria-label={label}
        accept={DRAWING_FILES}
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          target.value = ""; // the same file can be chosen again
          if (files.length) onFiles(files);
        }}
      />
    </>
  );
}
