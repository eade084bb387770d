"""``primage edit``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Edges, Json, LineColour, Overwrite, Quiet, Segments, Snap, print_json, set_up


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    edits: Annotated[
        Path, typer.Argument(help="A JSON list of edits: move, copy, scale, flip, swap, warp, erase, fill, paint.")
    ],
    target: Annotated[
        Path, typer.Option("--out", "-o", metavar="OUT", help="Where to write the edited primitive (PNG).")
    ],
    primitive_file: Annotated[
        Path | None,
        typer.Option("--primitive-file", metavar="FILE", help="Edit this primitive instead of the training primitive."),
    ] = None,
    segments: Segments = None,
    edges: Edges = None,
    line_colour: LineColour = None,
    snap: Snap = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Apply recorded edits to the training primitive; `primage render` renders the result."""
    set_up(quiet, as_json)
    from primage.edit.apply import Edited, edited
    from primage.edit.records import read_edits
    from primage.model import load
    from primage.origin.files import origin_path, write_origin
    from primage.origin.plane import Origin
    from primage.outputs import check_outputs
    from primage.primitive.read import LayerFiles, read_primitive
    from primage.primitive.write import check_name, write_primitive
    from primage.render.files import training_drawing

    files = LayerFiles(whole=primitive_file, segments=segments, edges=edges, line_colour=line_colour)
    # Nothing is known of the origin of another primitive.
    beside = None if files.given() else origin_path(target)
    check_name(target)
    outputs = [target, *([beside] if beside is not None else [])]
    check_outputs(outputs, [model, edits, *files.given().values()], overwrite)
    trained = load(model)
    files.check(trained.record.spec.kind)
    records = read_edits(edits)
    drawing = training_drawing(trained)
    if files.given():
        primitive = read_primitive(files, trained.record.spec, trained.render_size, snap)
        drawing = Edited(primitive, Origin.unmoved(primitive.size))
    drawing = edited(drawing, records)
    written = write_primitive(target, drawing.primitive, trained.record.spec)
    if beside is not None:
        written.append(beside)
        write_origin(beside, drawing.origin, trained.record.photo_sha256, target)
    if as_json:
        print_json({"files": [str(path) for path in written], "edits": len(records)})
    elif not quiet:
        typer.echo(str(written[0]))
