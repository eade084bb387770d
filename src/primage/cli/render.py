"""``primage render``."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primage.cli.console import (
    Device,
    Edges,
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
    Segments,
    Snap,
    Strength,
    Variants,
    checked_device,
    print_json,
    set_up,
)
from primage.cli.events import follow_share
from primage.cli.signals import exit_code
from primage.render.quality import DEFAULT_QUALITY

if TYPE_CHECKING:
    from primage.render.files import Rendered
    from primage.render.photo_files import Pixels
    from primage.render.super_resolution import Upscaler


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    primitives: Annotated[
        list[Path] | None, typer.Argument(metavar="[PRIMITIVE]...", help="One or more edited primitives.")
    ] = None,
    target: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="A PNG, OpenRaster or PSD file; a folder for several; with --photo any photo.",
        ),
    ] = Path("render.png"),
    segments: Segments = None,
    edges: Edges = None,
    line_colour: LineColour = None,
    edges_from: Annotated[
        Path | None,
        typer.Option(
            "--edges-from", metavar="PHOTO", help="Extract the line layer from this photo with the run's settings."
        ),
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Length of the short side in px [default: that of the training photo].")
    ] = None,
    edits: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Apply recorded edits (JSON) to the training primitive, and render that."),
    ] = None,
    origin: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Where the pixels of the primitive come from [default: NAME.origin.png beside NAME.png, if it fits].",
        ),
    ] = None,
    infer_origin: Annotated[
        bool,
        typer.Option(
            help="Without an origin: find moved, copied and removed parts by comparing with the training primitive."
        ),
    ] = True,
    no_origin: Annotated[
        bool,
        typer.Option("--no-origin", help="Use no origin: not NAME.origin.png beside NAME.png, and no inferred one."),
    ] = False,
    photo: Photo = None,
    patch: Patch = False,
    quality: Quality = DEFAULT_QUALITY,
    snap: Snap = False,
    polish: Annotated[
        bool, typer.Option(help="Synthesise what the photo could not have shown, from the photo's patches.")
    ] = True,
    strength: Strength = 0.5,
    seed: Seed = 0,
    variants: Variants = 1,
    fit_light: Annotated[
        bool, typer.Option("--fit-light", help="Fit light and colour of moved parts to their new places.")
    ] = False,
    scale: Annotated[
        int | None,
        typer.Option(
            min=2,
            max=4,
            help="Enlarge the results: a small network learns from the photo how its details look (minutes).",
        ),
    ] = None,
    exclude: Exclude = None,
    sample: Sample = None,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Render photos from edited primitives."""
    set_up(quiet, as_json)
    from primage.edit.files import edited_drawing
    from primage.edit.records import read_edits
    from primage.errors import UserError
    from primage.model import load
    from primage.primitive.read import LayerFiles
    from primage.render.files import drawings_among, planned, render_drawing, render_files
    from primage.render.masks import Places
    from primage.render.original import Original, is_layered
    from primage.synthesis.options import RenderOptions

    layers = LayerFiles(segments=segments, edges=edges, edges_from=edges_from, line_colour=line_colour)
    original = Original.needed(photo, target, quality, patch)
    if original is not None and size is not None:
        raise UserError("--photo, --patch and files with layers have the photo's own size; leave out --size")
    if edits is not None and (primitives or layers.given() or line_colour or origin or size):
        raise UserError("--edits edits the training primitive; leave out other primitives, --origin and --size")
    if no_origin and (origin or edits):
        raise UserError("--no-origin uses no origin; leave it out, or --origin and --edits")
    if scale is not None and (patch or is_layered(target)):
        raise UserError("--scale enlarges a whole picture; leave it out, or --patch and files with layers")
    places = Places(exclude, sample)
    # Before the model is loaded.
    inputs = [model, edits, *layers.given().values(), *places.given]
    drawings = drawings_among(primitives or [])
    planned(drawings, target, original, origin, variants, inputs, overwrite)
    where = checked_device(device)
    trained = load(model, where)
    options = RenderOptions(polish=polish, strength=strength, seed=seed, fit_light=fit_light)
    enlarging = None
    if scale is not None:
        quietly = quiet or as_json
        enlarging = cache(partial(_learned, trained.photo if photo is None else photo, scale, where, quietly))
    if edits is None:
        results = render_files(
            trained,
            drawings,
            target,
            layers,
            size,
            snap,
            options,
            origin,
            original,
            places,
            variants,
            infer_origin and not no_origin,
            overwrite,
            not no_origin,
            enlarging,
        )
    else:
        drawing = edited_drawing(trained, read_edits(edits))
        results = render_drawing(
            trained, drawing, target, [edits], options, places, original, variants, overwrite, enlarging
        )
    if as_json:
        print_json({"renders": [facts(result) for result in results]})
    elif not quiet:
        for result in results:
            typer.echo(str(result.path))
    return 0


def _learned(photo: Path | Pixels, scale: int, device: str, quiet: bool) -> Upscaler:
    """A network that enlarges pictures; Ctrl-C ends the command."""
    from primage.render.photo_files import read_photo
    from primage.render.super_resolution import learning

    known = read_photo(photo).pixels if isinstance(photo, Path) else photo
    found = follow_share("learning the photo's details", learning(known, scale, device=device), quiet)
    if found is None:
        raise typer.Exit(exit_code())
    return found


def facts(rendered: Rendered) -> dict[str, object]:
    """What the JSON output says about a render."""
    out: dict[str, object] = {
        "path": str(rendered.path),
        "source": str(rendered.source),
        "size": rendered.image.shape[:2],
        "seed": rendered.options.seed,
    }
    if rendered.polished is not None:
        out["incoherence"] = round(float(rendered.polished.incoherence.mean()), 5)
        out["synthesised"] = round(float(rendered.polished.synthesised.mean()), 4)
    out["without_effect"] = [[round(float(x), 4) for x in box] for box in rendered.without_effect]
    out["origin"] = None if rendered.edit is None else asdict(rendered.edit)
    out["origin_file"] = None if rendered.origin_file is None else str(rendered.origin_file)
    return out
