"""``primage evaluate gaps``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Quiet, checked_device, print_json, say, set_up
from primage.cli.events import follow_events


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    region: Annotated[
        str, typer.Option(help="What moves: ellipse:CX,CY,RX,RY, rectangle:LEFT,TOP,RIGHT,BOTTOM or labels:1,2.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where series, numbers and page go.")],
    towards: Annotated[str, typer.Option(help="X,Y of the last step, shares of width and height.")] = "0,0.2",
    steps: Annotated[int, typer.Option(help="How many moves.")] = 6,
    metric: Annotated[str, typer.Option(help="Of each result against the training photo; '' for none.")] = "sifid",
    inception: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Official Inception-v3 weights, for SIFID.")
    ] = None,
    risk: Annotated[bool, typer.Option(help="Measure the edit risk of what opens.")] = True,
    copies: Annotated[int, typer.Option(help="How many warps of the training drawing count as seen.")] = 50,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Move a region away step by step and render what opens (paper, fig. 8)."""
    set_up(quiet, as_json)
    from primage.errors import ConfigError
    from primage.evaluate.gaps import gap_series, parse_region, write_gaps
    from primage.evaluate.job import check_copies
    from primage.evaluate.metrics import build_metrics
    from primage.evaluate.seen import load_features
    from primage.model import load

    try:
        x, y = (float(part) for part in towards.split(","))
    except ValueError as error:
        raise ConfigError(f"--towards {towards}: write X,Y, shares of width and height, e.g. 0,0.2") from error
    check_copies(copies)
    chosen = parse_region(region)
    trained = load(model, checked_device(device))
    judge = build_metrics([metric], inception)[0][0] if metric and metric != "flicker" else None
    features = load_features() if risk else None
    series = follow_events(gap_series(trained, chosen, (x, y), steps, judge, features, copies), quiet or as_json)
    if series is None:
        return 130
    page = write_gaps(out, series, trained, judge, ("primage", *sys.argv[1:]))
    if as_json:
        print_json({"page": str(page), "series": [{"gap": g.gap, "score": g.score, "risk": g.risk} for g in series]})
    else:
        say(f"Look at {page.resolve()}", quiet)
    return 0
