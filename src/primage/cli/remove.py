"""``primage remove``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import (
    Device,
    Exclude,
    Json,
    LineColour,
    Overwrite,
    Patch,
    Photo,
    Quality,
    Quiet,
    Sample,
    Seed,
    Snap,
    Strength,
    Variants,
    checked_device,
    print_json,
    set_up,
)
from primage.cli.render import facts
from primage.render.quality import DEFAULT_QUALITY


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
    line_colour: LineColour = None,
    snap: Snap = False,
    exclude: Exclude = None,
    sample: Sample = None,
    strength: Strength = 0.5,
    seed: Seed = 0,
    variants: Variants = 1,
    photo: Photo = None,
    patch: Patch = False,
    quality: Quality = DEFAULT_QUALITY,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Remove something from the photo: drawing and photo close behind it."""
    set_up(quiet, as_json)
    from primage.model import load
    from primage.primitive.read import LayerFiles, read_primitive
    from primage.render.files import drawing_without, planned, render_drawing
    from primage.render.masks import Places, read_mask
    from primage.render.original import Original
    from primage.synthesis.options import RenderOptions

    inputs = [path for path in (mask, primitive_file) if path is not None]
    original, places = Original.needed(photo, target, quality, patch), Places(exclude, sample)
    planned([], target, original, None, variants, [model, *inputs, *places.given], overwrite)
    trained = load(model, checked_device(device))
    drawn = None
    if primitive_file is not None or line_colour is not None:
        files = LayerFiles(whole=primitive_file, line_colour=line_colour)
        drawn = read_primitive(files, trained.record.spec, trained.render_size, snap)
    drawing = drawing_without(trained, read_mask(mask, trained.size), drawn)
    options = RenderOptions(strength=strength, seed=seed)
    results = render_drawing(trained, drawing, target, inputs, options, places, original, variants, overwrite)
    if as_json:
        print_json(facts(results[0]) if variants == 1 else {"renders": [facts(result) for result in results]})
    elif not quiet:
        for result in results:
            typer.echo(str(result.path))
