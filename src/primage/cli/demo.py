"""``primage demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Json, Quiet, print_json, say, set_up


def command(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where everything goes.")] = Path(
        "primage-demo"
    ),
    minutes: Annotated[float | None, typer.Option(help="How long to train [default: 2].")] = None,
    steps: Annotated[int | None, typer.Option(help="How many steps to train, instead of minutes.")] = None,
    size: Annotated[int, typer.Option(help="Short side in px.")] = 256,
    seed: Annotated[int, typer.Option(help="Of all randomness.")] = 0,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Edit a photo of a cat through its drawing: extract, train two minutes, edit twice, render."""
    set_up(quiet, as_json)
    from primage.cli import train
    from primage.demo import edit_and_render, sample_photo
    from primage.model import load

    if minutes is None and steps is None:
        minutes = 2.0
    run = out / "run"
    code = train.command(
        sample_photo(),
        run,
        preset="draft",
        size=size,
        minutes=minutes,
        steps=steps,
        seed=seed,
        quiet=quiet or as_json,
    )
    if code:
        return code
    sheet = edit_and_render(load(run), out)
    if as_json:
        print_json({"contact_sheet": str(sheet.resolve()), "run": str(run.resolve())})
    else:
        say(f"Look at {sheet.resolve()}", quiet)
    return 0
