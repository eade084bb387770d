"""Means of all figures by half, kind of edit and column, and comparisons between columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from truth.arrange import KINDS

#: The figures of a score, in the order they are written; see `truth.scoring.scores`.
FIGURES = ("lpips", "lpips_whole", "psnr", "line_f1", "incoherence")
#: An edit counts as worse if its LPIPS rises by more than this.
WORSE = 0.005
#: What renders with a known origin are compared with.
_OTHERS = ("ours", "old")

Entry = dict[str, Any]
#: half → kind or "all" → column → the mean of each figure.
Means = dict[str, dict[str, dict[str, list[float]]]]


def listed(score: dict[str, float]) -> list[float]:
    """A score as a list, in the order of `FIGURES`; incoherence only if it was measured."""
    return [round(score[figure], 4) for figure in FIGURES if figure in score]


def summary(found: Sequence[Entry]) -> Means:
    means: Means = {}
    for half in dict.fromkeys(entry["half"] for entry in found):
        means[half] = {}
        for kind in ("all", *KINDS):
            chosen = [e["scores"] for e in found if e["half"] == half and kind in ("all", e["kind"])]
            if chosen:
                columns = {column: np.mean([each[column] for each in chosen], axis=0) for column in chosen[0]}
                means[half][kind] = {column: [round(float(x), 4) for x in row] for column, row in columns.items()}
    return means


def compared(found: Sequence[Entry], column: str, base: str) -> dict[str, Any]:
    """How one column compares with another, by half: ratio of the means of LPIPS, and what became worse."""
    means, result = summary(found), {}
    for half, kinds in means.items():
        ratios = {kind: round(row[column][0] / max(row[base][0], 1e-9), 3) for kind, row in kinds.items()}
        chosen = [e for e in found if e["half"] == half]
        worse = [e for e in chosen if e["scores"][column][0] > e["scores"][base][0] + WORSE]
        result[half] = {
            "lpips_ratio": ratios.pop("all"),
            "worse_kinds": {kind: ratio for kind, ratio in ratios.items() if ratio > 1},
            "worse_edits": [f"{e['scene']}: {e['title']}" for e in worse],
        }
    return result


def comparisons(found: Sequence[Entry]) -> dict[str, Any]:
    """Ours against the other checkout, each trained model against the first, and known origins against none."""
    columns = [column.split(", ") for column in found[0]["scores"] if column.startswith("ours, ")]
    forms = dict.fromkeys(form for _, _, form in columns)
    models = list(dict.fromkeys(label for _, label, _ in columns))
    pairs = [(f"ours, {m}, {form}", f"old, {m}, {form}") for m in models for form in forms]
    pairs += [(f"ours, {m}, {form}", f"ours, {models[0]}, {form}") for m in models[1:] for form in forms]
    pairs += [(f"origin, {m}, {form}", f"{other}, {m}, {form}") for m in models for form in forms for other in _OTHERS]
    return {f"{a} / {b}": compared(found, a, b) for a, b in pairs if {a, b} <= found[0]["scores"].keys()}


def table(means: Means) -> str:
    """LPIPS in the boxes by kind, then the means of all figures of each half, as text."""
    lines = []

    def line(title: str, cell: Callable[[str], str], columns: Sequence[str]) -> None:
        lines.append(f"{title:12}" + "".join(f"{cell(column):>24}" for column in columns))

    for half, kinds in means.items():
        columns = list(kinds["all"])
        lines.append(f"\n{half}: LPIPS to the truth in the boxes")
        line("", str, columns)
        for kind, row in kinds.items():
            line(kind, lambda column, row=row: f"{row[column][0]:.4f}", columns)
        for i, figure in enumerate(FIGURES[1 : len(kinds["all"][columns[0]])], start=1):
            line(figure, lambda column, i=i, row=kinds["all"]: f"{row[column][i]:.4f}", columns)
    return "\n".join(lines)
