"""``primage remove``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Quiet, checked_device, print_json, set_up
from primage.cli.render import facts


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    mask: Annotated[
        Path, typer.Option("--mask", metavar="MASK", help="A picture of the photo's proportions, white over the thing.")
    ],
    target: Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="A PNG file.")] = Path("removed.png"),
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Remove something from the photo: drawing and photo close behind it."""
    set_up(quiet, as_json)
    from primage.edit.apply import removed
    from primage.model import load
    from primage.render import read_mask, render_drawing, training_drawing

    trained = load(model, checked_device(device))
    drawing = removed(training_drawing(trained), read_mask(mask, trained.size))
    result = render_drawing(trained, drawing, target, [mask])
    if as_json:
        print_json(facts(result))
    elif not quiet:
        typer.echo(str(result.path))
