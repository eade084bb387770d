"""Tables in the layout of the paper's Tables 1 and 2, with the published numbers beside ours."""

from __future__ import annotations

import math
from dataclasses import dataclass

from primage.evaluate.metrics.registry import Description
from primage.evaluate.protocol.results import Results

#: Vinker et al., Deep Single Image Manipulation, table 1: averages over 16 Cityscapes videos.
PUBLISHED_1 = {
    "LPIPS": {"pix2pixHD": 0.342, "Ours": 0.216},
    "SIFID": {"pix2pixHD": 0.292, "Ours": 0.127},
}
#: Table 2: five LRS2 videos.
PUBLISHED_2 = {
    "LPIPS": {"pix2pixHD": (0.44, 0.47, 0.41, 0.53, 0.46), "Ours": (0.12, 0.21, 0.1, 0.22, 0.14)},
    "SIFID": {"pix2pixHD": (0.51, 0.49, 0.5, 0.26, 0.44), "Ours": (0.07, 0.12, 0.04, 0.12, 0.06)},
}
PUBLISHED = {
    "source": "Vinker et al., Deep Single Image Manipulation, tables 1 and 2; not measured by Primage",
    "table_1_cityscapes": PUBLISHED_1,
    "table_2_lrs2": PUBLISHED_2,
}
#: The row of the paper's tables that corresponds to each of our metrics. The paper names no network for either row.
_ROW = {"lpips_alexnet": "LPIPS", "lpips_vgg16": "LPIPS", "sifid_64": "SIFID", "sifid_192": "SIFID"}
_PUBLISHED_METHODS = {"pix2pixHD": "pix2pixHD, one image, no TPS", "Ours": "the paper's method"}


@dataclass(frozen=True)
class Table:
    """A table of text cells.

    Attributes:
        title: shown above the table.
        heading: column headings.
        rows: cells.
        best: (row, column) of the best of our values in each comparison.
        published_columns: columns with numbers published by others.
        published_rows: rows with numbers published by others.
        note: shown below the table.
    """

    title: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    best: frozenset[tuple[int, int]] = frozenset()
    published_columns: frozenset[int] = frozenset()
    published_rows: frozenset[int] = frozenset()
    note: str = ""


def number(value: float) -> str:
    """Format a score with three significant digits, as in the paper; a dash for NaN.

    Args:
        value: the score.

    Returns:
        Its text.

    Example:
        >>> [number(value) for value in (12.34, 0.5, 0.01234, float("nan"))]
        ['12.3', '0.500', '0.0123', '–']
    """
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}" if abs(value) >= 0.1 or value == 0 else f"{value:.4f}"


def arrow(description: Description) -> str:
    """A metric's title with an arrow in the direction of better values.

    Args:
        description: of the metric.

    Returns:
        Title and arrow.
    """
    return f"{description.title} {'↑' if description.higher_is_better else '↓'}"


def table_1(results: Results) -> Table:
    """Averages over all clips: one row per metric, one column per method, then the paper's numbers.

    Args:
        results: of an evaluation.

    Returns:
        The table.
    """
    methods = results.methods
    rows, best = [], set()
    for r, d in enumerate(results.metrics):
        values = [results.mean(method, d.name) for method in methods]
        best |= {(r, 1 + i) for i in _winners(values, d)}
        published = PUBLISHED_1.get(_ROW.get(d.name, ""), {})
        cells = [number(published[name]) if name in published else "–" for name in _PUBLISHED_METHODS]
        rows.append((arrow(d), *map(number, values), *cells))
    first = 1 + len(methods)
    count = len(results.clips)
    return Table(
        title=f"Table 1. Averages over {count} clip{'s' if count > 1 else ''}",
        heading=("Metric", *methods.values(), *(f"{label} †" for label in _PUBLISHED_METHODS.values())),
        rows=tuple(rows),
        best=frozenset(best),
        published_columns=frozenset(range(first, first + len(_PUBLISHED_METHODS))),
        note="† Published in the paper for its 16 Cityscapes videos; not measured here, and comparable only with "
        "--dataset cityscapes. The paper does not say which networks its LPIPS and SIFID use.",
    )


def table_2(results: Results) -> Table:
    """Results per clip: one column per clip, one row per metric and method, then the paper's numbers.

    Args:
        results: of an evaluation.

    Returns:
        The table.
    """
    clips, published_rows, best = results.clips, set(), set()
    rows: list[tuple[str, ...]] = []
    column_count = len(PUBLISHED_2["LPIPS"]["Ours"])
    for d in results.metrics:
        start = len(rows)
        for method, label in results.methods.items():
            values = [clip.mean(method, d.name) for clip in clips]
            rows.append((arrow(d), label, *map(number, values), *[""] * column_count))
        for c, clip in enumerate(clips):
            best |= {(start + i, 2 + c) for i in _winners([clip.mean(m, d.name) for m in results.methods], d)}
        for name, published in PUBLISHED_2.get(_ROW.get(d.name, ""), {}).items():
            published_rows.add(len(rows))
            rows.append((arrow(d), f"{_PUBLISHED_METHODS[name]} †", *[""] * len(clips), *map(number, published)))
    first = 2 + len(clips)
    return Table(
        title="Table 2. Results per clip",
        heading=("Metric", "Method", *(clip.name for clip in clips), *(f"Seq{i} †" for i in range(1, 6))),
        rows=tuple(rows),
        best=frozenset(best),
        published_columns=frozenset(range(first, first + column_count)),
        published_rows=frozenset(published_rows),
        note="† Published in the paper for its five LRS2 videos Seq1 to Seq5; not measured here, and comparable only "
        "with --dataset lrs2.",
    )


def comparison_with_copy(results: Results) -> Table | None:
    """The number of frames in which each method beats a copy of the training frame.

    Args:
        results: of an evaluation.

    Returns:
        The table; None if the copy baseline was not evaluated.
    """
    if "copy" not in results.methods:
        return None
    rows = []
    for d in results.metrics:
        cells = []
        for method in results.methods:
            won, total = results.better_than(method, "copy", d.name)
            cells.append("" if method == "copy" else f"{won} of {total}")
        rows.append((arrow(d), *cells))
    return Table(
        "Frames better than a copy of the training frame",
        ("Metric", *results.methods.values()),
        tuple(rows),
        note="A method that does not beat the copy in LPIPS is useless. SIFID and flicker favour the copy: it has the "
        "textures of the ground truth, though in the wrong places, and it does not move.",
    )


def _winners(values: list[float], description: Description) -> list[int]:
    known = [value for value in values if not math.isnan(value)]
    if len(known) < 2:
        return []
    best = max(known) if description.higher_is_better else min(known)
    return [i for i, value in enumerate(values) if value == best]
