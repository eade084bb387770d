"""The ablation as files: numbers, table and page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from primage.evaluate.analyses.ablation import LEVELS, Variant
from primage.evaluate.protocol.results import Results
from primage.evaluate.reports.pages import page_html, table_html
from primage.evaluate.reports.serialize import finite, results_json, to_csv, write_json
from primage.evaluate.reports.tables import Table, arrow, number
from primage.files import write_atomically

TITLES = {
    "tps": "TPS probability",
    "rotation": "Rotation ±°",
    "shear": "Shear ±",
    "cutmix": "Cutmix probability",
    "canny_sigma": "Canny σ",
}


def ablation_table(variants: Sequence[Variant], results: Results) -> Table:
    """A table with one row per variant: its levels, then its metrics.

    Args:
        variants: the variants, the reference first.
        results: evaluation of their methods.

    Returns:
        The table; the best value of each metric is marked.
    """
    rows, best = [], set()
    for variant in variants:
        levels = [_level(factor, level) for factor, level in variant.levels.items()]
        values = [number(results.mean(variant.method.name, d.name)) for d in results.metrics]
        rows.append((*levels, *values))
    for i, d in enumerate(results.metrics):
        column = [results.mean(variant.method.name, d.name) for variant in variants]
        top = max(column) if d.higher_is_better else min(column)
        best |= {(r, len(LEVELS) + i) for r, value in enumerate(column) if value == top}
    return Table(
        "Ablation of the augmentation",
        (*TITLES.values(), *(arrow(d) for d in results.metrics)),
        tuple(rows),
        frozenset(best),
        note="The first row is the reference. Flip is as in the preset; the matcher and all other warps are off. "
        "One training per row: small differences are noise.",
    )


def _level(factor: str, level: float) -> str:
    if factor == "canny_sigma":
        return "random" if level else "fixed"
    return f"{level:g}" if level else "off"


def write_ablation(folder: Path, variants: Sequence[Variant], results: Results) -> Path:
    """Write ablation.json, ablation.csv and ablation.html.

    Args:
        folder: output folder.
        variants: the variants, the reference first.
        results: evaluation of their methods.

    Returns:
        Path of the page.
    """
    table = ablation_table(variants, results)
    data = results_json(results)
    data["cells"] = [
        variant.levels | {d.name: finite(results.mean(variant.method.name, d.name)) for d in results.metrics}
        for variant in variants
    ]
    write_json(folder / "ablation.json", data)
    write_atomically(folder / "ablation.csv", to_csv(table.heading, table.rows))
    page = folder / "ablation.html"
    write_atomically(page, page_html(table.title, table_html(table)))
    return page
