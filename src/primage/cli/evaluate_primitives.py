"""``primage evaluate primitives``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Quiet, Segments, checked_device, comma_separated, print_json, say, set_up
from primage.cli.events import follow_events


def command(
    photo: Annotated[Path, typer.Argument(help="The photo to train on.")],
    edits: Annotated[
        list[Path], typer.Option("--edits", metavar="EDITS.json", help="Recorded edits; a row each. Repeatable.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Where runs and pictures go.")],
    kinds: Annotated[str, typer.Option(help="Of edges, segments and super; commas between.")] = "edges,segments,super",
    segments: Segments = None,
    preset: Annotated[str, typer.Option(help="draft, standard or paper.")] = "standard",
    size: Annotated[int | None, typer.Option(help="Short side in px [default: 256, or the photo's if less].")] = None,
    minutes: Annotated[float | None, typer.Option(help="Of each training [default: the preset's].")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps of each training, instead of minutes.")] = None,
    seed: Annotated[int, typer.Option(help="Of all randomness.")] = 0,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Any setting. Repeatable.")
    ] = None,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Train edges, segments and super on one photo, and render the same edits side by side (paper, fig. 2)."""
    set_up(quiet, as_json)
    from primage.evaluate.compare import compare_primitives, read_edits

    chosen = list(comma_separated(kinds))
    found = follow_events(
        compare_primitives(
            *(photo, {path.stem: read_edits(path) for path in edits}, out, preset, chosen, segments, size),
            *(minutes, steps, seed, settings or [], checked_device(device)),
        ),
        quiet or as_json,
    )
    if found is None:
        say(f"Stopped; the same command goes on from the runs in {out}.", quiet)
        return 130
    sheet = (out / "primitives.png").resolve()
    if as_json:
        print_json({"sheet": str(sheet), "kinds": [each.kind for each in found]})
    else:
        say(f"Look at {sheet}", quiet)
    return 0
