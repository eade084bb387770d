"""``primage animate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Json, Overwrite, Quiet, Seed, Strength, checked_device, set_up
from primage.cli.events import follow_events
from primage.cli.moving_pictures import MovieOut, told
from primage.errors import ConfigError


def command(
    model: Annotated[Path, typer.Argument(metavar="RUN_OR_MODEL", help="A run folder or a model file.")],
    keys: Annotated[Path | None, typer.Argument(metavar="[KEYS.json]", help="Keyframes of edits.")] = None,
    out: MovieOut = Path("animation.mp4"),
    driving: Annotated[
        Path | None,
        typer.Option("--drive", metavar="VIDEO", help="A video to move like, instead of keyframes."),
    ] = None,
    fps: Annotated[
        float | None, typer.Option(min=0.1, max=120, help="Frames per second [default: as KEYS.json or VIDEO says].")
    ] = None,
    strength: Strength = 0.5,
    seed: Seed = 0,
    polish: Annotated[bool, typer.Option(help="Synthesise what the photo could not have shown.")] = True,
    overwrite: Overwrite = False,
    device: Device = "cpu",
    as_json: Json = False,
    quiet: Quiet = False,
) -> int:
    """Move the photo: by edits that change with time, or as a video moves."""
    set_up(quiet, as_json)
    from primage.manipulate.animation import animate, drive
    from primage.synthesis.options import RenderOptions

    if (keys is None) == (driving is None):
        raise ConfigError("give either keyframes, primage animate RUN KEYS.json, or a video with --drive")
    options = RenderOptions(strength=strength, seed=seed, polish=polish)
    where = checked_device(device)
    if keys is not None:
        events = animate(model, keys, out, fps, options, where, overwrite)
    else:
        assert driving is not None
        events = drive(model, driving, out, fps, options, where, overwrite)
    return told(follow_events(events, quiet or as_json), as_json, quiet)
