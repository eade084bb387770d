"""What an evaluation found, and its JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from primage._version import __version__
from primage.evaluate.metrics import Description
from primage.files import write_atomically


@dataclass(frozen=True)
class Trained:
    """What a method was, in one clip.

    Attributes:
        name: of the method.
        label: for people.
        preset: None for the copy.
        matcher: "universal" or "none"; None for the copy.
        steps: trained.
        seconds: trained.
        weights_sha256: of the model.
        run: its folder.
        settings: what differed from the preset.
    """

    name: str
    label: str
    preset: str | None = None
    matcher: str | None = None
    steps: int = 0
    seconds: float = 0.0
    weights_sha256: str | None = None
    run: str | None = None
    settings: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClipResult:
    """All numbers of one clip.

    Attributes:
        name: of the clip.
        kind: of primitive.
        size: (height, width) that was judged.
        train_frame: name of the frame that was trained on.
        frames: names of the judged frames.
        methods: what was judged, ours first.
        scores: method → metric → a value for each frame; NaN where it is not defined (flicker without a frame before).
    """

    name: str
    kind: str
    size: tuple[int, int]
    train_frame: str
    frames: tuple[str, ...]
    methods: tuple[Trained, ...]
    scores: dict[str, dict[str, tuple[float, ...]]]

    def mean(self, method: str, metric: str) -> float:
        """Mean over the frames that have a value; NaN if none has."""
        values = [value for value in self.scores.get(method, {}).get(metric, ()) if not math.isnan(value)]
        return sum(values) / len(values) if values else math.nan


@dataclass(frozen=True)
class Results:
    """An evaluation.

    Attributes:
        clips: results by clip.
        metrics: what the numbers were computed with, the one that sorts frames first.
        command: what was asked for.
    """

    clips: tuple[ClipResult, ...]
    metrics: tuple[Description, ...]
    command: dict[str, Any] = field(default_factory=dict)

    @property
    def methods(self) -> dict[str, str]:
        """Names and labels of all methods, in order."""
        return {method.name: method.label for clip in self.clips for method in clip.methods}

    def mean(self, method: str, metric: str) -> float:
        """Mean over the clips' means, as in the paper's table 1."""
        values = [clip.mean(method, metric) for clip in self.clips if method in clip.scores]
        return sum(values) / len(values) if values else math.nan

    def better_than(self, method: str, other: str, metric: str) -> tuple[int, int]:
        """In how many frames ``method`` is better than ``other``, and of how many."""
        sign = next(1 if d.higher_is_better else -1 for d in self.metrics if d.name == metric)
        won = total = 0
        for clip in self.clips:
            if method in clip.scores and other in clip.scores:
                for a, b in zip(clip.scores[method][metric], clip.scores[other][metric], strict=True):
                    if not (math.isnan(a) or math.isnan(b)):
                        won, total = won + (sign * a > sign * b), total + 1
        return won, total


def summary(results: Results) -> dict[str, Any]:
    """Means by method and metric, over everything and by clip; what JSON cannot say is null."""
    return {
        "mean": {m: {d.name: finite(results.mean(m, d.name)) for d in results.metrics} for m in results.methods},
        "by_clip": {
            clip.name: {
                m.name: {d.name: finite(clip.mean(m.name, d.name)) for d in results.metrics} for m in clip.methods
            }
            for clip in results.clips
        },
    }


def as_json(results: Results, published: object = None) -> dict[str, Any]:
    """Everything, ready for JSON.

    Args:
        results: of an evaluation.
        published: other people's figures, kept apart under their own key.
    """
    clips = []
    for clip in results.clips:
        scores = {m: {k: [finite(x) for x in v] for k, v in s.items()} for m, s in clip.scores.items()}
        clips.append(asdict(clip) | {"scores": scores})
    return {
        "version": __version__,
        "command": results.command,
        "metrics": [asdict(description) for description in results.metrics],
        "summary": summary(results),
        "clips": clips,
        "published_elsewhere": published,
    }


def finite(value: float, digits: int = 6) -> float | None:
    """A number that JSON can say, or None."""
    return round(value, digits) if math.isfinite(value) else None


def frames_csv(results: Results) -> str:
    """One row for each clip, frame and method; a column for each metric."""
    names = [description.name for description in results.metrics]
    rows = []
    for clip in results.clips:
        for method, scores in clip.scores.items():
            for i, frame in enumerate(clip.frames):
                rows.append([clip.name, frame, method, *(finite(scores[name][i]) for name in names)])
    return to_csv(["clip", "frame", "method", *names], rows)


def to_csv(heading: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table as CSV; None is an empty field."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    return text.getvalue()


def write_json(path: Path, data: object) -> None:
    """Write data as JSON, atomically."""
    write_atomically(path, json.dumps(data, indent=1, allow_nan=False, default=str) + "\n")
