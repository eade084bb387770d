"""``primage evaluate coverage``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Overwrite, Quiet, checked_device, print_json, say, set_up
from primage.cli.events import follow_events
from primage.cli.signals import exit_code


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run trained on one frame of SOURCE.")],
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="A video or a folder of frames.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Output folder.")],
    train_frame: Annotated[int, typer.Option(help="Number of the frame that RUN was trained on.")] = 0,
    segments: Annotated[Path | None, typer.Option(metavar="DIR", help="Label maps, named like the frames.")] = None,
    edges: Annotated[Path | None, typer.Option(metavar="DIR", help="Line drawings, likewise.")] = None,
    primitives: Annotated[Path | None, typer.Option(metavar="DIR", help="Whole primitives, likewise.")] = None,
    frames: Annotated[int | None, typer.Option(help="Maximum number of frames.")] = None,
    every: Annotated[int, typer.Option(help="Interval between frames.")] = 1,
    copies: Annotated[int, typer.Option(help="Number of TPS copies of the training primitive.")] = 50,
    features: Annotated[str, typer.Option(help="resnet50 (as in the paper), vgg16, or auto.")] = "auto",
    resnet: Annotated[Path | None, typer.Option(metavar="FILE", help="Official ResNet50 weights file.")] = None,
    seed: Annotated[int, typer.Option(help="Random seed of the warps.")] = 0,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Measure how much of each frame's primitive training has seen, and whether errors occur elsewhere (paper §5)."""
    set_up(quiet, as_json)
    from primage.evaluate.commands.coverage import evaluate_coverage
    from primage.evaluate.protocol.frames import PRIMITIVE
    from primage.evaluate.reports.coverage_report import TITLES, coverage_json

    folders = {"segments": segments, "edges": edges, PRIMITIVE: primitives}
    line = ("primage", *sys.argv[1:])
    on = checked_device(device)
    finished = follow_events(
        evaluate_coverage(
            *(run, source, out, train_frame, folders, frames, every, copies, features, resnet, seed, on, line),
            overwrite=overwrite,
        ),
        quiet or as_json,
    )
    if finished is None:
        say("Stopped; repeat the command to start again.", quiet)
        return exit_code()
    result, page = finished
    if as_json:
        print_json({"page": str(page), **coverage_json(result)})
    else:
        for name, title in TITLES.items():
            value = result.estimates[f"{name}_with_tps"]
            say(f"{title}: {value.mean:.2f} [{value.low:.2f}, {value.high:.2f}]", quiet)
        say(f"Report: {page.resolve()}", quiet)
    return 0
