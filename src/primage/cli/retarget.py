"""``primage retarget``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Overwrite, Quiet, Seed, checked_device, print_json, set_up


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    size: Annotated[
        str, typer.Option(metavar="WxH", help="In pixels of the run's picture, or in per cent of it: 60%x100%.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="A PNG file.")] = Path("retargeted.png"),
    keep: Annotated[
        Path | None, typer.Option(metavar="MASK", help="A picture, white over what must keep its proportions.")
    ] = None,
    seed: Seed = 0,
    polish: Annotated[bool, typer.Option(help="Synthesise what the photo could not have shown.")] = True,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Paint the scene in other proportions, without squeezing what matters in it."""
    set_up(quiet, as_json)
    from primage.manipulate.retargeting import parse_size, write_retargeted
    from primage.synthesis.options import RenderOptions

    options = RenderOptions(seed=seed, polish=polish)
    files = write_retargeted(model, out, *parse_size(size), keep, options, checked_device(device), overwrite)
    if as_json:
        print_json({"picture": str(files[0]), "drawing": str(files[1])})
    elif not quiet:
        typer.echo(str(files[0]))
