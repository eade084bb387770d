"""One tiny run, and one server for all tests of its API, because its worker takes seconds to start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from primage.serve.app import create_app
from primage.serve.options import Options
from primage.serve.security import Access
from tests.tiny import command, one_thread, options, write_photo

HOST = "127.0.0.1:8780"
TOKEN = "a token that nobody can guess"


def client(settings: Options) -> TestClient:
    """A client of a server that is not running yet."""
    access = Access(TOKEN, frozenset({HOST}), settings.upload_bytes)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return TestClient(create_app(settings, access), base_url=f"http://{HOST}", headers=headers)


def ready(http: TestClient) -> TestClient:
    """Wait until the models are loaded."""
    while http.get("/health/ready").status_code != 200:
        loading = http.app.state.loading  # type: ignore[attr-defined]
        assert not loading.done() or loading.exception() is None, loading.exception()
        time.sleep(0.05)
    return http


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run called "tiny", which can render; its photo lies beside it."""
    folder = tmp_path_factory.mktemp("served")
    with one_thread():
        photo = write_photo(folder)
        assert command("train", photo, "-o", folder / "tiny", *options(steps=1, size=32), "--quiet") == 0
    return folder / "tiny"


@pytest.fixture(scope="session")
def http(run: Path) -> Iterator[TestClient]:
    settings = Options((run,), (run.parent / "photo.png",), upload_bytes=100_000)
    with client(settings) as inside:
        yield ready(inside)
