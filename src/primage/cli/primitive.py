"""``primage primitive``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Edges, Json, LineColour, Overwrite, Quiet, Segments, print_json, set_up
from primage.cli.weights import download_bar
from primage.primitive.kinds import KINDS_HELP


def command(
    photo: Annotated[Path, typer.Argument(help="The photo.")],
    target: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="The primitive (PNG); landmarks also as points (CSV, JSON).",
        ),
    ],
    kind: Annotated[str, typer.Option("--kind", "-k", help=KINDS_HELP)] = "super",
    primitive_file: Annotated[
        Path | None,
        typer.Option(
            "--primitive-file", metavar="FILE", help="Read the primitive from a file; missing layers are extracted."
        ),
    ] = None,
    segments: Segments = None,
    edges: Edges = None,
    line_colour: LineColour = None,
    layers: Annotated[
        bool, typer.Option("--layers", help="Also write each layer to a file: OUT.segments.png …")
    ] = False,
    size: Annotated[
        int | None, typer.Option(help="Length of the short side in px [default: 256, or the photo's if shorter].")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Change a setting, for example primitive.segments.regions=20. Repeatable.",
        ),
    ] = None,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Extract the primitive of a photo, to inspect or edit it."""
    set_up(quiet, as_json)
    from primage.api import configure, read_pair
    from primage.errors import ConfigError
    from primage.outputs import check_outputs
    from primage.primitive.photo_landmarks import POINT_SUFFIXES, landmarks_to_file
    from primage.primitive.read import LayerFiles
    from primage.primitive.write import primitive_files, write_primitive

    config = configure("standard", kind, size, settings=settings or [])
    files = LayerFiles(whole=primitive_file, segments=segments, edges=edges, line_colour=line_colour)
    if kind == "landmarks" and target.suffix.lower() in POINT_SUFFIXES:
        if files.given() or layers or size is not None:
            raise ConfigError(f"{target}: points are those of the photo; leave out files, --layers and --size")
        check_outputs([target], [photo], overwrite)
        with download_bar(quiet or as_json) as on_download:
            points = landmarks_to_file(photo, target, on_download)
        if as_json:
            print_json({"files": [str(target)], "kind": kind, "points": points})
        elif not quiet:
            typer.echo(str(target))
        return
    check_outputs(primitive_files(target, kind, layers), [photo, *files.given().values()], overwrite)
    with download_bar(quiet or as_json) as on_download:
        _, primitive, spec = read_pair(photo, config, files, shrink_only=size is None, progress=on_download)
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
                "edges_given": spec.edges_given,
                "channels": spec.channels,
            }
        )
    elif not quiet:
        for path in written:
            typer.echo(str(path))
