import { saysWhat } from "../raster/matchLabels";
import type { Plane } from "../raster/plane";
import type { Drawing } from "../state/drawing";
import { get } from "../state/store";

/** A name for what becomes an object: that of the label that most of it has, if that says what it is. */
export function nameOf(drawing: Drawing, mask: Plane): string {
  const counts = new Map<number, number>();
  // What is pasted from a larger drawing is named by its number.
  if (drawing.labels && mask.width === drawing.width && mask.height === drawing.height) {
    mask.data.forEach((inside, i) => {
      if (!inside) return;
      const label = drawing.labels!.data[i];
      counts.set(label, (counts.get(label) ?? 0) + 1);
    });
  }
  const most = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
  const label = drawing.isPainting || most === undefined ? "" : (get().project?.labels[most]?.name ?? "");
  return saysWhat(label) ? free(label.trim(), drawing) : free("Object", drawing, true);
}

/** A name that no object has: with the first number that is free. */
export function free(name: string, drawing: Drawing, numbered = false): string {
  const taken = new Set(drawing.objects.current.placed.map((placed) => placed.name));
  if (!numbered && !taken.has(name)) return name;
  let number = numbered ? 1 : 2;
  while (taken.has(`${name} ${number}`)) number++;
  return `${name} ${number}`;
}
