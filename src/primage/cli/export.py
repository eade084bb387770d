"""``primage export``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Json, Overwrite, Quiet, print_json, say, set_up


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    target: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            metavar="OUT",
            help=(
                "A folder for the model and its card, or for the page (with --web); NAME.onnx for the network, or "
                "NAME.ora for the drawing."
            ),
        ),
    ],
    onnx: Annotated[bool, typer.Option("--onnx", help="Write the network as an ONNX file, too.")] = False,
    web: Annotated[
        bool, typer.Option("--web", help="Write a folder with a page that edits and renders in the browser.")
    ] = False,
    overwrite: Overwrite = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Export a trained model for other programs."""
    set_up(quiet, as_json)
    from primage.export.exporting import export

    exported = export(model, target, onnx, overwrite, web)
    if as_json:
        print_json(
            {
                "files": [str(file) for file in exported.files],
                "checks": [asdict(check) for check in exported.checks],
                "not_included": exported.not_included,
                "differences": exported.differences,
            }
        )
        return
    for check in exported.checks:
        height, width = check.size
        error = f"largest error {check.error:.1e} of values from -1 to 1, {check.different:,} pixels above 1e-3"
        say(f"ONNX Runtime against PyTorch, {check.drawing} ({width}×{height} px): {error}", quiet)
    if exported.not_included:
        say(f"not part of the network: {'; '.join(exported.not_included)}", quiet)
    if exported.differences:
        size = sum(file.stat().st_size for file in exported.files) / 1e6
        say(f"{size:.1f} MB; otherwise than in Primage: {'; '.join(exported.differences)}", quiet)
        say(f"serve it: python -m http.server --directory {target}", quiet)
    if not quiet:
        for file in exported.files:
            typer.echo(str(file))
