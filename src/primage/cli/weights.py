"""``primage weights``."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table

from primage.cli.console import Json, Quiet, err, out, print_json, set_up


@contextlib.contextmanager
def download_bar(quiet: bool) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show a progress bar for each download.

    Args:
        quiet: show nothing.

    Yields:
        A callback that takes a name, the bytes done, and the bytes in all (None if unknown).
    """
    columns = (
        TextColumn("downloading {task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
    )
    with Progress(*columns, console=err, disable=quiet or not err.is_terminal, transient=True) as bar:
        tasks: dict[str, int] = {}

        def on_download(name: str, done: int, total: int | None) -> None:
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
                if not err.is_terminal and not quiet:
                    err.print(f"downloading {name} …")
            bar.update(tasks[name], completed=done, total=total)  # type: ignore[arg-type]

        yield on_download


def command(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Weights to download [default: those that training, evaluation and detection need]."),
    ] = None,
    fetch: Annotated[bool, typer.Option("--fetch", help="Download them; without it, only show their state.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """List or download pretrained weights. The variable PRIMAGE_WEIGHTS selects another folder."""
    set_up(quiet, as_json)
    from primage.detection.interpreter import is_installed
    from primage.detection.weights import MODELS, fetch_models, models_status
    from primage.downloads import weights_folder
    from primage.errors import ConfigError
    from primage.nets.weights import ENTRIES, fetch_weights, weights_status

    for name in names or []:
        if name not in ENTRIES and name not in MODELS:
            raise ConfigError(f"unknown weights '{name}'; choose from {', '.join((*ENTRIES, *MODELS))}")
    if fetch or names:
        chosen = names or ["vgg16", "alexnet", "lpips_alexnet", *(MODELS if is_installed() else ())]
        with download_bar(quiet or as_json) as on_download:
            for name in chosen:
                if name in ENTRIES:
                    fetch_weights(name, on_download)
            if not MODELS.keys().isdisjoint(chosen):
                fetch_models(on_download)  # one download provides all of them
    status = [*weights_status(), *models_status()]
    if as_json:
        print_json({"folder": str(weights_folder()), "weights": [asdict(entry) for entry in status]})
        return
    if quiet:
        return
    table = Table(title=str(weights_folder()), title_justify="left")
    for heading in ("name", "available", "verified", "MB", "source"):
        table.add_column(heading)
    for entry in status:
        size = f"{entry.size_bytes / 1e6:.1f}" if entry.present and entry.size_bytes else ""
        table.add_row(
            entry.name,
            "yes" if entry.present else "no",
            "yes" if entry.verified else "",
            size,
            entry.source or "",
        )
    out.print(table)
