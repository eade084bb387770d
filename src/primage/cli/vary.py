"""``primage vary``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Overwrite, Quiet, Seed, checked_device, print_json, say, set_up
from primage.cli.events import follow_events
from primage.cli.signals import exit_code


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Output folder.")],
    count: Annotated[int, typer.Option("-n", "--count", help="Number of variations.")] = 8,
    change: Annotated[float, typer.Option(help="How far things move, more than 0, up to 1.")] = 0.5,
    seed: Seed = 0,
    polish: Annotated[bool, typer.Option(help="Synthesise what the photo could not have shown.")] = True,
    metric: Annotated[str, typer.Option(help="Metric of each variation against the photo; '' for none.")] = "sifid",
    inception: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Official Inception-v3 weights file, for SIFID.")
    ] = None,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Paint random variations of the photo: its drawing is bent, and parts of it move, turn, grow and shrink."""
    set_up(quiet, as_json)
    from primage.manipulate.variations import write_variations

    events = write_variations(
        model, out, count, change, seed, polish, metric, inception, checked_device(device), overwrite
    )
    found = follow_events(events, quiet or as_json)
    if found is None:
        say("Stopped; the variations painted so far are kept.", quiet)
        return exit_code()
    if as_json:
        print_json(found)
    else:
        say(f"Contact sheet: {(out / 'sheet.png').resolve()}", quiet)
    return 0
