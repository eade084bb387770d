"""Runs the studio: socket, token, browser."""

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
#: An edit of all layers of the largest drawing takes 6 MB; an object that covers it and what is below, twice as much.
_MESSAGE_BYTES = 64 << 20


@dataclass(frozen=True)
class Address:
    """The studio's address.

    Attributes:
        host: an address of this machine.
        port: 0 for any free one.
        names: additional host names for browsers to use.
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    names: tuple[str, ...] = ()

    @property
    def loopback(self) -> bool:
        """Whether it can be reached from this machine only."""
        with contextlib.suppress(ValueError):
            return ipaddress.ip_address(self.host).is_loopback
        return self.host == "localhost"


def hosts_of(address: Address, port: int) -> frozenset[str]:
    """The values of ``Host`` that are accepted from browsers.

    Args:
        address: the studio's address.
        port: the actual port.

    Returns:
        "name:port" each.

    Example:
        >>> sorted(hosts_of(Address(), 8765))
        ['127.0.0.1:8765', '[::1]:8765', 'localhost:8765']
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
    """Bind a socket; if the default port is in use, to the next free one.

    Args:
        address: the address to listen on.

    Raises:
        ConfigError: the port is in use, or the address is not available.
    """
    family = socket.AF_INET6 if _is_ipv6(address.host) else socket.AF_INET
    is_default = address.port == DEFAULT_PORT
    ports = range(address.port, address.port + 10) if is_default else (address.port,)
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
    raise ConfigError(f"{address.host}:{address.port} is not available ({reason}); choose another --port")


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
        address: the address to listen on.
        token: token that opens the first page; None for a random one.
        photo: a photo to create a project from.
        browser: whether to open the page in a browser.
        announce: called with the address to open.

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
        access = Access(token or secrets.token_urlsafe(24), hosts_of(address, port))
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
    if running.done():  # the reason is in the log
        await running
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
        raise
    announce(f"{url}?{urlencode(query)}")
    if browser:
        await asyncio.to_thread(webbrowser.open, f"{url}?{urlencode(query)}")
    await running
