import { get, type OptionValue, set } from "../state/store";

interface Base<T extends OptionValue> {
  /** Options with the same id share their value, in whichever tools they appear. */
  readonly id: string;
  readonly label: string;
  readonly initial: T;
  /** It is shown only while this switch is on. */
  readonly onlyWith?: SwitchOption;
}

export interface SliderOption extends Base<number> {
  readonly kind: "slider";
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
  readonly step?: number;
}

export interface SwitchOption extends Base<boolean> {
  readonly kind: "switch";
}

export interface ChoiceOption<T extends string = string> extends Base<T> {
  readonly kind: "choice";
  readonly choices: readonly { value: T; label: string }[];
}

/** A setting of a tool. The options bar draws it, and D resets it. */
export type ToolOption = SliderOption | SwitchOption | ChoiceOption;

/** The current value of an option. */
export function optionValue<T extends OptionValue>(
  { id, initial }: Pick<Base<T>, "id" | "initial">,
  options = get().options,
): T {
  return (options[id] as T | undefined) ?? initial;
}

export function setOption<T extends OptionValue>({ id }: Base<T>, value: T): void {
  set(({ options }) => ({ options: { ...options, [id]: value } }));
}

/** Change a size by a factor, by at least one, within its range. */
export function scaleOption(option: SliderOption, factor: number): void {
  const now = optionValue(option);
  const scaled = Math.round(now * factor);
  const next = factor > 1 ? Math.max(now + 1, scaled) : Math.min(now - 1, scaled);
  setOption(option, Math.min(option.max, Math.max(option.min, next)));
}

/** All options of all tools back to their initial values. */
export function resetOptions(): void {
  set({ options: {} });
}
