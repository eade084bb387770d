"""Runs the studio: socket, token, browser."""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI

from primage.errors import ConfigError, RunError
from primage.http.address import Address, bound, hosts_of
from primage.http.server import Server
from primage.studio.project.hub import Hub
from primage.studio.project.services import Options
from primage.studio.server.app import create_app
from primage.studio.server.security import Access

DEFAULT_PORT = 8765
#: An edit of all layers of the largest drawing takes 6 MB; an object that covers it and what is below, twice as much.
_MESSAGE_BYTES = 64 << 20


def serve(
    options: Options,
    address: Address,
    token: str | None,
    photo: Path | None,
    browser: bool,
    announce: Callable[[str], None],
) -> signal.Signals | None:
    """Run the studio until Ctrl-C or SIGTERM.

    Args:
        options: projects and limits.
        address: the address to listen on.
        token: token that opens the first page; None for a random one.
        photo: a photo to create a project from.
        browser: whether to open the page in a browser.
        announce: called with the address to open.

    Returns:
        The signal that ended it, after everything was saved.

    Raises:
        ConfigError: the address is reachable from other machines and no token was given, or it is not available.
        RunError: another studio uses the projects' folder.
        UserError: a setting is unknown, invalid, or beyond what the studio supports.
    """
    if not address.loopback and token is None:
        raise ConfigError(
            f"--host {address.host} can be reached from other machines; give a --token that nobody else knows"
        )
    listener = bound(address)
    with listener:
        port = listener.getsockname()[1]
        access = Access(secrets.token_urlsafe(24) if token is None else token, hosts_of(address, port))
        app = create_app(options, access)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            ws="websockets-sansio",
            ws_max_size=_MESSAGE_BYTES,
            ws_per_message_deflate=False,  # on one machine, compression costs more than it saves
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        return asyncio.run(
            _run(
                Server(config),
                listener,
                app,
                f"http://{address.shown}:{port}/",
                access,
                photo,
                browser,
                announce,
            )
        )


async def _run(
    server: Server,
    listener: socket.socket,
    app: FastAPI,
    url: str,
    access: Access,
    photo: Path | None,
    browser: bool,
    announce: Callable[[str], None],
) -> signal.Signals | None:
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not running.done():
        await asyncio.sleep(0.02)
    if running.done():  # the reason is in the log
        await running
        if server.received is not None:
            return server.received
        raise RunError("the studio could not be started; does another one use the same projects?")
    query = {"token": access.token}
    hub: Hub = app.state.hub
    try:
        await hub.check_settings()
        if photo is not None:
            query["project"] = (await hub.create_from_file(photo, photo.name)).record.id
    except BaseException:
        server.should_exit = True
        await running
        if server.received is None:
            raise
        return server.received  # whose workers are ended, for which the project waited
    announce(f"{url}?{urlencode(query)}")
    if browser:
        await asyncio.to_thread(webbrowser.open, f"{url}?{urlencode(query)}")
    await running
    return server.received
