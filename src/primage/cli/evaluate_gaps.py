"""``primage evaluate gaps``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Overwrite, Quiet, checked_device, print_json, say, set_up
from primage.cli.events import follow_events
from primage.cli.signals import exit_code


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    region: Annotated[
        str,
        typer.Option(help="The region to move: ellipse:CX,CY,RX,RY, rectangle:LEFT,TOP,RIGHT,BOTTOM or labels:1,2."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Output folder.")],
    towards: Annotated[
        str, typer.Option(help="X,Y displacement of the last step, in shares of width and height.")
    ] = "0,0.2",
    steps: Annotated[int, typer.Option(help="Number of moves.")] = 6,
    metric: Annotated[
        str, typer.Option(help="Metric of each result against the training photo; '' for none.")
    ] = "sifid",
    inception: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Official Inception-v3 weights file, for SIFID.")
    ] = None,
    risk: Annotated[bool, typer.Option(help="Compute the edit risk of the uncovered area.")] = True,
    copies: Annotated[
        int, typer.Option(help="Number of warped copies of the training primitive that count as seen.")
    ] = 50,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Move a region away step by step and render what it uncovers (paper, fig. 8)."""
    set_up(quiet, as_json)
    from primage.evaluate.commands.gaps import evaluate_gaps

    line = ("primage", *sys.argv[1:])
    finished = follow_events(
        evaluate_gaps(
            model, region, towards, out, steps, metric, inception, risk, copies, checked_device(device), line, overwrite
        ),
        quiet or as_json,
    )
    if finished is None:
        say("Stopped; repeat the command to start again.", quiet)
        return exit_code()
    series, page = finished
    if as_json:
        print_json({"page": str(page), "series": [{"gap": g.gap, "score": g.score, "risk": g.risk} for g in series]})
    else:
        say(f"Report: {page.resolve()}", quiet)
    return 0
