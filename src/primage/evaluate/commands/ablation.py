"""``primage evaluate ablation``: train with varied augmentation and compare."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from primage.evaluate.analyses.ablation import variants
from primage.evaluate.commands.video import VideoOptions, open_evaluation
from primage.evaluate.protocol.evaluation import evaluate
from primage.evaluate.protocol.progress import Event
from primage.evaluate.protocol.results import Results
from primage.evaluate.reports.ablation_report import write_ablation


def evaluate_ablation(
    options: VideoOptions, levels: Mapping[str, Sequence[float]], full: bool = False
) -> Generator[Event, None, tuple[Results, Path]]:
    """Train every variant on a clip's training frame, evaluate it on the others, and write the table.

    Args:
        options: clips, preset, minutes and metrics; its baselines are ignored.
        levels: factor → levels, the reference first.
        full: full factorial design instead of one factor at a time.

    Yields:
        Progress.

    Returns:
        The scores, and the path of the page.

    Raises:
        UserError: an input is invalid.
        TrainingError, WeightsError: as for `primage.train`.
    """
    design = variants(levels, options.preset, options.settings, full)
    methods = [variant.method for variant in design]
    with open_evaluation(options, methods) as (clips, plan, metrics, flicker):
        results = yield from evaluate(clips, methods, plan, options.out, metrics, flicker, polish=False)
        results = replace(results, command={"line": options.line})
        return results, write_ablation(options.out, design, results)
