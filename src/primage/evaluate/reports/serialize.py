"""Results as JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from primage._version import __version__
from primage.evaluate.protocol.results import Results
from primage.files import write_atomically


def summary(results: Results) -> dict[str, Any]:
    """Mean scores by method and metric, overall and per clip; NaN and infinity become null.

    Args:
        results: of an evaluation.

    Returns:
        A dictionary ready for JSON.
    """
    return {
        "mean": {m: {d.name: finite(results.mean(m, d.name)) for d in results.metrics} for m in results.methods},
        "by_clip": {
            clip.name: {
                m.name: {d.name: finite(clip.mean(m.name, d.name)) for d in results.metrics} for m in clip.methods
            }
            for clip in results.clips
        },
    }


def results_json(results: Results, published: object = None) -> dict[str, Any]:
    """The complete results.

    Args:
        results: of an evaluation.
        published: numbers published by others, stored under their own key.

    Returns:
        A dictionary ready for JSON.
    """
    clips = []
    for clip in results.clips:
        scores = {m: {k: [finite(x) for x in v] for k, v in s.items()} for m, s in clip.scores.items()}
        clips.append(asdict(clip) | {"scores": scores})
    return {
        "version": __version__,
        "command": results.command,
        "extent": None if results.extent is None else asdict(results.extent),
        "metrics": [asdict(description) for description in results.metrics],
        "summary": summary(results),
        "clips": clips,
        "published_elsewhere": published,
    }


def finite(value: float, digits: int = 6) -> float | None:
    """A rounded number for JSON.

    Args:
        value: any number.
        digits: decimal places to keep.

    Returns:
        The rounded number; None for NaN and infinity, which JSON cannot represent.

    Example:
        >>> finite(0.12345678), finite(float("nan"))
        (0.123457, None)
    """
    return round(value, digits) if math.isfinite(value) else None


def frames_csv(results: Results) -> str:
    """The scores as CSV: one row per clip, frame and method, one column per metric."""
    names = [description.name for description in results.metrics]
    rows = []
    for clip in results.clips:
        for method, scores in clip.scores.items():
            for i, frame in enumerate(clip.frames):
                rows.append([clip.name, frame, method, *(finite(scores[name][i]) for name in names)])
    return to_csv(["clip", "frame", "method", *names], rows)


def to_csv(heading: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    r"""A table as CSV.

    Args:
        heading: of the columns.
        rows: cells; None becomes an empty field.

    Returns:
        CSV text.

    Example:
        >>> to_csv(["frame", "psnr"], [["1", None]])
        'frame,psnr\n1,\n'
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue()


def write_json(path: Path, data: object) -> None:
    """Write JSON atomically.

    Args:
        path: output file.
        data: anything `json` can represent; other objects are converted with `str`.
    """
    write_atomically(path, json.dumps(data, indent=1, allow_nan=False, default=str) + "\n")
