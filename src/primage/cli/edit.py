"""``primage edit``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Edges, Json, LineColour, Overwrite, Quiet, Segments, Snap, print_json, set_up


def command(
    models: Annotated[
        list[Path], typer.Argument(metavar="RUN_OR_MODEL...", help="A run folder or a model file, or several.")
    ],
    edits: Annotated[
        Path,
        typer.Argument(
            help="JSON list of edits: move, copy, scale, flip, swap, warp, landmarks, erase, fill, paint, extend."
        ),
    ],
    target: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help="Where to write the edited primitive (PNG); a folder for several runs, which is filled with RUN.png.",
        ),
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
    from primage.edit.apply import Edited
    from primage.edit.files import edited_drawing, edited_drawings, targets_of, write_drawing
    from primage.edit.records import read_edits
    from primage.errors import UserError
    from primage.model import load
    from primage.origin.files import origin_path
    from primage.origin.plane import Origin
    from primage.outputs import check_outputs
    from primage.primitive.read import LayerFiles, read_primitive
    from primage.primitive.write import check_name

    files = LayerFiles(whole=primitive_file, segments=segments, edges=edges, line_colour=line_colour)
    own = bool(files.given())
    if len(models) > 1 and own:
        raise UserError("a drawing of your own belongs to one run; edit the runs one by one")
    targets = targets_of(models, target)
    # Nothing is known of the origin of another primitive.
    beside = [] if own else [origin_path(path) for path in targets]
    for path in targets:
        check_name(path)
    check_outputs([*targets, *beside], [*models, edits, *files.given().values()], overwrite)
    records = read_edits(edits)
    loaded = [load(model) for model in models]
    for model in loaded:
        files.check(model.record.spec.kind)
    if own:
        primitive = read_primitive(files, loaded[0].record.spec, loaded[0].render_size, snap)
        drawings = [edited_drawing(loaded[0], records, Edited(primitive, Origin.unmoved(primitive.size)))]
    else:
        drawings = edited_drawings(models, loaded, records)
    ready = zip(targets, drawings, loaded, strict=True)
    written = [write_drawing(path, drawing, model, not own) for path, drawing, model in ready]
    if as_json:
        print_json({"files": [str(path) for each in written for path in each], "edits": len(records)})
    elif not quiet:
        for each in written:
            typer.echo(str(each[0]))
