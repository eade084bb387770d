"""``primage studio``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Quiet, set_up


def command(
    photo: Annotated[
        Path | None, typer.Argument(help="A photo to start with, instead of choosing one in the page.")
    ] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Default: 8765, or the next free one.")] = None,
    host: Annotated[str, typer.Option(help="Where to listen. Beyond this machine it requires --token.")] = "127.0.0.1",
    names: Annotated[
        list[str] | None,
        typer.Option("--name", help="Another host name that browsers may use. Repeatable."),
    ] = None,
    token: Annotated[str | None, typer.Option(help="Opens the page. Default: a random one.")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    projects: Annotated[Path, typer.Option(metavar="DIR", help="The folder for projects.")] = Path(
        "~/primage-projects"
    ),
    preset: Annotated[str, typer.Option(help="How photos are learned: draft or standard.")] = "standard",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any setting of the training. Repeatable."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Edit the drawing in the browser and watch the photo follow. Ctrl-C ends it; everything is saved."""
    set_up(quiet)
    from primage.errors import ConfigError

    try:
        from primage.studio.project.services import Options
        from primage.studio.server.serve import DEFAULT_PORT, Address, serve
    except ModuleNotFoundError as error:
        raise ConfigError(f"the studio needs '{error.name}'; pip install 'primage[studio]'") from error

    options = Options(projects.expanduser(), preset, tuple(settings or ()))
    address = Address(host, DEFAULT_PORT if port is None else port, tuple(names or ()))
    serve(options, address, token, photo, browser, typer.echo)
