"""``primage serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from primage.cli.console import Device, Quiet, checked_device, say, set_up


def command(
    runs: Annotated[
        list[Path],
        typer.Argument(metavar="RUN...", help="Run folders or model files, named by their folders."),
    ],
    workers: Annotated[int, typer.Option(help="Number of worker processes.")] = 1,
    photos: Annotated[
        list[Path] | None,
        typer.Option(
            "--photo", metavar="FILE", help="The photo of one of the runs, to paint results at full size. Repeatable."
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 for any free one.")] = 8780,
    host: Annotated[
        str, typer.Option(help="Address to listen on. One that other machines can reach requires --token.")
    ] = "127.0.0.1",
    names: Annotated[
        list[str] | None,
        typer.Option("--name", help="Additional host name for clients to use, such as that of a proxy. Repeatable."),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="PRIMAGE_TOKEN", show_envvar=True, help="Token that clients send [default: a random one]."),
    ] = None,
    tokenless: Annotated[
        bool, typer.Option("--no-token", help="Serve every program on this machine without a token.")
    ] = False,
    queue: Annotated[int, typer.Option(help="Requests that may wait; further ones are refused with 429.")] = 16,
    time_limit: Annotated[float, typer.Option(metavar="SECONDS", help="Longest time of one render.")] = 120,
    upload_mb: Annotated[int, typer.Option(metavar="MB", help="Largest request.")] = 64,
    grace: Annotated[
        float, typer.Option(metavar="SECONDS", help="Longest time to finish what was accepted when told to stop.")
    ] = 120,
    device: Device = "cpu",
    quiet: Quiet = False,
) -> None:
    """Render drawings for other programs over HTTP. SIGTERM or Ctrl-C stops it when accepted requests are done."""
    set_up(quiet)
    from primage.errors import ConfigError

    try:
        from primage.http.address import Address
        from primage.serve.options import Options
        from primage.serve.server import serve
    except ModuleNotFoundError as error:
        raise ConfigError(f"serving needs '{error.name}'; install it with: pip install 'primage[serve]'") from error

    options = Options(
        tuple(runs),
        tuple(photos or ()),
        workers,
        queue,
        time_limit,
        upload_bytes=upload_mb << 20,
        grace_sec=grace,
        device=device if device == "cpu" else checked_device(device),
    )
    serve(options, Address(host, port, tuple(names or ())), token, tokenless, _announce)
    say("Stopped.", quiet)


def _announce(url: str, token: str | None) -> None:
    typer.echo(url)
    if token is not None:
        typer.echo(f"token: {token}")
