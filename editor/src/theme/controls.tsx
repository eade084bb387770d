import { type ReactNode, useEffect, useId, useRef } from "react";
import { Icon, type IconName } from "./Icon";

interface IconButtonProps {
  icon: IconName;
  /** The accessible name, also shown as a tooltip. */
  label: string;
  keys?: string;
  pressed?: boolean;
  disabled?: boolean;
  onClick: () => void;
  className?: string;
}

export function IconButton({ icon, label, keys, pressed, disabled, onClick, className = "" }: IconButtonProps) {
  return (
    <button
      type="button"
      className={`icon-button ${className}`}
      aria-label={label}
      aria-pressed={pressed}
      aria-keyshortcuts={keys?.replace("Ctrl+", "Control+")}
      disabled={disabled}
      onClick={onClick}
      title={keys ? `${label} (${keys})` : label}
    >
      <Icon name={icon} />
    </button>
  );
}

interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  unit?: string;
  hint?: string;
  disabled?: boolean;
  compact?: boolean;
  onChange: (value: number) => void;
}

export function Slider({
  label,
  value,
  min,
  max,
  step = 1,
  unit = "",
  hint,
  disabled,
  compact,
  onChange,
}: SliderProps) {
  const id = useId();
  const shown = step < 0.1 ? value.toFixed(2) : step < 1 ? value.toFixed(1) : String(Math.round(value));
  return (
    <div className={compact ? "slider compact" : "slider"}>
      <label htmlFor={id}>{label}</label>
      <output htmlFor={id}>
        {shown}
        {unit}
      </output>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      {hint && (
        <p id={`${id}-hint`} className="hint">
          {hint}
        </p>
      )}
    </div>
  );
}

export function Switch({
  label,
  keys,
  hint,
  checked,
  onChange,
}: {
  label: string;
  keys?: string;
  hint?: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}) {
  const title = [hint, keys && `(${keys})`].filter(Boolean).join(" ");
  return (
    <label className="switch" title={title || undefined}>
      <input
        type="checkbox"
        role="switch"
        aria-checked={checked}
        aria-keyshortcuts={keys}
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      <span className="track" aria-hidden="true" />
      <span>{label}</span>
    </label>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  choices: readonly { value: T; label: string; icon?: IconName; keys?: string }[];
  onChange: (value: T) => void;
  /** Show icons only; the labels remain as accessible names. */
  icons?: boolean;
}

/** A row of buttons of which one is selected. */
export function Choice<T extends string>({ label, value, choices, onChange, icons }: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset className="choice">
      <legend className="visually-hidden">{label}</legend>
      {choices.map((choice) => (
        <label key={choice.value} title={choice.keys ? `${choice.label} (${choice.keys})` : choice.label}>
          <input
            type="radio"
            name={name}
            checked={choice.value === value}
            onChange={() => onChange(choice.value)}
            aria-label={choice.label}
          />
          <span>
            {choice.icon && <Icon name={choice.icon} />}
            {!icons && choice.label}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** A modal dialog: it takes the focus and returns it; Esc closes it. */
export function Dialog({
  title,
  onClose,
  children,
  wide,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className={wide ? "dialog wide" : "dialog"}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        if (event.target === ref.current) onClose();
      }}
    >
      <div className="dialog-body">
        <header>
          <h2 id={id}>{title}</h2>
          <IconButton icon="close" label="Close" onClick={onClose} />
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** A titled part of the side panel. */
export function Section({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  const id = useId();
  return (
    <section className="section" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
