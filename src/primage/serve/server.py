"""Runs the server: socket, token, signals."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable
from http import HTTPStatus
from types import FrameType

import uvicorn
from fastapi import FastAPI

from primage.errors import ConfigError, PrimageError, RunError
from primage.http.address import Address, bound
from primage.http.errors import RefusalError
from primage.serve.app import create_app
from primage.serve.options import Options
from primage.serve.security import Access
from primage.serve.service import Service

DEFAULT_PORT = 8780
#: Time that the last answers have to be sent.
_LAST_ANSWERS_SEC = 5


class _Server(uvicorn.Server):
    """A server that goes on answering after a signal, until what it accepted is done; a second signal ends it."""

    def __init__(self, config: uvicorn.Config, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config)
        self._loop = loop
        self.told = asyncio.Event()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.told.is_set():  # the end of the application still ends the workers
            self.config.timeout_graceful_shutdown = 0
            self.should_exit = True
        self._loop.call_soon_threadsafe(self.told.set)


def serve(
    options: Options,
    address: Address,
    token: str | None,
    tokenless: bool,
    announce: Callable[[str, str | None], None],
) -> None:
    """Serve until SIGTERM or Ctrl-C; what was accepted until then is finished.

    Args:
        options: runs and limits.
        address: the address to listen on.
        token: the token that clients send; None for a random one.
        tokenless: serve everybody on this machine without a token.
        announce: called with the server's URL, and the token if it is a random one.

    Raises:
        ConfigError: the address can be reached from other machines and no token was given, or it is not available; or
            both a token and none were asked for.
        RunError: the server cannot be started.
        UserError: something is wrong with a model.
        PrimageError: a worker ended while it loaded the models.
    """
    if tokenless and token is not None:
        raise ConfigError("--token and --no-token contradict each other; leave one out")
    if not address.loopback and token is None:
        raise ConfigError(
            f"--host {address.host} can be reached from other machines; give a --token that nobody else knows"
        )
    chosen = None if tokenless else secrets.token_urlsafe(24) if token is None else token
    with bound(address) as listener:
        port = listener.getsockname()[1]
        app = create_app(options, Access.at(address, port, chosen, options.upload_bytes))
        url = f"http://{address.shown}:{port}"
        asyncio.run(_run(app, listener, options, lambda: announce(url, chosen if token is None else None)))


async def _loaded(loading: asyncio.Task[None]) -> None:
    """Wait for the models.

    Raises:
        UserError: something is wrong with them.
        PrimageError: loading them failed.
    """
    try:
        await loading
    except RefusalError as error:
        if error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            raise
        raise PrimageError(f"the models cannot be loaded: {error}") from error


async def _run(app: FastAPI, listener: socket.socket, options: Options, announce: Callable[[], None]) -> None:
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=_LAST_ANSWERS_SEC,
    )
    server = _Server(config, asyncio.get_running_loop())
    running = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started and not running.done():
        await asyncio.sleep(0.02)
    if running.done():  # the reason is in the log
        await running
        raise RunError("the server could not be started; see the log")
    service: Service = app.state.service
    loading: asyncio.Task[None] = app.state.loading
    told = asyncio.create_task(server.told.wait())
    try:
        await asyncio.wait({loading, told}, return_when=asyncio.FIRST_COMPLETED)
        if loading.done():
            await _loaded(loading)
            announce()
            await told
            drained = asyncio.create_task(service.pool.drained(options.grace_sec))
            await asyncio.wait({drained, running}, return_when=asyncio.FIRST_COMPLETED)
            drained.cancel()
    finally:
        told.cancel()
        server.should_exit = True
        await running
