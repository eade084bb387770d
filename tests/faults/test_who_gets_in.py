"""Who gets in: every route of both servers with ten hosts, six origins, with and without its secret."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from primage.serve import security as serve_security
from primage.studio.server import security as studio_security
from tests.tiny import run_alone

PROTOCOL = Path(__file__).parents[2] / "editor/openapi.json"
OURS = ("127.0.0.1:8765", "localhost:8765")
#: What a browser or a program sends as Host; None sends none.
HOSTS = (
    *OURS,
    "127.0.0.1",
    "127.0.0.1:80",
    "localhost:8766",
    "evil.example:8765",
    "127.0.0.1.evil.example:8765",
    "user@127.0.0.1:8765",
    "0.0.0.0:8765",
    None,
)
#: None sends none; "own" is the origin of the server's pages under the host that is asked.
ORIGINS = (None, "own", "null", "https://evil.example", "http://127.0.0.1:8765.evil.example", "http://127.0.0.1:9999")
TOKEN = "a-long-token-for-tests"


def studio_routes() -> Iterator[tuple[str, str]]:
    yield from [("GET", "/"), ("GET", "/assets/app.js"), ("websocket", "/api/projects/0123456789abcdef/socket")]
    for path, operations in json.loads(PROTOCOL.read_text(encoding="utf-8"))["paths"].items():
        for method in operations:
            yield method.upper(), path


def serve_routes() -> Iterator[tuple[str, str]]:
    yield from [("GET", "/models"), ("GET", "/metrics"), ("GET", "/docs"), ("GET", "/openapi.json")]
    yield from [("POST", "/render"), ("POST", "/models/coffee/render"), ("DELETE", "/models"), ("OPTIONS", "/render")]


class Inside:
    """What is behind the guard: remembers that it was reached."""

    def __init__(self) -> None:
        self.reached = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.reached = True


def admitted(make: Callable[[ASGIApp], ASGIApp], kind: str, path: str, headers: dict[str, str]) -> bool:
    """Whether a request reaches what is inside; a refusal must say so."""
    inside, sent = Inside(), []

    async def receive() -> Message:
        return {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "websocket" if kind == "websocket" else "http",
        "method": kind,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    run_alone(make(inside)(scope, receive, send))
    if not inside.reached:
        first = sent[0]
        codes = first.get("status"), first.get("code"), *(message.get("code") for message in sent)
        assert {401, 403, 4401, 4403} & {code for code in codes if code is not None}, sent
    return inside.reached


def requests() -> Iterator[tuple[str | None, str | None, bool]]:
    yield from itertools.product(HOSTS, ORIGINS, (True, False))


def headers_of(host: str | None, origin: str | None, secret: dict[str, str]) -> dict[str, str]:
    headers = {} if host is None else {"host": host}
    if origin is not None:
        headers["origin"] = f"http://{host}" if origin == "own" else origin
    return headers | secret


@pytest.mark.parametrize("server", ["studio", "serve"])
def test_nobody_is_admitted_wrongly(server: str) -> None:
    if server == "studio":
        access = studio_security.Access(TOKEN, frozenset(OURS))
        routes, make = list(studio_routes()), lambda app: studio_security.Guard(app, access)
        secret = {"cookie": f"{access.cookie}={access.session}"}
    else:
        keys = serve_security.Access(TOKEN, frozenset(OURS), 1 << 20)
        routes, make = list(serve_routes()), lambda app: serve_security.Guard(app, keys)
        secret = {"authorization": f"Bearer {TOKEN}"}
    tried = wrong = let_in = 0
    for (method, path), (host, origin, knows) in itertools.product(routes, requests()):
        changes = method not in ("GET", "HEAD")
        own = origin == "own" or (origin is None and not (server == "studio" and changes))
        expected = host in OURS and own and knows
        found = admitted(make, method, path, headers_of(host, origin, secret if knows else {}))
        tried, wrong, let_in = tried + 1, wrong + (found != expected), let_in + found
    assert tried == len(routes) * 120
    assert wrong == 0
    assert let_in > 0


@pytest.mark.parametrize("guess", ["", TOKEN[:-1], TOKEN.upper(), f"{TOKEN} x", f"{TOKEN}\x00", "é" * 22, "Bearer"])
def test_almost_the_secret_is_none(guess: str) -> None:
    access = studio_security.Access(TOKEN, frozenset(OURS))
    keys = serve_security.Access(TOKEN, frozenset(OURS), 1 << 20)
    host = {"host": OURS[0]}
    cookie = {"cookie": f"{access.cookie}={guess}"}
    assert not admitted(lambda app: studio_security.Guard(app, access), "GET", "/api/info", host | cookie)
    bearer = {"authorization": f"Bearer {guess}"}
    assert not admitted(lambda app: serve_security.Guard(app, keys), "GET", "/models", host | bearer)


#: Names that lead to this machine, or look as if they did: what DNS rebinding and other spellings send as Host.
REBINDING = (
    "evil.example",
    "127.0.0.1.nip.io:8765",
    "localtest.me:8765",
    "localhost.:8765",
    "LOCALHOST:8765",
    "127.1:8765",
    "2130706433:8765",
    "0x7f000001:8765",
    "[::ffff:127.0.0.1]:8765",
    "127.0.0.1:8765.evil.example",
    "127.0.0.1:8765@evil.example",
    "127.0.0.1:08765",
    " 127.0.0.1:8765",
    "127.0.0.1:8765, evil.example",
    "１２７.0.0.1:8765",
    "",
)


@pytest.mark.parametrize("host", REBINDING)
@pytest.mark.parametrize("kind", ["GET", "POST", "websocket"])
def test_a_rebound_name_is_refused_even_with_the_secret(kind: str, host: str) -> None:
    access = studio_security.Access(TOKEN, frozenset(OURS))
    keys = serve_security.Access(TOKEN, frozenset(OURS), 1 << 20)
    cookie = {"host": host, "origin": f"http://{host}", "cookie": f"{access.cookie}={access.session}"}
    assert not admitted(lambda app: studio_security.Guard(app, access), kind, "/api/info", cookie)
    if kind != "websocket":  # it has none
        bearer = {"host": host, "authorization": f"Bearer {TOKEN}"}
        assert not admitted(lambda app: serve_security.Guard(app, keys), kind, "/models", bearer)


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_form_of_another_site_is_refused_even_with_the_cookie(kind: str, site: str) -> None:
    access = studio_security.Access(TOKEN, frozenset(OURS))
    sent = {
        "host": OURS[0],
        "cookie": f"{access.cookie}={access.session}",
        "content-type": kind,
        "sec-fetch-site": site,
    }
    for origin in ({"origin": "null"}, {"origin": "https://evil.example"}, {"origin": "http://127.0.0.1:1"}, {}):
        assert not admitted(
            lambda app: studio_security.Guard(app, access), "POST", "/api/projects/sample", sent | origin
        )
    own = {"origin": f"http://{OURS[0]}"}
    assert not admitted(lambda app: studio_security.Guard(app, access), "POST", "/api/projects/sample", sent | own)
