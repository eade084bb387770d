"""``primage remove``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Patch, Photo, Quality, Quiet, checked_device, print_json, set_up
from primage.cli.render import facts


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    mask: Annotated[
        Path, typer.Option("--mask", metavar="MASK", help="A picture of the photo's proportions, white over the thing.")
    ],
    target: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help="A PNG, OpenRaster or PSD file; with --photo any photo.")
    ] = Path("removed.png"),
    primitive_file: Annotated[
        Path | None,
        typer.Option(
            "--primitive-file", metavar="FILE", help="The drawing without the thing, to show what is behind it."
        ),
    ] = None,
    exclude: Annotated[
        Path | None, typer.Option(metavar="MASK", help="Copy nothing from where this picture is white.")
    ] = None,
    sample: Annotated[
        Path | None, typer.Option(metavar="MASK", help="Copy only from where this picture is white.")
    ] = None,
    photo: Photo = None,
    patch: Patch = False,
    quality: Quality = 95,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Remove something from the photo: drawing and photo close behind it."""
    set_up(quiet, as_json)
    from primage.model import load
    from primage.primitive.read import LayerFiles, read_primitive
    from primage.render.files import drawing_without, read_mask, render_drawing
    from primage.render.original import Original

    trained = load(model, checked_device(device))
    drawn = None
    if primitive_file is not None:
        drawn = read_primitive(LayerFiles(whole=primitive_file), trained.record.spec, trained.render_size)
    drawing = drawing_without(trained, read_mask(mask, trained.size), drawn)
    excluded = None if exclude is None else read_mask(exclude, trained.size)
    if sample is not None:
        outside = ~read_mask(sample, trained.size)
        excluded = outside if excluded is None else excluded | outside
    inputs = [path for path in (mask, primitive_file, exclude, sample) if path is not None]
    original = Original.needed(photo, target, quality, patch)
    result = render_drawing(trained, drawing, target, inputs, excluded=excluded, original=original)
    if as_json:
        print_json(facts(result))
    elif not quiet:
        typer.echo(str(result.path))
