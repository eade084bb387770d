"""``primage demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Json, Overwrite, Quiet, print_json, say, set_up


def command(
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Output folder.")] = Path("primage-demo"),
    minutes: Annotated[float | None, typer.Option(help="Training time in minutes [default: 2].")] = None,
    steps: Annotated[int | None, typer.Option(help="Number of training steps, instead of --minutes.")] = None,
    size: Annotated[int, typer.Option(help="Length of the short side in px.")] = 256,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Try Primage on a photo of a cat: extract a drawing, train for two minutes, render two edits."""
    set_up(quiet, as_json)
    from primage.api import configure
    from primage.cli import train
    from primage.demo import edit_and_render, sample_photo
    from primage.model import load
    from primage.outputs import check_folder, mark_folder
    from primage.run import check_target

    if minutes is None and steps is None:
        minutes = 2.0
    run = out / "run"
    configure("draft", "super", size, minutes, steps, seed)
    check_folder(out, overwrite)
    check_target(run)
    mark_folder(out)
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
        say(f"Results: {sheet.resolve()}", quiet)
    return 0
