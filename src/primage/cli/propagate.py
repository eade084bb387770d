"""``primage propagate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Overwrite, Quiet, Seed, Strength, checked_device, set_up
from primage.cli.events import follow_events
from primage.cli.moving_pictures import MovieOut, told


def command(
    model: Annotated[
        Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file, trained on one of the frames.")
    ],
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="The video, or a folder of its frames.")],
    edit: Annotated[Path, typer.Argument(metavar="EDIT", help="Edits (JSON), or the edited drawing of that frame.")],
    out: MovieOut = Path("propagated.mp4"),
    fps: Annotated[
        float | None, typer.Option(min=0.1, max=120, help="Frames per second [default: the video's].")
    ] = None,
    strength: Strength = 0.5,
    seed: Seed = 0,
    polish: Annotated[bool, typer.Option(help="Synthesise what the frames could not have shown.")] = True,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Carry an edit of one frame of a video to the others."""
    set_up(quiet, as_json)
    from primage.manipulate.propagation import propagate
    from primage.synthesis.options import RenderOptions

    options = RenderOptions(strength=strength, seed=seed, polish=polish)
    events = propagate(model, video, edit, out, fps, options, checked_device(device), overwrite)
    return told(follow_events(events, quiet or as_json), as_json, quiet)
