"""Gap filling (paper, fig. 8): a region of the primitive moves away step by step, and the generator fills the gap."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, UInt8

from primage.edit.apply import apply_edits, region_mask
from primage.edit.records import Ellipse, LabelRegion, Move, Polygon, Rectangle
from primage.errors import ConfigError
from primage.evaluate.analyses.distance_maps import COPIES
from primage.evaluate.analyses.features import Features
from primage.evaluate.analyses.risk import edit_risks
from primage.evaluate.metrics.registry import Metric
from primage.evaluate.protocol.progress import Event
from primage.model import Model
from primage.primitive.primitive import draw
from primage.tensors import to_tensor

Region = Rectangle | Ellipse | Polygon | LabelRegion


@dataclass(frozen=True)
class GapStep:
    """One step of the series.

    Attributes:
        gap: how far the region has moved, as a share of the width (or height).
        drawing: (H, W, 3) uint8, the rendered primitive.
        result: (H, W, 3) uint8, the generator's output.
        score: metric of the result against the training photo; None without a metric.
        risk: mean edit risk over the area the region has uncovered; None without features or before the first move.
    """

    gap: float
    drawing: UInt8[np.ndarray, "h w 3"]
    result: UInt8[np.ndarray, "h w 3"]
    score: float | None
    risk: float | None


def parse_region(text: str) -> Region:
    """Parse a region.

    Args:
        text: "ellipse:CX,CY,RX,RY", "rectangle:LEFT,TOP,RIGHT,BOTTOM" (shares of width and height), or "labels:1,2".

    Returns:
        The region.

    Raises:
        ConfigError: the text is not a region.

    Example:
        >>> parse_region("labels:1,2").labels
        (1, 2)
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
        f"'{text}' is not a region; write ellipse:CX,CY,RX,RY or rectangle:LEFT,TOP,RIGHT,BOTTOM in shares of width "
        "and height, or labels:1,2"
    )


def gap_series(
    model: Model,
    region: Region,
    towards: tuple[float, float],
    steps: int = 6,
    metric: Metric | None = None,
    features: Features | None = None,
    copies: int = COPIES,
) -> Generator[Event, None, list[GapStep]]:
    """Move a region of the training primitive further and further, and render each step.

    Args:
        model: the trained model.
        region: the region that moves.
        towards: (x, y) displacement of the last step, in shares of width and height.
        steps: number of moves, not counting the unmoved primitive.
        metric: metric of each result against the training photo; SIFID needs no alignment.
        features: feature extractor for the edit risk of the uncovered area.
        copies: see `primage.evaluate.analyses.risk.edit_risks`.

    Yields:
        Progress.

    Returns:
        The series, starting with the unmoved primitive.

    Raises:
        ConfigError: the number of steps or the displacement is zero.
        PrimitiveError: the region is empty.
    """
    if steps < 1 or towards == (0.0, 0.0):
        raise ConfigError("a gap needs at least one step and a displacement other than zero: --towards X,Y")
    moves = [(towards[0] * i / steps, towards[1] * i / steps) for i in range(steps + 1)]
    primitives = [
        apply_edits(model.primitive, [Move(region=region, by=move)]) if any(move) else model.primitive for move in moves
    ]
    risks = None
    if features is not None:
        risks = yield from edit_risks(model, primitives, features, copies)
    before = region_mask(model.primitive, region)
    series = []
    for i, (move, primitive) in enumerate(zip(moves, primitives, strict=True)):
        yield Event("rendering gaps", i, len(primitives))
        result = model.render(primitive)
        score = None
        if metric is not None:
            with torch.inference_mode():
                score = float(metric(to_tensor(result), to_tensor(model.photo)))
        drawing = draw(primitive, model.record.spec.line_colour)
        uncovered = before & ~_shifted(before, move)
        risk = _mean_in(risks[i].values, uncovered) if risks is not None and uncovered.any() else None
        series.append(GapStep(float(np.hypot(*move)), drawing, result, score, risk))
    return series


def _shifted(mask: np.ndarray, move: tuple[float, float]) -> np.ndarray:
    height, width = mask.shape
    rows, columns = np.nonzero(mask)
    rows, columns = rows + round(move[1] * height), columns + round(move[0] * width)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    out = np.zeros_like(mask)
    out[rows[inside], columns[inside]] = True
    return out


def _mean_in(values: Float[np.ndarray, "h w"], mask: np.ndarray) -> float:
    """Mean of a low-resolution map over a full-resolution mask."""
    rows = np.arange(mask.shape[0]) * values.shape[0] // mask.shape[0]
    columns = np.arange(mask.shape[1]) * values.shape[1] // mask.shape[1]
    return float(values[np.ix_(rows, columns)][mask].mean())
