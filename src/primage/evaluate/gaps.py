"""How a network fills empty space (the paper's figure 8): a region moves away step by step, what opens is painted."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8

from primage.edit.apply import apply_edits, region_mask
from primage.edit.records import Ellipse, LabelRegion, Move, Polygon, Rectangle
from primage.errors import ConfigError
from primage.evaluate.charts import line_chart
from primage.evaluate.metrics import Description, Metric, build_metrics, describe
from primage.evaluate.report import figure_html, page_html
from primage.evaluate.results import finite, write_json
from primage.evaluate.risk import risks
from primage.evaluate.runs import Event
from primage.evaluate.seen import COPIES, Features, check_copies, load_features
from primage.files import write_atomically
from primage.image import write_png
from primage.model import Model, load
from primage.primitive.primitive import draw
from primage.sheet import contact_sheet
from primage.tensors import to_tensor

Region = Rectangle | Ellipse | Polygon | LabelRegion


@dataclass(frozen=True)
class Gap:
    """One step of the series.

    Attributes:
        gap: how far the region has moved, as a share of the width (or height).
        drawing: (H, W, 3) uint8.
        result: (H, W, 3) uint8.
        score: the metric of the result against the training photo; None if none was asked for.
        risk: mean edit risk where the region was and is no more; None without features or without a gap.
    """

    gap: float
    drawing: UInt8[np.ndarray, "h w 3"]
    result: UInt8[np.ndarray, "h w 3"]
    score: float | None
    risk: float | None


def parse_region(text: str) -> Region:
    """Read a region from a word.

    Args:
        text: "ellipse:CX,CY,RX,RY", "rectangle:LEFT,TOP,RIGHT,BOTTOM" (shares of width and height), or "labels:1,2".

    Returns:
        The region.

    Raises:
        ConfigError: it is none of these.
    """
    shape, _, rest = text.partition(":")
    try:
        numbers = [float(part) for part in rest.split(",")]
        if shape == "labels" and all(n >= 0 and n == int(n) for n in numbers):
            return LabelRegion(labels=tuple(int(n) for n in numbers))
        a, b, c, d = numbers
    except ValueError:
        shape = ""
    if shape == "ellipse":
        return Ellipse(centre=(a, b), radii=(c, d))
    if shape == "rectangle":
        return Rectangle(top_left=(a, b), bottom_right=(c, d))
    raise ConfigError(
        f"'{text}' is no region; write ellipse:CX,CY,RX,RY or rectangle:LEFT,TOP,RIGHT,BOTTOM in shares of width and "
        "height, or labels:1,2"
    )


def gap_series(
    model: Model,
    region: Region,
    towards: tuple[float, float],
    steps: int = 6,
    metric: Metric | None = None,
    features: Features | None = None,
    copies: int = COPIES,
) -> Generator[Event, None, list[Gap]]:
    """Move a region of the training drawing further and further, and paint each step.

    Args:
        model: the trained model.
        region: what moves.
        towards: (x, y) of the last step, shares of width and height.
        steps: how many moves, not counting the unmoved drawing.
        metric: of each result against the training photo; SIFID needs no alignment.
        features: for the edit risk of what opens.
        copies: see `primage.evaluate.risk`.

    Yields:
        Progress.

    Returns:
        The series, the unmoved drawing first.

    Raises:
        ConfigError: there is no step or no direction.
        PrimitiveError: the region is empty.
    """
    if steps < 1 or towards == (0.0, 0.0):
        raise ConfigError("a gap opens in at least one step, towards somewhere: --towards X,Y")
    moves = [(towards[0] * i / steps, towards[1] * i / steps) for i in range(steps + 1)]
    drawings = [
        apply_edits(model.primitive, [Move(region=region, by=move)]) if any(move) else model.primitive for move in moves
    ]
    risky = None
    if features is not None:
        risky = yield from risks(model, drawings, features, copies)
    before = region_mask(model.primitive, region)
    found = []
    for i, (move, drawing) in enumerate(zip(moves, drawings, strict=True)):
        yield Event("painting gaps", i, len(drawings))
        result = model.render(drawing)
        score = None
        if metric is not None:
            with torch.inference_mode():
                score = float(metric(to_tensor(result), to_tensor(model.photo)))
        shown = draw(drawing, model.record.spec.line_colour)
        opened = before & ~_shifted(before, move)
        risk = _mean_in(risky[i].values, opened) if risky is not None and opened.any() else None
        found.append(Gap(float(np.hypot(*move)), shown, result, score, risk))
    return found


def gap_job(
    path: Path,
    region: str,
    towards: str,
    out: Path,
    steps: int = 6,
    metric: str = "sifid",
    inception: Path | None = None,
    risk: bool = True,
    copies: int = COPIES,
    device: str = "cpu",
    line: Sequence[str] = (),
) -> Generator[Event, None, tuple[list[Gap], Path]]:
    """What `primage evaluate gaps` does: check what is asked for, render the series, write it down.

    Args:
        path: a run folder or a model file.
        region: what moves; see `parse_region`.
        towards: "X,Y" of the last step.
        out: where series, numbers and page go.
        steps: how many moves.
        metric: a name out of `primage.evaluate.metrics.METRICS`; none if empty.
        inception: official weights of Inception-v3.
        risk: whether the edit risk of what opens is measured.
        copies: how many warps of the training drawing count as seen.
        device: where to compute.
        line: the command line, for the page.

    Yields:
        Progress.

    Returns:
        The series, and the page.

    Raises:
        UserError: an input is at fault; nothing was written.
        WeightsError: weights cannot be had.
    """
    try:
        x, y = (float(part) for part in towards.split(","))
    except ValueError as error:
        raise ConfigError(f"--towards {towards}: write X,Y, shares of width and height, e.g. 0,0.2") from error
    check_copies(copies)
    chosen = parse_region(region)
    model = load(path, device)
    judges = build_metrics([metric], inception)[0] if metric else []
    judge = judges[0] if judges else None
    series = yield from gap_series(model, chosen, (x, y), steps, judge, load_features() if risk else None, copies)
    return series, write_gaps(out, series, model, judge, line)


def write_gaps(
    folder: Path, series: Sequence[Gap], model: Model, metric: Metric | None, line: Sequence[str] = ()
) -> Path:
    """Write gaps.png, gaps.json and gaps.html.

    Args:
        folder: where to; made if need be.
        series: what `gap_series` gave.
        model: that painted it.
        metric: that judged it.
        line: the command line.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = [f"gap {each.gap:.0%}" for each in series]
    rows = [[each.drawing for each in series], [each.result for each in series]]
    write_png(folder / "gaps.png", contact_sheet(rows, [texts, ["result"] * len(series)]))
    description = None if metric is None else describe(metric)
    write_json(
        folder / "gaps.json",
        {
            "metric": None if description is None else vars(description),
            "weights_sha256": model.weights_sha256,
            "series": [
                {
                    "gap": finite(each.gap),
                    "score": None if each.score is None else finite(each.score),
                    "risk": None if each.risk is None else finite(each.risk),
                }
                for each in series
            ],
            "command": list(line),
        },
    )
    page = folder / "gaps.html"
    write_atomically(page, page_html("Gaps", _body(series, description, line)))
    return page


def _body(series: Sequence[Gap], description: Description | None, line: Sequence[str]) -> str:
    x = [100 * each.gap for each in series]
    charts = []
    for title, values in (
        (f"{description.title} against the training photo" if description else "", [g.score for g in series]),
        ("Edit risk where the region was (1: as far as 99 % of unseen warps)", [g.risk for g in series]),
    ):
        numbers = [float("nan") if value is None else value for value in values]
        if any(value is not None for value in values):
            chart = line_chart({title: numbers}, x, "gap in % of the width or height", title)
            charts.append(f"<div><h3>{escape(title)}</h3>{chart}</div>")
    pictures = "".join(figure_html(each.drawing, f"gap {each.gap:.0%}", each.result, "result") for each in series)
    command = f"<p><code>{escape(' '.join(line))}</code></p>" if line else ""
    return (
        "<h1>Empty space: a region moves away</h1>"
        f'<div class="charts">{"".join(charts)}</div><h2>Series</h2><div class="row">{pictures}</div>{command}'
    )


def _shifted(mask: np.ndarray, move: tuple[float, float]) -> np.ndarray:
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    rows, columns = rows + round(move[1] * height), columns + round(move[0] * width)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    out = np.zeros_like(mask)
    out[rows[inside], columns[inside]] = True
    return out


def _mean_in(values: Float[np.ndarray, "h w"], mask: np.ndarray) -> float:
    """Mean of a coarse map where a fine mask is set."""
    rows = np.arange(mask.shape[0]) * values.shape[0] // mask.shape[0]
    columns = np.arange(mask.shape[1]) * values.shape[1] // mask.shape[1]
    return float(values[np.ix_(rows, columns)][mask].mean())
