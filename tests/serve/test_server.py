"""The server's start and end, with a worker that has no models."""

from __future__ import annotations

import http.client
import json
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from primage.errors import PrimageError
from primage.http.address import Address
from primage.serve import pool, server
from primage.serve.options import Options
from tests.serve.slow import DEADLY_RUN, ENDLESS, SlowRenderer


@pytest.fixture(autouse=True)
def slow_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "Renderer", SlowRenderer)


def serve(run: Path, announce: Callable[[str, str | None], None]) -> None:
    """Serve without a token until the end, in a thread: a server of its own has a loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(server.serve, Options((run,)), Address(), None, True, announce).result()


def test_a_worker_that_dies_while_loading_is_no_mistake_of_the_user(tmp_path: Path) -> None:
    folder = tmp_path / DEADLY_RUN
    folder.mkdir()
    with pytest.raises(PrimageError, match="ended unexpectedly") as raised:
        serve(folder, lambda _url, _token: None)
    assert raised.value.exit_code == 1


def test_a_second_signal_ends_the_server_and_its_workers_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workers: list[SlowRenderer] = []
    start = SlowRenderer.__init__

    def remembered(self: SlowRenderer, *arguments: Any) -> None:
        workers.append(self)
        start(self, *arguments)

    servers: list[server._Server] = []

    class Remembered(server._Server):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            servers.append(self)

    monkeypatch.setattr(SlowRenderer, "__init__", remembered)
    monkeypatch.setattr(server, "_Server", Remembered)
    signalled: list[float] = []

    def status(host: str) -> dict[str, object]:
        with closing(http.client.HTTPConnection(host, timeout=20)) as connection:
            connection.request("GET", "/health/live")
            found: dict[str, object] = json.loads(connection.getresponse().read())
            return found

    def use(url: str) -> None:
        host = url.removeprefix("http://")
        with closing(http.client.HTTPConnection(host, timeout=20)) as render:
            headers = {"Content-Type": "application/json"}
            render.request("POST", f"/models/tiny/render?seed={ENDLESS}", "[]", headers)
            while not status(host)["running"]:
                time.sleep(0.02)
            servers[0].handle_exit(signal.SIGTERM, None)
            while status(host)["status"] != "stopping":
                time.sleep(0.02)
            signalled.append(time.monotonic())
            servers[0].handle_exit(signal.SIGTERM, None)
            with suppress(http.client.HTTPException, OSError):
                render.getresponse().read()

    user: list[threading.Thread] = []

    def announce(url: str, _token: str | None) -> None:
        user.append(threading.Thread(target=use, args=(url,)))
        user[0].start()

    serve(tmp_path, announce)
    assert time.monotonic() - signalled[0] < 5, "neither the render nor the grace is waited for"
    user[0].join()
    assert [worker.alive for worker in workers] == [False]
