"""The scores of an evaluation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from primage.evaluate.metrics.registry import Description
from primage.evaluate.protocol.datasets import Extent


@dataclass(frozen=True)
class MethodRecord:
    """How a method was trained on one clip.

    Attributes:
        name: of the method.
        label: display name.
        preset: None for the copy baseline.
        matcher: "universal" or "none"; None for the copy baseline.
        steps: training steps.
        seconds: training time.
        weights_sha256: hash of the model's weights.
        run: run folder.
        settings: changes to the preset, as KEY=VALUE.
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
    """All scores of one clip.

    Attributes:
        name: of the clip.
        kind: kind of primitive.
        size: (height, width) at which frames were scored.
        train_frame: name of the training frame.
        frames: names of the test frames.
        methods: the methods, ours first.
        scores: method → metric → one value per test frame; NaN where undefined (flicker without a preceding frame).
    """

    name: str
    kind: str
    size: tuple[int, int]
    train_frame: str
    frames: tuple[str, ...]
    methods: tuple[MethodRecord, ...]
    scores: dict[str, dict[str, tuple[float, ...]]]

    def mean(self, method: str, metric: str) -> float:
        """Mean over the frames with a value; NaN if there are none."""
        values = [value for value in self.scores.get(method, {}).get(metric, ()) if not math.isnan(value)]
        return sum(values) / len(values) if values else math.nan


@dataclass(frozen=True)
class Results:
    """The scores of an evaluation.

    Attributes:
        clips: results per clip.
        metrics: the metrics used; the first one ranks frames.
        command: the options of the evaluation.
        extent: how much of a data set was evaluated; None if the clips are not from one.
    """

    clips: tuple[ClipResult, ...]
    metrics: tuple[Description, ...]
    command: dict[str, Any] = field(default_factory=dict)
    extent: Extent | None = None

    @property
    def methods(self) -> dict[str, str]:
        """Names and display names of all methods, in order."""
        return {method.name: method.label for clip in self.clips for method in clip.methods}

    @property
    def stand_ins(self) -> str:
        """Which metrics were computed with another network than the published one; empty if none was."""
        return "; ".join(dict.fromkeys(d.stand_in for d in self.metrics if d.stand_in))

    def mean(self, method: str, metric: str) -> float:
        """Mean of the clip means, as in the paper's table 1."""
        values = [clip.mean(method, metric) for clip in self.clips if method in clip.scores]
        return sum(values) / len(values) if values else math.nan

    def better_than(self, method: str, other: str, metric: str) -> tuple[int, int]:
        """The number of frames in which ``method`` beats ``other``, and the number of frames compared."""
        sign = next(1 if d.higher_is_better else -1 for d in self.metrics if d.name == metric)
        won = total = 0
        for clip in self.clips:
            if method in clip.scores and other in clip.scores:
                for a, b in zip(clip.scores[method][metric], clip.scores[other][metric], strict=True):
                    if not (math.isnan(a) or math.isnan(b)):
                        won, total = won + (sign * a > sign * b), total + 1
        return won, total
