"""``primage info``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from primage.cli.console import Json, Quiet, out, print_json, set_up


def command(
    model: Annotated[
        Path | None, typer.Argument(metavar="[RUN_OR_MODEL]", help="A run folder or a model file.")
    ] = None,
    preset: Annotated[str | None, typer.Option(help="Describe this preset instead of a run.")] = None,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Describe a run, a model or a preset."""
    set_up(quiet, as_json)
    from primage.describe import describe_model, describe_preset
    from primage.errors import ConfigError

    if (model is None) == (preset is None):
        raise ConfigError("give either a run folder or model file, or --preset NAME")
    facts: dict[str, Any] = describe_preset(preset) if preset is not None else describe_model(model or Path())
    if as_json:
        print_json(facts)
    elif not quiet:
        for name, value in facts.items():
            if name == "deviations":
                for line in value:
                    out.print(f"[bold]{'differs from the paper':<26}[/] {escape(line)}")
            elif not isinstance(value, dict):
                out.print(f"[bold]{name:<26}[/] {escape(str(value))}")
