import { createPlane, type Plane } from "./plane";

/** A plane written as text, for tests: "." is 0, "#" is 1, a digit is itself. */
export function plane(text: string): Plane {
  const rows = text
    .trim()
    .split("\n")
    .map((row) => row.trim());
  const out = createPlane(rows[0].length, rows.length);
  rows.forEach((row, y) => {
    [...row].forEach((c, x) => {
      out.data[y * out.width + x] = c === "." ? 0 : c === "#" ? 1 : Number(c);
    });
  });
  return out;
}

/** The inverse of `plane`. */
export function text(of: Plane): string {
  const rows: string[] = [];
  for (let y = 0; y < of.height; y++) {
    rows.push(
      [...of.data.subarray(y * of.width, (y + 1) * of.width)].map((v) => (v === 0 ? "." : v === 1 ? "#" : v)).join(""),
    );
  }
  return rows.join("\n");
}

export function lines(...rows: string[]): string {
  return rows.join("\n");
}

/** A seeded source of random numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
