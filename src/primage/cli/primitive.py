"""``primage primitive``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Edges, Json, Quiet, Segments, print_json, set_up


def command(
    photo: Annotated[Path, typer.Argument(help="The photo.")],
    target: Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="The primitive as one PNG.")],
    kind: Annotated[
        str, typer.Option("--kind", "-k", help="edges, segments, super, paint, landmarks or manual.")
    ] = "super",
    primitive_file: Annotated[
        Path | None,
        typer.Option("--primitive-file", metavar="FILE", help="The primitive; missing layers are extracted."),
    ] = None,
    segments: Segments = None,
    edges: Edges = None,
    layers: Annotated[bool, typer.Option("--layers", help="Also write each layer: OUT.segments.png …")] = False,
    size: Annotated[int | None, typer.Option(help="Short side in px [default: 256, or the photo's if less].")] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any setting, e.g. primitive.segments.regions=20."),
    ] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Extract a photo's primitive, to look at it or to edit it."""
    set_up(quiet, as_json)
    from primage.api import configure, read_pair
    from primage.errors import ImageError
    from primage.primitive.read import LayerFiles
    from primage.primitive.write import write_primitive

    if target.suffix.lower() != ".png":
        raise ImageError(f"{target}: primitives are PNG files; name it {target.stem}.png")
    config = configure("standard", kind, size, settings=settings or [])
    files = LayerFiles(whole=primitive_file, segments=segments, edges=edges)
    _, primitive, spec = read_pair(photo, config, files, shrink_only=size is None)
    written = write_primitive(target, primitive, spec, layers)
    if as_json:
        labels = [label.model_dump() for label in spec.palette.labels] if spec.palette else []
        print_json(
            {
                "files": [str(path) for path in written],
                "kind": kind,
                "size": primitive.size,
                "labels": labels,
                "line_colour": spec.line_colour,
                "channels": spec.channels,
            }
        )
    elif not quiet:
        for path in written:
            typer.echo(str(path))
