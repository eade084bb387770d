"""``primage evaluate coverage``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Quiet, checked_device, print_json, say, set_up
from primage.cli.events import follow_events


def command(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run trained on one frame of SOURCE.")],
    source: Annotated[Path, typer.Argument(metavar="SOURCE", help="The video, or the folder of frames.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where figure, numbers and page go.")],
    train_frame: Annotated[int, typer.Option(help="Number of the frame that RUN was trained on.")] = 0,
    segments: Annotated[Path | None, typer.Option(metavar="DIR", help="Label maps named as the frames.")] = None,
    edges: Annotated[Path | None, typer.Option(metavar="DIR", help="Line drawings, likewise.")] = None,
    primitives: Annotated[Path | None, typer.Option(metavar="DIR", help="Whole primitives, likewise.")] = None,
    frames: Annotated[int | None, typer.Option(help="At most so many frames.")] = None,
    every: Annotated[int, typer.Option(help="Take every so many frames.")] = 1,
    copies: Annotated[int, typer.Option(help="TPS copies of the training drawing.")] = 50,
    features: Annotated[str, typer.Option(help="resnet50 (the paper's), vgg16, or auto.")] = "auto",
    resnet: Annotated[Path | None, typer.Option(metavar="FILE", help="Official ResNet50 weights.")] = None,
    seed: Annotated[int, typer.Option(help="Of the warps.")] = 0,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """How much of the later drawings the training has seen, and whether errors are where it has not (paper §5)."""
    set_up(quiet, as_json)
    from primage.evaluate.coverage_report import TITLES, coverage_json
    from primage.evaluate.frames import LayerFolders
    from primage.evaluate.job import coverage_job

    folders = LayerFolders(segments, edges, primitives)
    line = ("primage", *sys.argv[1:])
    where = checked_device(device)
    found = follow_events(
        coverage_job(
            *(run, source, out, train_frame, folders, frames, every, copies, features, resnet, seed, where, line)
        ),
        quiet or as_json,
    )
    if found is None:
        return 130
    result, page = found
    if as_json:
        print_json({"page": str(page), **coverage_json(result)})
    else:
        for name, title in TITLES.items():
            value = result.estimates[f"{name}_with_tps"]
            say(f"{title}: {value.mean:.2f} [{value.low:.2f}, {value.high:.2f}]", quiet)
        say(f"Look at {page.resolve()}", quiet)
    return 0
