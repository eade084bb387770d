"""The coverage analysis as files: figure, numbers and page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from primage.evaluate.analyses.correlation import Estimate
from primage.evaluate.analyses.coverage import FAILED, Coverage, FrameCoverage
from primage.evaluate.reports.charts import scatter_chart
from primage.evaluate.reports.heatmaps import heatmap
from primage.evaluate.reports.pages import command_html, figure_html, page_html, table_html
from primage.evaluate.reports.serialize import finite, write_json
from primage.evaluate.reports.tables import Table
from primage.files import write_atomically
from primage.image import resize_image, write_png
from primage.model import Model
from primage.primitive.primitive import draw
from primage.sheet import contact_sheet

_SHOWN = 3
_POINTS = 1500
TITLES = {
    "pearson": "Pearson, over the locations of a frame",
    "spearman": "Spearman, over the locations of a frame",
    "partial": "Spearman, controlling for drawing density",
    "auroc": f"AUROC for the worst {FAILED:.0%} of a frame's locations",
    "frames_spearman": "Spearman of the frame means",
}
_DISTANCES = {
    "alone": "training primitive alone",
    "with_tps": "with TPS copies (the paper's)",
    "risk": "edit-risk map (the run's own warps)",
    "density": "drawing density (control)",
}


def coverage_files(folder: Path) -> list[Path]:
    """The files that `write_coverage` writes."""
    return [folder / f"coverage.{ending}" for ending in ("json", "png", "html")]


def write_coverage(folder: Path, coverage: Coverage, model: Model, command: Sequence[str] = ()) -> Path:
    """Write coverage.json, coverage.png (in the layout of the paper's figure 7) and coverage.html.

    Args:
        folder: output folder, created if necessary.
        coverage: result of the analysis.
        model: the analysed model.
        command: the command line, shown on the page.

    Returns:
        Path of the page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    numbers, figure, page = coverage_files(folder)
    write_json(numbers, coverage_json(coverage) | {"command": list(command)})
    order = sorted(range(len(coverage.frames)), key=lambda i: float(coverage.frames[i].error.mean()))
    chosen = sorted({order[round(i)] for i in np.linspace(0, len(order) - 1, _SHOWN)})
    frames = [coverage.frames[i] for i in chosen]
    write_png(figure, coverage_sheet(frames, model))
    write_atomically(page, _page(coverage, frames, model, command))
    return page


def coverage_json(coverage: Coverage) -> dict[str, object]:
    """The numbers of the analysis.

    Args:
        coverage: result of the analysis.

    Returns:
        A dictionary ready for JSON.
    """
    return {
        "features": coverage.features,
        "weights_sha256": coverage.weights_sha256,
        "tps_copies": coverage.copies,
        "frames": len(coverage.frames),
        "mean_distance_lower_with_copies_by": finite(coverage.share_closer),
        "estimates": {name: _estimate_json(value) for name, value in coverage.estimates.items()},
        "failed_share": FAILED,
        "risk_threshold": finite(coverage.frames[0].risk.threshold),
        "risk_flagged_share": finite(float(np.mean([frame.risk.share for frame in coverage.frames]))),
        "error_where_flagged": finite(coverage.error_flagged),
        "error_elsewhere": finite(coverage.error_elsewhere),
        "per_frame": [
            {
                "frame": frame.name,
                "distance_alone": finite(float(frame.alone.mean())),
                "distance_with_tps": finite(float(frame.with_tps.mean())),
                "risk": finite(float(frame.risk.values.mean())),
                "error": finite(float(frame.error.mean())),
            }
            for frame in coverage.frames
        ],
    }


def coverage_sheet(frames: Sequence[FrameCoverage], model: Model) -> np.ndarray:
    """A contact sheet with one row per frame: training pair, primitive, ground truth, output, and the three maps.

    Args:
        frames: frames to show.
        model: provides the training pair.

    Returns:
        (H, W, 3) uint8. The two distance maps of a frame share one colour scale.
    """
    rows, captions = [], []
    for frame in frames:
        size = (frame.truth.shape[0], frame.truth.shape[1])
        high = float(frame.alone.max())
        rows.append(
            [
                draw(model.primitive.resized(size), model.record.spec.line_colour),
                resize_image(model.photo, size),
                *(frame.drawing, frame.truth, frame.output),
                *(
                    heatmap(frame.alone, size, high=high),
                    heatmap(frame.with_tps, size, high=high),
                    heatmap(frame.error, size, high=_scale_top(frame.error)),
                ),
            ]
        )
        captions.append(
            [
                *("training primitive", "training photo"),
                *(f"primitive {frame.name}", "ground truth", "output"),
                *("1-NN alone", "1-NN with TPS", "error"),
            ]
        )
    return contact_sheet(rows, captions)


def _scale_top(values: np.ndarray) -> float:
    """Top of the colour scale: the 99th percentile, because image borders have outliers."""
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


def _page(coverage: Coverage, frames: Sequence[FrameCoverage], model: Model, command: Sequence[str]) -> str:
    rows = tuple(
        (title, *(_text(coverage.estimates.get(f"{name}_{distance}")) for distance in _DISTANCES))
        for name, title in TITLES.items()
    )
    table = Table(
        "Correlation between distance and prediction error",
        ("Measure", *_DISTANCES.values()),
        rows,
        note=f"Mean over {len(coverage.frames)} frames, with a 95 % bootstrap interval. AUROC is 0.5 for a random "
        f"score. {coverage.copies} TPS copies reduce the mean distance by {coverage.share_closer:.0%}.",
    )
    x = np.concatenate([frame.with_tps.ravel() for frame in coverage.frames])
    y = np.concatenate([frame.error.ravel() for frame in coverage.frames])
    sample = np.random.default_rng(0).choice(len(x), min(_POINTS, len(x)), replace=False)
    share = float(np.mean([frame.risk.share for frame in coverage.frames]))
    stand_in = " (VGG16 features stand in for ResNet50)" if coverage.features.startswith("vgg16") else ""
    title = f"Coverage: what training has seen of each primitive{stand_in}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="facts">Features: {escape(coverage.features)}, weights SHA-256 {coverage.weights_sha256}. The '
        "distance is Euclidean, to the nearest location of the training primitive; the error is the mean absolute "
        "difference between the features of output and ground truth.</p>",
        table_html(table),
        f"<p>The risk map flags {share:.1%} of the locations. Mean error there: {coverage.error_flagged:.3g}, "
        f"elsewhere {coverage.error_elsewhere:.3g}.</p>",
        '<h2>All locations</h2><div class="charts"><div><h3>Error over distance with TPS copies</h3>',
        scatter_chart(x[sample].tolist(), y[sample].tolist(), "1-NN distance with TPS copies", "Prediction error"),
        "</div></div><h2>Maps</h2>",
    ]
    for frame in frames:
        size = (frame.truth.shape[0], frame.truth.shape[1])
        high = float(frame.alone.max())
        figures = [
            figure_html(draw(model.primitive.resized(size), model.record.spec.line_colour), "training primitive"),
            figure_html(frame.drawing, "primitive"),
            figure_html(frame.truth, "ground truth"),
            figure_html(frame.output, "output"),
            figure_html(heatmap(frame.alone, size, high=high), "1-NN distance, training primitive alone"),
            figure_html(heatmap(frame.with_tps, size, high=high), f"1-NN distance with {coverage.copies} TPS copies"),
            figure_html(heatmap(frame.risk.values, size, high=2.0), "edit risk (1 is orange-red)"),
            figure_html(heatmap(frame.error, size, high=_scale_top(frame.error)), "prediction error"),
        ]
        body.append(f'<h3>{escape(frame.name)}</h3><div class="row eight">{"".join(figures)}</div>')
    body.append(command_html(command))
    return page_html(title, "\n".join(body))
