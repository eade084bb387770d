"""``primage evaluate primitives``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import (
    Device,
    Json,
    Overwrite,
    Quiet,
    Segments,
    checked_device,
    comma_separated,
    print_json,
    say,
    set_up,
)
from primage.cli.events import follow_events
from primage.cli.signals import exit_code


def command(
    photo: Annotated[Path, typer.Argument(help="The photo to train on.")],
    edits: Annotated[
        list[Path], typer.Option("--edits", metavar="EDITS.json", help="Recorded edits; one row each. Repeatable.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FOLDER", help="Output folder. Repeat the command to resume.")
    ],
    kinds: Annotated[str, typer.Option(help="Comma-separated kinds: edges, segments, super.")] = "edges,segments,super",
    segments: Segments = None,
    preset: Annotated[str, typer.Option(help="draft, standard or paper.")] = "standard",
    size: Annotated[
        int | None, typer.Option(help="Short side in px [default: 256, or the photo's if smaller].")
    ] = None,
    minutes: Annotated[float | None, typer.Option(help="Duration of each training [default: the preset's].")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of each training, instead of minutes.")] = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting. Repeatable.")
    ] = None,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Train edges, segments and super on one photo, and render the same edits side by side (paper, fig. 2)."""
    set_up(quiet, as_json)
    from primage.evaluate.commands.primitives import evaluate_primitives, read_titled_edits

    chosen = list(comma_separated(kinds))
    finished = follow_events(
        evaluate_primitives(
            *(photo, read_titled_edits(edits), out, preset, chosen, segments, size),
            *(minutes, steps, seed, settings or [], checked_device(device), edits, overwrite),
        ),
        quiet or as_json,
    )
    if finished is None:
        say(f"Stopped. Repeat the command to resume from the runs in {out}.", quiet)
        return exit_code()
    compared, sheet = finished
    if as_json:
        print_json({"sheet": str(sheet.resolve()), "kinds": [each.kind for each in compared]})
    else:
        say(f"Contact sheet: {sheet.resolve()}", quiet)
    return 0
