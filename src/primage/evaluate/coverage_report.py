"""The coverage analysis as files: the figure, the numbers, and a page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from primage.evaluate.charts import scatter_chart
from primage.evaluate.correlation import Estimate
from primage.evaluate.coverage import FAILED, Coverage, FrameCoverage
from primage.evaluate.pictures import heat
from primage.evaluate.report import figure_html, page_html, table_html
from primage.evaluate.results import finite, write_json
from primage.evaluate.tables import Table
from primage.files import write_atomically
from primage.image import write_png
from primage.model import Model
from primage.primitive.primitive import draw
from primage.sheet import contact_sheet

_SHOWN = 3
_POINTS = 1500
TITLES = {
    "pearson": "Pearson, over the locations of a frame",
    "spearman": "Spearman, over the locations of a frame",
    "partial": "Spearman, how much is drawn held constant",
    "auroc": f"AUROC for the worst {FAILED:.0%} of a frame's locations",
    "frames_spearman": "Spearman of the frames' means",
}
_DISTANCES = {
    "alone": "training drawing alone",
    "with_tps": "with TPS copies (the paper's)",
    "risk": "edit-risk map (the run's own warps)",
    "drawn": "how much is drawn (control)",
}


def write_coverage(folder: Path, found: Coverage, model: Model, line: Sequence[str] = ()) -> Path:
    """Write coverage.json, coverage.png (the layout of the paper's figure 7) and coverage.html.

    Args:
        folder: where to; made if need be.
        found: the analysis.
        model: that was analysed.
        line: the command line.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "coverage.json", coverage_json(found) | {"command": list(line)})
    order = sorted(range(len(found.frames)), key=lambda i: float(found.frames[i].error.mean()))
    chosen = sorted({order[round(i)] for i in np.linspace(0, len(order) - 1, _SHOWN)})
    frames = [found.frames[i] for i in chosen]
    write_png(folder / "coverage.png", coverage_sheet(frames, model))
    page = folder / "coverage.html"
    write_atomically(page, _page(found, frames, model, line))
    return page


def coverage_json(found: Coverage) -> dict[str, object]:
    """The numbers, ready for JSON."""
    return {
        "features": found.features,
        "weights_sha256": found.weights_sha256,
        "tps_copies": found.copies,
        "frames": len(found.frames),
        "mean_distance_lower_with_copies_by": finite(found.share_closer),
        "estimates": {name: _estimate_json(value) for name, value in found.estimates.items()},
        "failed_share": FAILED,
        "risk_threshold": finite(found.frames[0].risk.threshold),
        "risk_flagged_share": finite(float(np.mean([frame.risk.share for frame in found.frames]))),
        "error_where_flagged": finite(found.error_flagged),
        "error_elsewhere": finite(found.error_elsewhere),
        "per_frame": [
            {
                "frame": frame.name,
                "distance_alone": finite(float(frame.alone.mean())),
                "distance_with_tps": finite(float(frame.with_tps.mean())),
                "risk": finite(float(frame.risk.values.mean())),
                "error": finite(float(frame.error.mean())),
            }
            for frame in found.frames
        ],
    }


def coverage_sheet(frames: Sequence[FrameCoverage], model: Model) -> np.ndarray:
    """The three maps beside what they are of; a row a frame.

    Args:
        frames: to show.
        model: gives the training pair.

    Returns:
        (H, W, 3) uint8. Distances share one scale within a frame.
    """
    rows, captions = [], []
    for frame in frames:
        size = (frame.truth.shape[0], frame.truth.shape[1])
        high = float(frame.alone.max())
        rows.append(
            [
                draw(model.primitive.resized(size), model.record.spec.line_colour),
                *(frame.drawing, frame.truth, frame.painted),
                *(
                    heat(frame.alone, size, high=high),
                    heat(frame.with_tps, size, high=high),
                    heat(frame.error, size, high=_most(frame.error)),
                ),
            ]
        )
        captions.append(
            ["training drawing", f"drawing {frame.name}", "truth", "painted", "1-NN alone", "1-NN with TPS", "error"]
        )
    return contact_sheet(rows, captions)


def _most(values: np.ndarray) -> float:
    """The top of a scale, the highest hundredth of the locations left out: borders have outliers."""
    return float(np.percentile(values, 99))


def _estimate_json(value: Estimate) -> dict[str, object]:
    return {
        "mean": finite(value.mean),
        "low_95": finite(value.low),
        "high_95": finite(value.high),
        "frames": value.frames,
        "per_frame": [finite(each) for each in value.per_frame],
    }


def _text(value: Estimate | None) -> str:
    if value is None or math.isnan(value.mean):
        return "–"
    interval = "" if math.isnan(value.low) else f" [{value.low:.2f}, {value.high:.2f}]"
    return f"{value.mean:.2f}{interval}"


def _page(found: Coverage, frames: Sequence[FrameCoverage], model: Model, line: Sequence[str]) -> str:
    rows = tuple(
        (title, *(_text(found.estimates.get(f"{name}_{distance}")) for distance in _DISTANCES))
        for name, title in TITLES.items()
    )
    table = Table(
        "How strongly the distance agrees with the prediction error",
        ("Measure", *_DISTANCES.values()),
        rows,
        note=f"Mean over {len(found.frames)} frames, with a 95 % interval from resampling whole frames. AUROC is 0.5 "
        f"by chance. TPS copies: {found.copies}; they bring the mean distance down by {found.share_closer:.0%}.",
    )
    x = np.concatenate([frame.with_tps.ravel() for frame in found.frames])
    y = np.concatenate([frame.error.ravel() for frame in found.frames])
    some = np.random.default_rng(0).choice(len(x), min(_POINTS, len(x)), replace=False)
    share = float(np.mean([frame.risk.share for frame in found.frames]))
    body = [
        "<h1>Coverage: has the training seen this drawing?</h1>",
        f'<p class="facts">Features: {escape(found.features)}, weights SHA-256 {found.weights_sha256}. The distance is '
        "Euclidean, to the nearest location of the training drawing; the error is the mean absolute difference between "
        "the features of output and truth.</p>",
        table_html(table),
        f"<p>The risk map flags {share:.1%} of the locations. Mean error there: {found.error_flagged:.3g}, elsewhere "
        f"{found.error_elsewhere:.3g}.</p>",
        '<h2>Locations of all frames</h2><div class="charts"><div><h3>Error over distance with TPS copies</h3>',
        scatter_chart(x[some].tolist(), y[some].tolist(), "1-NN distance with TPS copies", "Prediction error"),
        "</div></div><h2>Maps</h2>",
    ]
    for frame in frames:
        size = (frame.truth.shape[0], frame.truth.shape[1])
        high = float(frame.alone.max())
        figures = [
            figure_html(draw(model.primitive.resized(size), model.record.spec.line_colour), "training drawing"),
            figure_html(frame.drawing, "drawing"),
            figure_html(frame.truth, "truth"),
            figure_html(frame.painted, "painted"),
            figure_html(heat(frame.alone, size, high=high), "1-NN distance, training drawing alone"),
            figure_html(heat(frame.with_tps, size, high=high), f"1-NN distance with {found.copies} TPS copies"),
            figure_html(heat(frame.risk.values, size, high=2.0), "edit risk (1 is orange-red)"),
            figure_html(heat(frame.error, size, high=_most(frame.error)), "prediction error"),
        ]
        body.append(f'<h3>{escape(frame.name)}</h3><div class="row eight">{"".join(figures)}</div>')
    if line:
        body.append(f"<p><code>{escape(' '.join(line))}</code></p>")
    return page_html("Coverage", "\n".join(body))
