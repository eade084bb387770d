"""``primage risk``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Edges, Json, Quiet, Segments, checked_device, print_json, set_up
from primage.cli.events import follow_events


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    primitive: Annotated[
        Path | None, typer.Argument(metavar="[EDITED]", help="The edited primitive.", show_default=False)
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where the map goes, a PNG.")] = None,
    segments: Segments = None,
    edges: Edges = None,
    snap: Annotated[bool, typer.Option("--snap", help="Give unknown colours to the nearest label.")] = False,
    copies: Annotated[int, typer.Option(help="How many warps of the training drawing count as seen.")] = 50,
    features: Annotated[str, typer.Option(help="resnet50, vgg16, or auto.")] = "auto",
    resnet: Annotated[Path | None, typer.Option(metavar="FILE", help="Official ResNet50 weights.")] = None,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Say which parts of an edited drawing the training has never seen anything like, before rendering it."""
    set_up(quiet, as_json)
    from primage.evaluate.job import risk_job
    from primage.primitive.read import LayerFiles

    files = LayerFiles(whole=primitive, segments=segments, edges=edges)
    found = follow_events(
        risk_job(model, files, out, snap, copies, features, resnet, checked_device(device)), quiet or as_json
    )
    if found is None:
        return 130
    if as_json:
        print_json(
            {
                "flagged_share": found.share,
                "greatest": float(found.values.max()),
                "spots": [{"box_px": s.box_px, "risk": s.risk, "share": s.share} for s in found.spots],
                "map": None if out is None else str(out),
                "features": found.features,
                "weights_sha256": found.weights_sha256,
            }
        )
    elif not quiet:
        typer.echo(f"{found.share:.1%} of the drawing is unlike anything the training has seen")
        for spot in found.spots:
            left, top, right, bottom = spot.box_px
            typer.echo(f"({left}, {top}) to ({right}, {bottom}) px: {spot.risk:.1f} times the usual distance")
    return 0
