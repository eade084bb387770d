from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from primage.errors import ConfigError
from primage.studio.server.security import Access
from tests.studio.visitor import HOST, ORIGIN, TOKEN, Visitor


def stranger(visitor: Visitor, **headers: str) -> TestClient:
    """A client of the same server without the cookie. (Not entered: the server runs already.)"""
    client = TestClient(visitor.app, base_url=ORIGIN, headers=headers, follow_redirects=False)
    client.portal = visitor.http.portal
    return client


def test_the_token_becomes_a_cookie_and_leaves_the_address(visitor: Visitor) -> None:
    answer = stranger(visitor).get(f"/?token={TOKEN}&project=0123456789abcdef")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?project=0123456789abcdef"
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("primage_studio_8765=")
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    assert "Path=/" in cookie


def test_a_link_on_another_site_is_forwarded_by_our_own_page(visitor: Visitor) -> None:
    answer = stranger(visitor, **{"Sec-Fetch-Site": "cross-site"}).get(f"/?token={TOKEN}&project=%22%3E%3Cscript%3E")
    assert answer.status_code == 200
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert 'content="0;url=/?project=%22%3E%3Cscript%3E"' in answer.text
    locked = stranger(visitor, **{"Sec-Fetch-Site": "cross-site"}).get("/")
    assert locked.status_code == 401
    assert "locked" in locked.text


@pytest.mark.parametrize("query", ["?token=", "?token=wrong", f"?token={TOKEN}x", "?token=%FF", f"?x={TOKEN}", ""])
def test_another_token_opens_nothing(visitor: Visitor, query: str) -> None:
    answer = stranger(visitor).get(f"/{query}")
    assert answer.status_code in (401, 403)
    assert "set-cookie" not in answer.headers
    assert "token" in answer.text


def test_a_token_is_not_taken_anywhere_else(visitor: Visitor) -> None:
    assert stranger(visitor).get(f"/api/info?token={TOKEN}").status_code == 401
    assert stranger(visitor, Origin=ORIGIN).post(f"/?token={TOKEN}").status_code == 401


@pytest.mark.parametrize("cookie", ["", "primage_studio_8765=", "primage_studio_8765=x", "primage_studio_1=x", "=;=,;"])
@pytest.mark.parametrize("path", ["/api/info", "/api/projects", "/api/projects/0123456789abcdef/photo", "/api/nothing"])
def test_nothing_without_the_cookie(visitor: Visitor, cookie: str, path: str) -> None:
    answer = stranger(visitor, Cookie=cookie).get(path)
    assert answer.status_code == 401
    assert answer.json()["code"] == "no_cookie"


def test_pages_and_assets_need_the_cookie_too(visitor: Visitor) -> None:
    for path in ("/", "/index.html", "/assets/index.js"):
        answer = stranger(visitor).get(path)
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1", "127.0.0.1:80", "localhost.evil.example:8765", ""]
)
def test_another_host_is_refused_even_with_the_cookie_or_the_token(visitor: Visitor, host: str) -> None:
    answer = visitor.http.get("/api/info", headers={"Host": host})
    assert answer.status_code == 403
    assert answer.json()["code"] == "wrong_host"
    assert "set-cookie" not in visitor.http.get(f"/?token={TOKEN}", headers={"Host": host}).headers


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1:8765", f"{ORIGIN}.evil.example", ""],
)
def test_another_origin_is_refused(visitor: Visitor, origin: str) -> None:
    for method, path in (
        ("POST", "/api/projects/sample"),
        ("DELETE", "/api/projects/0123456789abcdef"),
        ("GET", "/api/info"),
    ):
        answer = visitor.http.request(method, path, headers={"Origin": origin})
        assert answer.status_code == 403
        assert answer.json()["code"] == "wrong_origin"


def test_changing_something_needs_an_origin(visitor: Visitor) -> None:
    cookie = f"primage_studio_8765={visitor.http.cookies['primage_studio_8765']}"
    assert stranger(visitor, Cookie=cookie).get("/api/info").status_code == 200
    answer = stranger(visitor, Cookie=cookie).post("/api/projects/sample", json={"sample": "chelsea"})
    assert answer.status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_requests_of_other_sites_are_refused(visitor: Visitor, site: str) -> None:
    assert visitor.http.get("/api/info", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert visitor.http.get("/api/info", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_sockets_are_guarded_in_the_same_way(visitor: Visitor) -> None:
    good = {"Origin": ORIGIN, "Cookie": f"primage_studio_8765={visitor.http.cookies['primage_studio_8765']}"}
    path = f"ws://{HOST}/api/projects/0123456789abcdef/socket"
    with stranger(visitor, **good).websocket_connect(path) as socket:
        assert socket.receive()["code"] == 4404  # let in, and told that there is no such project
    for change in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Host": "evil.example:8765"},
        {"Cookie": "", "Origin": "http://evil.example"},
    ):
        with (
            pytest.raises(WebSocketDisconnect) as refused,
            stranger(visitor, **(good | change)).websocket_connect(path),
        ):
            pass
        assert refused.value.code == 4403, change


@pytest.mark.parametrize("cookie", ["", "primage_studio_8765=of-an-earlier-server"])
def test_a_socket_with_a_stale_cookie_is_accepted_and_closed_with_its_own_code(visitor: Visitor, cookie: str) -> None:
    path = f"ws://{HOST}/api/projects/0123456789abcdef/socket"
    with stranger(visitor, Origin=ORIGIN, Cookie=cookie).websocket_connect(path) as socket:
        message = socket.receive()
    assert (message["type"], message["code"]) == ("websocket.close", 4401)


def test_every_response_forbids_what_our_pages_never_do(visitor: Visitor) -> None:
    for answer in (
        visitor.http.get("/api/info"),
        visitor.http.get("/"),
        visitor.http.get("/nothing"),
        stranger(visitor).get("/"),
    ):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert f"ws://{HOST}" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/..%2f..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/assets/..%2f..%2fapp.py",
        "/api/projects/..%2f..%2fetc",
        "/api/projects/%2e%2e/photo",
        "/api/projects/ABCDEF0123456789",
        "/api/projects/0123456789abcdef%00",
        "/api/projects/0123456789abcdef/export/..%2fproject.json.png",
        "/api/samples/..%2f..%2fetc%2fpasswd/image",
        "/api/samples/chelsea.png/image",
    ],
)
def test_paths_lead_nowhere(visitor: Visitor, path: str) -> None:
    answer = visitor.http.get(path)
    assert answer.status_code in (404, 422)
    assert "root:" not in answer.text


def test_methods_and_bodies_that_nobody_expects(visitor: Visitor) -> None:
    assert visitor.http.put("/api/info").status_code == 405
    assert visitor.http.options("/api/info").status_code == 405
    big = b'{"sample": "' + b"x" * (1 << 20) + b'"}'
    answer = visitor.http.post("/api/projects/sample", content=big, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 413)


def test_a_token_that_could_be_guessed_is_refused() -> None:
    with pytest.raises(ConfigError, match="too short"):
        Access("0123", frozenset({HOST}))
