"""``primage evaluate``: gathers its verbs."""

from __future__ import annotations

import typer

from primage.cli import evaluate_video

app = typer.Typer(help="Judge on video, analyse coverage, compare primitives, stress gaps, ablate warps.")
app.command("video")(evaluate_video.command)
