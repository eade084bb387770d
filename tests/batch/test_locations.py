"""What is known of a file at a URL, and whose fault it is when it cannot be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from fsspec.spec import AbstractFileSystem

from primage.batch.locations import fetched, fingerprint, matching, read_text
from primage.errors import ConfigError, ImageError


class ResponseError(Exception):
    """As those of HTTP clients: no OSError."""

    def __init__(self, status: int | None) -> None:
        super().__init__("the server said no")
        self.status = status


class Shop(AbstractFileSystem):  # type: ignore[misc]
    """A server like fsspec's of HTTP, whose `ukey` is that of the URL."""

    protocol = "shop"
    cachable = False
    facts: ClassVar[dict[str, Any]] = {}
    error: ClassVar[Exception | None] = None

    def ukey(self, path: str) -> str:
        return path

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        if self.error is not None:
            raise self.error
        return {"name": path, "type": "file", "size": None, **self.facts}

    def get_file(self, rpath: str, lpath: str, **_: Any) -> None:
        assert self.error is not None, (rpath, lpath)
        raise self.error

    def glob(self, path: str, **_: Any) -> dict[str, Any]:
        return {path: self.info(path)}

    def _open(self, path: str, *_: Any, **__: Any) -> Any:
        return self.info(path)


@pytest.fixture(autouse=True)
def _shop(monkeypatch: pytest.MonkeyPatch) -> None:
    fsspec.register_implementation("shop", Shop, clobber=True)
    monkeypatch.setattr(Shop, "facts", {})
    monkeypatch.setattr(Shop, "error", None)


def test_a_fingerprint_is_of_what_the_server_says(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_facts(**facts: object) -> str | None:
        monkeypatch.setattr(Shop, "facts", facts)
        return fingerprint("shop://photos/a.png")

    kinds: list[dict[str, object]] = [
        {"ETag": "1"},
        {"ETag": "2"},
        {"size": 3},
        {"size": 4},
        {"Last-Modified": "today"},
    ]
    assert len({with_facts(**facts) for facts in kinds} - {None}) == len(kinds)
    assert with_facts(ETag="1", url="https://signed/1") == with_facts(url="https://signed/2", ETag="1")
    assert with_facts(url="https://signed/1", mimetype="image/png") is None
    for error in (ResponseError(503), ResponseError(403), FileNotFoundError()):
        monkeypatch.setattr(Shop, "error", error)
        assert with_facts(ETag="1") is None


@pytest.mark.parametrize("status", [401, 403, 410])
def test_what_a_server_refuses_is_refused(status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shop, "error", ResponseError(status))
    with pytest.raises(ImageError, match=rf"shop://photos/a.png: .* \(HTTP {status}\); check"):
        fetched("shop://photos/a.png", tmp_path)
    with pytest.raises(ConfigError, match=f"HTTP {status}"):
        read_text("shop://photos/all.csv")
    with pytest.raises(ConfigError, match=f"HTTP {status}"):
        matching("shop://photos/*.png")


@pytest.mark.parametrize("status", [None, 429, 500, 503])
def test_a_server_that_fails_may_be_asked_again(
    status: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Shop, "error", ResponseError(status))
    with pytest.raises(OSError, match=r"shop://photos/a.png: ResponseError: the server said no"):
        fetched("shop://photos/a.png", tmp_path)


def test_a_mistake_stays_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shop, "error", ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        fetched("shop://photos/a.png", tmp_path)
