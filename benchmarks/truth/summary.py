"""Means of all figures, by half, kind of edit and column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from truth.arrange import KINDS

Means = dict[str, dict[str, dict[str, dict[str, float]]]]


def summary(found: Sequence[dict[str, Any]]) -> Means:
    """half → kind or "all" → column → figure → mean."""
    means: Means = {}
    for half in dict.fromkeys(entry["half"] for entry in found):
        means[half] = {}
        for kind in ("all", *KINDS):
            chosen = [e["scores"] for e in found if e["half"] == half and kind in ("all", e["kind"])]
            if chosen:
                means[half][kind] = {
                    column: {
                        figure: round(float(np.mean([each[column][figure] for each in chosen])), 4)
                        for figure in chosen[0][column]
                    }
                    for column in chosen[0]
                }
    return means


def table(means: Means) -> str:
    """The means of LPIPS in the boxes, then all figures of each half, as text."""
    lines = []
    for half, kinds in means.items():
        columns = list(kinds["all"])
        lines.append(f"\n{half}: LPIPS to the truth in the boxes\n{'':12}" + "".join(f"{c:>24}" for c in columns))
        lines += [f"{kind:12}" + "".join(f"{row[c]['lpips']:24.4f}" for c in columns) for kind, row in kinds.items()]
        for figure in list(kinds["all"][columns[0]])[1:]:
            lines.append(
                f"{figure:12}" + "".join(f"{kinds['all'][c].get(figure, float('nan')):24.4f}" for c in columns)
            )
    return "\n".join(lines)
