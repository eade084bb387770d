"""``primage evaluate``: the group of evaluation commands."""

from __future__ import annotations

import typer

from primage.cli import (
    evaluate_ablation,
    evaluate_coverage,
    evaluate_gaps,
    evaluate_primitives,
    evaluate_video,
)

app = typer.Typer(
    help="Evaluate on video, analyse coverage, compare primitives, test gap filling, ablate the augmentation."
)
app.command("video")(evaluate_video.command)
app.command("coverage")(evaluate_coverage.command)
app.command("primitives")(evaluate_primitives.command)
app.command("gaps")(evaluate_gaps.command)
app.command("ablation")(evaluate_ablation.command)
