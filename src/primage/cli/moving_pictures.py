"""What the commands that write moving pictures share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from primage.cli.console import print_json, say
from primage.cli.signals import exit_code

if TYPE_CHECKING:
    from primage.manipulate.frames import Animation

MovieOut = Annotated[Path, typer.Option("--out", "-o", metavar="OUT", help="An MP4, GIF or WebP file.")]


def told(found: Animation | None, as_json: bool, quiet: bool) -> int:
    """Say what became of a moving picture.

    Args:
        found: what was written; None if it was stopped.
        as_json: say it as JSON.
        quiet: say nothing.

    Returns:
        The exit code.
    """
    if found is None:
        say("Stopped; the same command goes on with the next frame.", quiet)
        return exit_code()
    if as_json:
        facts = {"file": found.path, "frames": found.frames, "folder": found.folder, "flicker": found.flicker}
        print_json({name: str(value) if isinstance(value, Path) else value for name, value in facts.items()})
    else:
        still = "" if found.flicker is None else f"; flicker where nothing moves {found.flicker:.4f}"
        say(f"{found.path.resolve()} ({found.frames} frames{still})", quiet)
    return 0
