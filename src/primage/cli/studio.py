"""``primage studio``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Quiet, say, set_up
from primage.cli.signals import exit_code


def command(
    photo: Annotated[Path | None, typer.Argument(help="A photo to open at the start.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port [default: 8765, or the next free one].")
    ] = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on. One that other machines can reach requires --token.")
    ] = "127.0.0.1",
    names: Annotated[
        list[str] | None,
        typer.Option("--name", help="Additional host name for browsers to use. Repeatable."),
    ] = None,
    token: Annotated[str | None, typer.Option(help="Access token of the page [default: a random one].")] = None,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    projects: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the projects.")] = Path("~/primage-projects"),
    preset: Annotated[str, typer.Option(help="Training preset: draft or standard.")] = "standard",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any training setting. Repeatable."),
    ] = None,
    quiet: Quiet = False,
) -> int:
    """Edit the drawing in the browser while the photo follows. Stop with Ctrl-C; everything is saved."""
    set_up(quiet)
    from primage.errors import ConfigError

    try:
        from primage.http.address import Address
        from primage.studio.project.services import Options
        from primage.studio.server.serve import DEFAULT_PORT, serve
    except ModuleNotFoundError as error:
        raise ConfigError(f"the studio needs '{error.name}'; install it with: pip install 'primage[studio]'") from error

    options = Options(projects.expanduser(), preset, tuple(settings or ()))
    address = Address(host, DEFAULT_PORT if port is None else port, tuple(names or ()), strict=port is not None)
    ended = serve(options, address, token, photo, browser, typer.echo)
    say("Stopped; everything is saved.", quiet)
    return exit_code(ended)
