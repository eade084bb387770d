"""The queue, limits and what happens to workers, without models."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from primage.serve import pool
from primage.serve.options import Options
from primage.serve.pool import Pool
from primage.serve.routes import FACTS
from tests.serve.conftest import HOST, client, ready
from tests.serve.slow import DEADLY, ENDLESS, SLOW, SlowRenderer


@contextmanager
def server(folder: Path, monkeypatch: pytest.MonkeyPatch, **limits: Any) -> Iterator[TestClient]:
    monkeypatch.setattr(pool, "Renderer", SlowRenderer)
    with client(Options((folder,), **limits)) as http:
        yield ready(http)


def ask(http: TestClient, seed: int = 0) -> Response:
    return http.post("/models/tiny/render", params={"seed": seed}, json=[])


def the_pool(http: TestClient) -> Pool:
    found: Pool = http.app.state.service.pool  # type: ignore[attr-defined]
    return found


def until_running(http: TestClient, running: int, waiting: int = 0) -> None:
    while True:
        health = http.get("/health/live").json()
        if (health["running"], health["waiting"]) == (running, waiting):
            return
        time.sleep(0.01)


def count(http: TestClient, name: str) -> float:
    lines = [line for line in http.get("/metrics").text.splitlines() if line.startswith(name)]
    return float(lines[0].rpartition(" ")[2]) if lines else 0


def test_a_full_queue_says_when_to_try_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(tmp_path, monkeypatch, queue=1) as http, ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(ask, http, SLOW) for _ in range(2)]
        until_running(http, 1, waiting=1)
        refused = ask(http)
        assert (refused.status_code, refused.json()["code"]) == (429, "busy")
        assert int(refused.headers["retry-after"]) >= 1
        assert [answer.result().status_code for answer in asked] == [200, 200]
        assert ask(http).content == b"picture"
        assert count(http, 'primage_renders_total{model="tiny",outcome="busy"}') == 1


def test_two_workers_share_the_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(tmp_path, monkeypatch, workers=2) as http, ThreadPoolExecutor(2) as threads:
        while the_pool(http)._idle.qsize() < 2:
            time.sleep(0.01)
        asked = [threads.submit(ask, http, SLOW) for _ in range(2)]
        assert len({json.loads(answer.result().headers[FACTS])["pid"] for answer in asked}) == 2


def test_a_render_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(tmp_path, monkeypatch, time_limit_sec=0.3) as http:
        ended = ask(http, ENDLESS)
        assert (ended.status_code, ended.json()["code"]) == (504, "time_limit")
        assert ask(http).status_code == 200, "the start of a new process, which takes longer, does not count"
        assert count(http, "primage_worker_deaths_total") == 0


def test_a_job_that_ends_its_worker_fails_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(tmp_path, monkeypatch) as http:
        died = ask(http, DEADLY)
        assert (died.status_code, died.json()["code"]) == (500, "worker_died")
        assert ask(http).status_code == 200, "the next one has another process"
        assert count(http, "primage_worker_deaths_total") == 1


def test_when_stopping_nothing_new_is_accepted_and_the_rest_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(tmp_path, monkeypatch) as http, ThreadPoolExecutor(2) as threads:
        asked = threads.submit(ask, http, SLOW)
        until_running(http, 1)
        assert http.portal is not None
        drained = threads.submit(http.portal.call, the_pool(http).drained, 60.0)
        while http.get("/health/ready").json()["status"] != "stopping":
            time.sleep(0.01)
        refused = ask(http)
        assert (refused.status_code, refused.json()["code"]) == (503, "stopping")
        assert refused.headers["retry-after"]
        assert http.get("/health/ready").status_code == 503
        assert http.get("/health/live").status_code == 200
        drained.result()
        assert asked.result().status_code == 200


def raw(http: TestClient, seed: int, receive: Callable[[], Awaitable[dict[str, Any]]]) -> list[dict[str, Any]]:
    """A request whose body arrives as a test says. Returns the messages of the answer."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = {**http.headers, "host": HOST, "content-type": "application/json"}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/models/tiny/render",
        "query_string": f"seed={seed}".encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }
    assert http.portal is not None
    http.portal.call(http.app, scope, receive, send)
    return sent


def test_a_client_that_hangs_up_frees_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_PATIENCE_SEC", 0.1)
    with server(tmp_path, monkeypatch, queue=0) as http:
        messages = [{"type": "http.request", "body": b"[]"}, {"type": "http.disconnect"}]

        async def receive() -> dict[str, Any]:
            while len(messages) == 1 and not the_pool(http)._running:
                await asyncio.sleep(0.01)
            return messages.pop(0)

        raw(http, ENDLESS, receive)
        assert ask(http).status_code == 200
        assert count(http, 'primage_renders_total{model="tiny",outcome="gone"}') == 1


def test_an_upload_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"[", "more_body": True}

    with server(tmp_path, monkeypatch, upload_sec=0.1) as http:
        start, body = raw(http, 0, receive)
        assert (start["status"], json.loads(body["body"])["code"]) == (408, "upload_time")


def test_until_the_models_are_loaded_clients_repeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(tmp_path, monkeypatch) as http:
        the_pool(http).models = {}
        answer = ask(http)
        assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "loading", "5")
        listed = http.get("/models")
        assert (listed.status_code, listed.json()["code"], listed.headers["retry-after"]) == (503, "loading", "5")
        assert http.get("/health/ready").json()["status"] == "loading"
