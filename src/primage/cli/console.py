"""Terminal output, and the options that all commands share."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object to standard output and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only: no progress, no messages.")]
Segments = Annotated[
    list[Path] | None,
    typer.Option(
        "--segments",
        metavar="FILE",
        help="Label layer: a label map (PNG, CVAT, COCO, labelme …). Repeat it for one mask per label.",
    ),
]
Edges = Annotated[Path | None, typer.Option("--edges", metavar="FILE", help="Line layer: a line drawing.")]
LineColour = Annotated[
    str | None,
    typer.Option(
        "--line-colour", metavar="COLOUR", help="Colour of the drawn lines, such as '#1e1e1e' [default: found]."
    ),
]
Overwrite = Annotated[
    bool,
    typer.Option("--overwrite", help="Replace files that Primage did not make, but no input and no file of a run."),
]
Snap = Annotated[
    bool, typer.Option("--snap", help="Replace label colours that are in doubt by the nearest known label.")
]
Device = Annotated[str, typer.Option(help="Device to compute on: cpu, cuda or mps.")]

Photo = Annotated[
    Path | None,
    typer.Option("--photo", metavar="ORIGINAL", help="The run's photo file: paint at its size, keep its metadata."),
]
Patch = Annotated[
    bool, typer.Option("--patch", help="Write only the changed pixels, on a transparent canvas (PNG, WebP, TIFF).")
]
Quality = Annotated[int, typer.Option(min=1, max=100, help="Quality of JPEG and WebP files.")]
Strength = Annotated[
    float, typer.Option(min=0, max=1, help="How strictly the drawing is obeyed: 0 the photo's texture, 1 the drawing.")
]
Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Another seed gives another picture of the drawing.")]
Variants = Annotated[
    int, typer.Option(min=1, max=16, metavar="N", help="Write N pictures with different seeds: OUT-1, OUT-2 …")
]
Exclude = Annotated[
    Path | None, typer.Option("--exclude", metavar="MASK", help="Copy nothing from where this picture is white.")
]
Sample = Annotated[
    Path | None,
    typer.Option("--sample", metavar="MASK", help="Copy only from where this picture is white."),
]


class _Warnings(logging.Handler):
    """Prints each log message of the library on one line of standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        level = "warning" if record.levelno >= logging.WARNING else "note"
        colour = "yellow" if level == "warning" else "dim"
        err.print(f"[{colour}]{level}:[/] {escape(record.getMessage())}")


def set_up(quiet: bool, as_json: bool = False) -> None:
    """Configure logging for one command.

    Args:
        quiet: show errors only.
        as_json: show warnings and errors only.
    """
    logger = logging.getLogger("primage")
    logger.handlers = [_Warnings()]
    logger.propagate = False
    logger.setLevel(logging.ERROR if quiet else logging.WARNING if as_json else logging.INFO)


def print_json(data: Any) -> None:
    """Print one JSON object to standard output."""
    typer.echo(json.dumps(data, indent=2, default=str))


def say(message: str, quiet: bool = False) -> None:
    """Print a line to standard error, unless ``quiet``."""
    if not quiet:
        err.print(escape(message))


def comma_separated(text: str) -> tuple[str, ...]:
    """Split the value of an option that takes several; empty parts are dropped.

    Example:
        >>> comma_separated("copy, no-tps,")
        ('copy', 'no-tps')
    """
    return tuple(part.strip() for part in text.split(",") if part.strip())


def checked_device(name: str, here: bool = True) -> str:
    """Check that a device exists.

    Args:
        name: "cpu", "cuda", "cuda:1", "mps" …
        here: whether it must be on this machine; otherwise its name alone is checked.

    Returns:
        ``name``.

    Raises:
        ConfigError: PyTorch does not know the device, or this machine does not have it.
    """
    import torch

    from primage.errors import ConfigError

    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    kind = name.partition(":")[0]
    if kind not in available:
        raise ConfigError(f"unknown device '{name}'; choose cpu, cuda or mps")
    try:
        torch.device(name)
    except RuntimeError as error:
        raise ConfigError(f"unknown device '{name}'; choose cpu, cuda or mps, with a number as in cuda:1") from error
    if not here:
        return name
    if not available[kind]:
        raise ConfigError(f"'{kind}' is not available on this machine; use cpu")
    try:
        torch.empty(0, device=name)
    except RuntimeError as error:
        raise ConfigError(f"device '{name}' does not exist on this machine; use cpu") from error
    return name
