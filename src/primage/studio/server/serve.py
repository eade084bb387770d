"""Runs the studio: a socket, a token, a browser."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import secrets
import socket
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import uvicorn
from fastapi import FastAPI

from primage.errors import ConfigError, RunError
from primage.studio.project.hub import Hub
from primage.studio.project.services import Options
from primage.studio.server.app import create_app
from primage.studio.server.security import LOOPBACK, Access

DEFAULT_PORT = 8765
#: An edit of all layers of the largest drawing is 6 MB.
_MESSAGE_BYTES = 16 << 20


@dataclass(frozen=True)
class Address:
    """Where the studio listens.

    Attributes:
        host: an address of this machine.
        port: 0 takes any that is free.
        names: further names that browsers may call it by.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    names: tuple[str, ...] = ()

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"


def hosts_of(address: Address, port: int) -> frozenset[str]:
    """What browsers may write in ``Host``.

    Args:
        address: where it listens.
        port: the true one.

    Returns:
        "name:port" each.
    """
    names = {*LOOPBACK, *address.names} if address.loopback else {*address.names}
    if not address.loopback:
        wildcard = address.host in ("0.0.0.0", "::")
        names |= {*LOOPBACK, socket.gethostname(), *_own_addresses()} if wildcard else {address.host}
    return frozenset(f"[{name}]:{port}" if _is_ipv6(name) else f"{name}:{port}" for name in names)


def _is_ipv6(name: str) -> bool:
    return ":" in name and not name.startswith("[")


def _own_addresses() -> set[str]:
    with contextlib.suppress(OSError):
        return {str(info[4][0]) for info in socket.getaddrinfo(socket.gethostname(), None)}
    return set()


def bound(address: Address) -> socket.socket:
    """A listening socket; if the usual port is taken, the next free one.

    Args:
        address: where.

    Raises:
        ConfigError: it cannot be had.
    """
    family = socket.AF_INET6 if _is_ipv6(address.host) else socket.AF_INET
    usual = address.port == DEFAULT_PORT
    ports = range(address.port, address.port + 10) if usual else (address.port,)
    error: OSError | None = None
    for port in ports:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address.host, port))
            return listener
        except OSError as failed:
            listener.close()
            error = failed
    reason = error.strerror if error is not None else "?"
    raise ConfigError(f"{address.host}:{address.port} cannot be listened on ({reason}); choose another --port")


def serve(
    options: Options,
    address: Address,
    token: str | None,
    photo: Path | None,
    browser: bool,
    announce: Callable[[str], None],
) -> None:
    """Run the studio until Ctrl-C.

    Args:
        options: projects and limits.
        address: where it listens.
        token: opens the first page; a random one if None.
        photo: a photo to make a project of at once.
        browser: open the page.
        announce: is told the address to open.

    Raises:
        ConfigError: an address beyond this machine without a token, or one that cannot be had.
        RunError: the projects' folder is held by another studio.
    """
    if not address.loopback and token is None:
        raise ConfigError(
            f"--host {address.host} can be reached from other machines; give a --token that only you know with it"
        )
    listener = bound(address)
    with listener:
        port = listener.getsockname()[1]
        access = Access(token or secrets.token_urlsafe(24), hosts_of(address, port))
        app = create_app(options, access)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            ws="websockets-sansio",
            ws_max_size=_MESSAGE_BYTES,
            ws_per_message_deflate=False,  # from one process to the next, packing costs more than it saves
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        shown = "127.0.0.1" if address.loopback or address.host in ("0.0.0.0", "::") else address.host
        asyncio.run(
            _run(uvicorn.Server(config), listener, app, f"http://{shown}:{port}/", access, photo, browser, announce)
        )


async def _run(
    server: uvicorn.Server,
    listener: socket.socket,
    app: FastAPI,
    url: str,
    access: Access,
    photo: Path | None,
    browser: bool,
    announce: Callable[[str], None],
) -> None:
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not running.done():
        await asyncio.sleep(0.02)
    if running.done():  # its start failed, and said why in the log
        await running
        raise RunError("the studio could not be started; is another one open on the same projects?")
    query = {"token": access.token}
    try:
        if photo is not None:
            hub: Hub = app.state.hub
            query["project"] = (await hub.create_from_file(photo, photo.name)).record.id
    except BaseException:
        server.should_exit = True
        await running
        raise
    announce(f"{url}?{urlencode(query)}")
    if browser:
        await asyncio.to_thread(webbrowser.open, f"{url}?{urlencode(query)}")
    await running
