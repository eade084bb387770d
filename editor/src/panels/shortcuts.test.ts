import { expect, test } from "vitest";
import { TOOLS } from "../tools/registry";
import { SHORTCUTS } from "./shortcuts";

test("no two shortcuts have the same key", () => {
  const keys = TOOLS.map((tool) => tool.key.toLowerCase());
  const others = SHORTCUTS.flatMap(([group, list]) => list.map(([key]) => [group, key.toLowerCase()] as const));
  const letters = others.map(([, key]) => key).filter((key) => /^[a-z]$/.test(key));
  const all = [...keys, ...letters];
  expect(all.filter((key, i) => all.indexOf(key) !== i)).toEqual([]);
});
