"""What all verbs share of the terminal: where things are printed, and options that mean the same everywhere."""

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

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no messages, only errors.")]
Segments = Annotated[
    Path | None,
    typer.Option("--segments", metavar="FILE", help="Label layer: a label map (PNG, CVAT, labelme, Cityscapes)."),
]
Edges = Annotated[Path | None, typer.Option("--edges", metavar="FILE", help="Line layer: a line drawing.")]
Device = Annotated[str, typer.Option(help="Where to compute: cpu, cuda or mps.")]


class _Warnings(logging.Handler):
    """Prints what the library logs as one line a message on standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        level = "warning" if record.levelno >= logging.WARNING else "note"
        colour = "yellow" if level == "warning" else "dim"
        err.print(f"[{colour}]{level}:[/] {escape(record.getMessage())}")


def set_up(quiet: bool, as_json: bool = False) -> None:
    """Choose how talkative this command is."""
    logger = logging.getLogger("primage")
    logger.handlers = [_Warnings()]
    logger.propagate = False
    logger.setLevel(logging.ERROR if quiet else logging.WARNING if as_json else logging.INFO)


def print_json(data: Any) -> None:
    """One JSON object, for programs."""
    typer.echo(json.dumps(data, indent=2, default=str))


def say(message: str, quiet: bool = False) -> None:
    """A line for people, unless they asked for quiet."""
    if not quiet:
        err.print(escape(message))


def comma_separated(text: str) -> tuple[str, ...]:
    """The words of an option that takes several; empty ones are left out."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def checked_device(name: str) -> str:
    """Refuse a device that is not there."""
    import torch

    from primage.errors import ConfigError

    available = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    kind = name.partition(":")[0]
    if kind not in available:
        raise ConfigError(f"there is no device '{name}'; choose cpu, cuda or mps")
    if not available[kind]:
        raise ConfigError(f"this machine has no usable '{kind}' device; use cpu")
    try:
        torch.empty(0, device=name)
    except RuntimeError as error:
        raise ConfigError(f"there is no device '{name}' on this machine") from error
    return name
