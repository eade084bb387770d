import { useState } from "react";
import { focusCanvas } from "../canvas/focus";

interface NumberFieldProps {
  /** The accessible name, also shown as a tooltip. */
  label: string;
  /** A letter or sign in front of the number. */
  sign: string;
  value: number;
  unit?: string;
  onChange: (value: number) => void;
}

/**
 * A number to type in: Enter or leaving the field takes it, Esc leaves it, arrow keys change it by 1 (Shift: 10). Decimals may
 * have a comma.
 */
export function NumberField({ label, sign, value, unit = "", onChange }: NumberFieldProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const shown = String(Number(value.toFixed(2)));
  const take = () => {
    const number = Number((typed ?? "").trim().replace(",", ".").replace(/−/, "-"));
    if (typed?.trim() && Number.isFinite(number) && typed !== shown) onChange(number);
    setTyped(null);
  };
  return (
    <label className="number" title={label}>
      <span aria-hidden="true">{sign}</span>
      <input
        type="text"
        inputMode="decimal"
        role="spinbutton"
        aria-label={label}
        aria-valuenow={Number(shown)}
        aria-valuetext={`${shown}${unit}`}
        value={typed ?? shown + unit}
        onFocus={(event) => {
          setTyped(shown);
          const field = event.currentTarget;
          requestAnimationFrame(() => field.select());
        }}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          const steps = { ArrowUp: 1, ArrowDown: -1 }[event.key];
          if (steps !== undefined) {
            event.preventDefault();
            const next = Number(shown) + steps * (event.shiftKey ? 10 : 1);
            setTyped(String(next));
            onChange(next);
          } else if (event.key === "Enter") {
            take();
            focusCanvas();
          } else if (event.key === "Escape") {
            setTyped(null);
            focusCanvas();
          } else return;
          event.stopPropagation();
        }}
      />
    </label>
  );
}
