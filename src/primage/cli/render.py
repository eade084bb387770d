"""``primage render``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Edges, Json, Quiet, Segments, checked_device, print_json, set_up


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    primitives: Annotated[
        list[Path] | None, typer.Argument(metavar="[PRIMITIVE]...", help="One or more edited primitives.")
    ] = None,
    target: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help="A PNG file; for several primitives, a folder.")
    ] = Path("render.png"),
    segments: Segments = None,
    edges: Edges = None,
    edges_from: Annotated[
        Path | None,
        typer.Option(
            "--edges-from", metavar="PHOTO", help="Extract the line layer from this photo with the run's settings."
        ),
    ] = None,
    size: Annotated[
        int | None, typer.Option(help="Length of the short side in px [default: that of the training photo].")
    ] = None,
    snap: Annotated[
        bool, typer.Option("--snap", help="Replace unknown label colours by the nearest known label.")
    ] = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Render photos from edited primitives."""
    set_up(quiet, as_json)
    from primage.model import load
    from primage.primitive.read import LayerFiles
    from primage.render import render_files

    layers = LayerFiles(segments=segments, edges=edges, edges_from=edges_from)
    results = render_files(load(model, checked_device(device)), primitives or [], target, layers, size, snap)
    if as_json:
        print_json(
            {"renders": [{"path": str(r.path), "source": str(r.source), "size": r.image.shape[:2]} for r in results]}
        )
    elif not quiet:
        for result in results:
            typer.echo(str(result.path))
