"""The paper's Table 1 and Table 2 in their own layouts, beside the figures that the paper published."""

from __future__ import annotations

import math
from dataclasses import dataclass

from primage.evaluate.metrics import Description
from primage.evaluate.results import Results

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
#: Which of the paper's two rows a metric of ours stands for. The paper names no network for either.
_ROW = {"lpips_alexnet": "LPIPS", "lpips_vgg16": "LPIPS", "sifid_64": "SIFID", "sifid_192": "SIFID"}
_THEIRS = {"pix2pixHD": "pix2pixHD, one image, no TPS", "Ours": "the paper's method"}


@dataclass(frozen=True)
class Table:
    """A table as text.

    Attributes:
        title: above it.
        heading: of the columns.
        rows: cells; the best of ours in a comparison is marked by ``best``.
        best: (row, column) of the cells that win.
        theirs: columns that are other people's figures.
        theirs_rows: rows that are.
        note: below it.
    """

    title: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    best: frozenset[tuple[int, int]] = frozenset()
    theirs: frozenset[int] = frozenset()
    theirs_rows: frozenset[int] = frozenset()
    note: str = ""


def number(value: float) -> str:
    """Three digits, as the paper gives them; more for small values; a dash for none."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}" if abs(value) >= 0.1 or value == 0 else f"{value:.4f}"


def arrow(description: Description) -> str:
    """A metric's title with the direction that is better."""
    return f"{description.title} {'↑' if description.higher_is_better else '↓'}"


def table_1(results: Results) -> Table:
    """Averages over all clips: a row for each metric, a column for each method, then the paper's.

    Args:
        results: of an evaluation.
    """
    methods = results.methods
    rows, best = [], set()
    for r, d in enumerate(results.metrics):
        values = [results.mean(method, d.name) for method in methods]
        best |= {(r, 1 + i) for i in _winners(values, d)}
        published = PUBLISHED_1.get(_ROW.get(d.name, ""), {})
        theirs = [number(published[name]) if name in published else "–" for name in _THEIRS]
        rows.append((arrow(d), *map(number, values), *theirs))
    first = 1 + len(methods)
    count = len(results.clips)
    return Table(
        title=f"Table 1. Averages over {count} clip{'s' if count > 1 else ''}",
        heading=("Metric", *methods.values(), *(f"{label} †" for label in _THEIRS.values())),
        rows=tuple(rows),
        best=frozenset(best),
        theirs=frozenset(range(first, first + len(_THEIRS))),
        note="† The paper's own figures, for its 16 Cityscapes videos; not measured here, and on the same data only if "
        "this is --dataset cityscapes. The paper does not say which networks its LPIPS and SIFID use.",
    )


def table_2(results: Results) -> Table:
    """Each clip in a column; a row for each metric and method, then the paper's.

    Args:
        results: of an evaluation.
    """
    clips, theirs_rows, best = results.clips, set(), set()
    rows: list[tuple[str, ...]] = []
    published_columns = len(PUBLISHED_2["LPIPS"]["Ours"])
    for d in results.metrics:
        start = len(rows)
        for method, label in results.methods.items():
            values = [clip.mean(method, d.name) for clip in clips]
            rows.append((arrow(d), label, *map(number, values), *[""] * published_columns))
        for c, clip in enumerate(clips):
            best |= {(start + i, 2 + c) for i in _winners([clip.mean(m, d.name) for m in results.methods], d)}
        for name, published in PUBLISHED_2.get(_ROW.get(d.name, ""), {}).items():
            theirs_rows.add(len(rows))
            rows.append((arrow(d), f"{_THEIRS[name]} †", *[""] * len(clips), *map(number, published)))
    first = 2 + len(clips)
    return Table(
        title="Table 2. Clip by clip",
        heading=("Metric", "Method", *(clip.name for clip in clips), *(f"Seq{i} †" for i in range(1, 6))),
        rows=tuple(rows),
        best=frozenset(best),
        theirs=frozenset(range(first, first + published_columns)),
        theirs_rows=frozenset(theirs_rows),
        note="† The paper's own figures, for its five LRS2 videos Seq1 to Seq5; not measured here, and on the same "
        "data only if this is --dataset lrs2.",
    )


def against_copy(results: Results) -> Table | None:
    """In how many frames each method is better than showing the training frame; None if that was not judged."""
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
        note="What does not beat the copy in LPIPS has done nothing. SIFID and flicker flatter a copy: it has the "
        "truth's textures, wherever they belong, and it stands still.",
    )


def _winners(values: list[float], description: Description) -> list[int]:
    known = [value for value in values if not math.isnan(value)]
    if len(known) < 2:
        return []
    best = max(known) if description.higher_is_better else min(known)
    return [i for i, value in enumerate(values) if value == best]
