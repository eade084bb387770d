"""The gap-filling series as files: contact sheet, numbers and page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from html import escape
from pathlib import Path

from primage.evaluate.analyses.gap_filling import GapStep
from primage.evaluate.metrics.registry import Description, Metric, describe
from primage.evaluate.reports.charts import line_chart
from primage.evaluate.reports.pages import command_html, figure_html, page_html
from primage.evaluate.reports.serialize import finite, write_json
from primage.files import write_atomically
from primage.image import write_png
from primage.model import Model
from primage.sheet import contact_sheet


def gap_files(folder: Path) -> list[Path]:
    """The files that `write_gaps` writes."""
    return [folder / f"gaps.{ending}" for ending in ("json", "png", "html")]


def write_gaps(
    folder: Path, series: Sequence[GapStep], model: Model, metric: Metric | None, command: Sequence[str] = ()
) -> Path:
    """Write gaps.png, gaps.json and gaps.html.

    Args:
        folder: output folder, created if necessary.
        series: from `primage.evaluate.analyses.gap_filling.gap_series`.
        model: the model that rendered it.
        metric: the metric of its scores.
        command: the command line, shown on the page.

    Returns:
        Path of the page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    numbers, figure, page = gap_files(folder)
    captions = [f"gap {step.gap:.0%}" for step in series]
    rows = [[step.drawing for step in series], [step.result for step in series]]
    write_png(figure, contact_sheet(rows, [captions, ["result"] * len(series)]))
    description = None if metric is None else describe(metric)
    write_json(
        numbers,
        {
            "metric": None if description is None else asdict(description),
            "weights_sha256": model.weights_sha256,
            "series": [
                {
                    "gap": finite(step.gap),
                    "score": None if step.score is None else finite(step.score),
                    "risk": None if step.risk is None else finite(step.risk),
                }
                for step in series
            ],
            "command": list(command),
        },
    )
    stand_in = f": {description.stand_in}" if description is not None and description.stand_in else ""
    write_atomically(page, page_html(f"Gaps{stand_in}", _body(series, description, command)))
    return page


def _body(series: Sequence[GapStep], description: Description | None, command: Sequence[str]) -> str:
    x = [100 * step.gap for step in series]
    charts = []
    for title, values in (
        (
            f"{description.stand_in or description.title} against the training photo" if description else "",
            [step.score for step in series],
        ),
        ("Edit risk of the uncovered area (1: 99th percentile of held-out warps)", [step.risk for step in series]),
    ):
        if any(value is not None for value in values):
            numbers = [math.nan if value is None else value for value in values]
            chart = line_chart({title: numbers}, x, "gap in % of the width or height", title)
            charts.append(f"<div><h3>{escape(title)}</h3>{chart}</div>")
    figures = "".join(figure_html(step.drawing, f"gap {step.gap:.0%}", step.result, "result") for step in series)
    return (
        "<h1>Gap filling: a region moves away</h1>"
        f'<div class="charts">{"".join(charts)}</div><h2>Series</h2><div class="row">{figures}</div>'
        f"{command_html(command)}"
    )
