"""The report of a video evaluation: results.json, frames.csv, tables.csv, and a self-contained page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path

import numpy as np

from primage.evaluate.metrics.lpips import LPIPS
from primage.evaluate.metrics.registry import Metric
from primage.evaluate.protocol.results import ClipResult, Results
from primage.evaluate.reports.charts import legend, line_chart
from primage.evaluate.reports.heatmaps import heatmap
from primage.evaluate.reports.pages import command_html, figure_html, page_html, table_html
from primage.evaluate.reports.serialize import frames_csv, results_json, to_csv, write_json
from primage.evaluate.reports.tables import PUBLISHED, Table, comparison_with_copy, number, table_1, table_2
from primage.files import write_atomically
from primage.image import read_image, resize_image
from primage.tensors import to_tensor

#: Number of best, worst and evenly spaced frames shown for each clip.
_BEST, _WORST, _SPACED = 2, 2, 3


def write_report(folder: Path, results: Results, metrics: Sequence[Metric]) -> Path:
    """Write the report of an evaluation.

    Args:
        folder: the folder that `primage.evaluate.protocol.evaluation.evaluate` wrote its images to.
        results: its scores.
        metrics: the metrics used; difference maps show LPIPS if it is among them, else the absolute difference.

    Returns:
        Path of the page.
    """
    write_json(folder / "results.json", results_json(results, PUBLISHED))
    write_atomically(folder / "frames.csv", frames_csv(results))
    candidates = (table_1(results), table_2(results), comparison_with_copy(results))
    tables = [table for table in candidates if table is not None]
    text = "\n".join(f"# {table.title}\n" + to_csv(table.heading, table.rows) for table in tables)
    write_atomically(folder / "tables.csv", text)
    lpips = next((metric for metric in metrics if isinstance(metric, LPIPS)), None)
    page = folder / "report.html"
    write_atomically(page, _page(folder, results, tables, lpips))
    return page


def _page(folder: Path, results: Results, tables: Sequence[Table], lpips: LPIPS | None) -> str:
    names = ", ".join(clip.name for clip in results.clips)
    title = f"{names}. {results.stand_ins}" if results.stand_ins else names
    body = [
        f"<h1>Single-image evaluation: {escape(title)}</h1>",
        f'<p class="facts">{_headline(results)}</p>',
        *(table_html(table) for table in tables),
    ]
    for clip in results.clips:
        body.append(_clip(folder / clip.name, clip, results, lpips))
    body.append(_setup(results))
    return page_html(f"Evaluation: {title}", "\n".join(body))


def _headline(results: Results) -> str:
    first = results.metrics[0]
    methods = list(results.methods)
    frames = sum(len(clip.frames) for clip in results.clips)
    text = f"{frames} test frames, training frames excluded. {first.title}: "
    text += ", ".join(f"{results.methods[m]} {number(results.mean(m, first.name))}" for m in methods)
    text += f". {results.extent}" if results.extent is not None else ""
    return escape(text) + "."


def _clip(folder: Path, clip: ClipResult, results: Results, lpips: LPIPS | None) -> str:
    labels = {method.name: method.label for method in clip.methods}
    parts = [f"<h2>{escape(clip.name)}</h2>"]
    size = f"{clip.size[1]}×{clip.size[0]} px"
    parts.append(
        f'<p class="facts">Trained on frame {escape(clip.train_frame)}, tested on {len(clip.frames)} other frames at '
        f"{size}; primitive: {escape(clip.kind)}.</p>{legend(list(labels.values()))}"
    )
    x = [float(i) for i in range(len(clip.frames))]
    step = max(1, math.ceil(len(x) / 5))
    ticks = {i: _short(clip.frames[int(i)]) for i in x[::step]}
    charts = []
    for d in results.metrics:
        series = {labels[m]: clip.scores[m][d.name] for m in labels}
        chart = line_chart(series, x, "frame", d.title, ticks)
        better = "higher" if d.higher_is_better else "lower"
        charts.append(f"<div><h3>{escape(d.title)} ({better} is better)</h3>{chart}</div>")
    parts.append(f'<div class="charts">{"".join(charts)}</div>')
    kind = f"{lpips.name} at each location" if lpips is not None else "mean absolute difference"
    parts.append(
        f'<p class="note">Below each image: its difference from the ground truth ({escape(kind)}; black is zero; '
        "one scale per frame). Images on this page are compressed; the lossless files are beside it.</p>"
    )
    for title, position in chosen_frames(clip, results):
        parts.append(_frame(folder, clip, position, title, labels, results, lpips))
    return "\n".join(parts)


def chosen_frames(clip: ClipResult, results: Results) -> list[tuple[str, int]]:
    """The frames that a page shows: best and worst of the first method by the first metric, and some in between.

    Args:
        clip: the clip.
        results: the evaluation it belongs to.

    Returns:
        Title and position of each frame, without duplicates.
    """
    first = results.metrics[0]
    method = clip.methods[0].name
    values = clip.scores[method][first.name]
    sign = -1 if first.higher_is_better else 1
    order = sorted(range(len(values)), key=lambda i: sign * values[i])
    titles: dict[int, str] = {}
    for rank, i in enumerate(order[:_BEST]):
        titles[i] = f"Best frame {rank + 1}"
    for rank, i in enumerate(order[::-1][:_WORST]):
        titles.setdefault(i, f"Worst frame {rank + 1}")
    for i in np.linspace(0, len(values) - 1, _SPACED + 2).round().astype(int)[1:-1]:
        titles.setdefault(int(i), "Intermediate frame")
    return [(title, i) for i, title in titles.items()]


def _frame(
    folder: Path,
    clip: ClipResult,
    position: int,
    title: str,
    labels: dict[str, str],
    results: Results,
    lpips: LPIPS | None,
) -> str:
    name = clip.frames[position]
    truth = read_image(folder / "truth" / f"{name}.png")
    size = (truth.shape[0], truth.shape[1])
    images = {m: resize_image(read_image(folder / m / f"{name}.png"), size) for m in labels}
    real = to_tensor(truth)
    if lpips is not None:
        maps = {m: lpips.spatial(to_tensor(image), real)[0, 0].numpy() for m, image in images.items()}
    else:
        maps = {m: np.abs(image.astype(float) - truth).mean(axis=2) / 255 for m, image in images.items()}
    high = max(float(m.max()) for m in maps.values())
    first = results.metrics[0]
    figures = [
        figure_html(read_image(folder / "primitives" / f"{name}.png"), "primitive"),
        figure_html(truth, "ground truth"),
    ]
    for method, image in images.items():
        score = number(clip.scores[method][first.name][position])
        caption = f"{labels[method]}: {score}"
        figures.append(figure_html(image, caption, heatmap(maps[method], size, high=high)))
    return f'<h3>{escape(title)}: {escape(name)}</h3><div class="row">{"".join(figures)}</div>'


def _setup(results: Results) -> str:
    parts = ["<h2>Metrics and training</h2><dl>"]
    for d in results.metrics:
        network = f"{d.network}, weights SHA-256 {d.weights_sha256}" if d.network else "no network"
        parts.append(f"<dt>{escape(d.title)}</dt><dd>{escape(network)}</dd>")
    for clip in results.clips:
        for method in clip.methods:
            if method.preset is not None:
                text = (
                    f"preset {method.preset}, matcher {method.matcher}, {method.steps} steps in {method.seconds:.0f} s"
                )
                text += f"; {' '.join(method.settings)}" if method.settings else ""
                parts.append(f"<dt>{escape(clip.name)}: {escape(method.label)}</dt><dd>{escape(text)}</dd>")
    command = [str(part) for part in results.command.get("line", ())]
    return "".join([*parts, "</dl>", command_html(command)])


def _short(name: str) -> str:
    """Frame numbers without leading zeros; long names truncated."""
    return str(int(name)) if name.isdigit() else name if len(name) <= 8 else f"{name[:7]}…"
