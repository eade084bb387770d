"""``primage risk``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import (
    Device,
    Edges,
    Json,
    LineColour,
    Overwrite,
    Quiet,
    Segments,
    Snap,
    checked_device,
    print_json,
    say,
    set_up,
)
from primage.cli.events import follow_events
from primage.cli.signals import exit_code


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    primitive: Annotated[
        Path | None, typer.Argument(metavar="[EDITED]", help="The edited primitive.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write the map to this PNG file.")
    ] = None,
    segments: Segments = None,
    edges: Edges = None,
    line_colour: LineColour = None,
    snap: Snap = False,
    copies: Annotated[
        int, typer.Option(help="Number of warped copies of the training primitive that count as seen.")
    ] = 50,
    features: Annotated[str, typer.Option(help="resnet50, vgg16, or auto.")] = "auto",
    resnet: Annotated[Path | None, typer.Option(metavar="FILE", help="Official ResNet50 weights file.")] = None,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Find the parts of an edited primitive that are unlike anything seen in training, and judge its picture."""
    set_up(quiet, as_json)
    from primage.evaluate.commands.risk import evaluate_risk
    from primage.primitive.read import LayerFiles

    files = LayerFiles(whole=primitive, segments=segments, edges=edges, line_colour=line_colour)
    found = follow_events(
        evaluate_risk(model, files, out, snap, copies, features, resnet, checked_device(device), overwrite),
        quiet or as_json,
    )
    if found is None:
        say("Stopped; repeat the command to start again.", quiet)
        return exit_code()
    risk, incoherence = found
    if as_json:
        print_json(
            {
                "flagged_share": risk.share,
                "greatest": float(risk.values.max()),
                "spots": [{"box_px": s.box_px, "risk": s.risk, "share": s.share} for s in risk.regions],
                "incoherence": round(float(incoherence.mean()), 5),
                "greatest_incoherence": round(float(incoherence.max()), 5),
                "map": None if out is None else str(out),
                "features": risk.features,
                "weights_sha256": risk.weights_sha256,
            }
        )
    elif not quiet:
        typer.echo(f"{risk.share:.1%} of the primitive is unlike anything seen in training")
        for region in risk.regions:
            left, top, right, bottom = region.box_px
            typer.echo(f"({left}, {top}) to ({right}, {bottom}) px: risk {region.risk:.1f}")
        typer.echo(
            f"incoherence of its picture before synthesis: {incoherence.mean():.4f} on average, "
            f"{incoherence.max():.3f} at most"
        )
    return 0
