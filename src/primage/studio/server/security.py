"""Access control: only browsers that have the token, and only requests from this server's own pages."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from primage.http.access import (
    SAFE_METHODS,
    check_token,
    is_foreign_fetch,
    is_foreign_host,
    is_foreign_origin,
    limited,
    same_secret,
    with_headers,
)
from primage.http.problems import problem
from primage.studio.server.pages import forwarding, page

#: Close code of a WebSocket whose cookie is missing or belongs to an earlier server.
STALE_SESSION = 4401
#: Largest JSON request; files have their own limits, which are checked when they are received.
_JSON_BYTES = 1 << 20
_FILE_ROUTES = re.compile(r"/api/projects/(upload|import|[0-9a-f]{16}/(drawing|picture|own))")


@dataclass(frozen=True)
class Access:
    """Secrets and host names that requests are checked against.

    Attributes:
        token: the token that opens the first page.
        hosts: "name:port" as browsers may send them in ``Host``.
        session: value of the cookie; a separate secret, so that the cookie does not reveal the token.
    """

    token: str
    hosts: frozenset[str]
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def __post_init__(self) -> None:
        """Refuse a token that can be guessed."""
        check_token(self.token)

    @property
    def cookie(self) -> str:
        """Name of the cookie. It contains the port, because cookies are shared by all ports of a host."""
        port = min(self.hosts).rpartition(":")[2]
        return f"primage_studio_{port}"


class Guard:
    """Middleware that refuses requests without access.

    Args:
        app: the application.
        access: token, cookie and hosts.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access
        # In older browsers 'self' does not include sockets. Chromium accepts no IPv6 addresses here.
        sockets = " ".join(sorted(f"ws://{host}" for host in access.hosts if not host.startswith("[")))
        self._policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
            f"connect-src 'self' {sockets}; font-src 'self'; worker-src 'self'; manifest-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, a WebSocket, or the server's start and shutdown."""
        if scope["type"] == "websocket":
            refusal = self._refusal(scope)
            if refusal is None:
                await self._app(scope, receive, send)
            else:
                await _refuse_socket(refusal, receive, send)
        elif scope["type"] == "http":
            await self._request(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Built files have a hash in their name; nothing else may be cached.
        headed = with_headers(send, self._policy, cacheable=scope["path"].startswith("/assets/"))
        answer = self._log_in(scope) or self._refusal(scope)
        if answer is not None:
            await answer(scope, receive, headed)
        elif _FILE_ROUTES.fullmatch(scope["path"]):
            await self._app(scope, receive, headed)
        else:
            await self._app(scope, limited(receive, _JSON_BYTES), headed)

    def _log_in(self, scope: Scope) -> Response | None:
        """The first page: the token is exchanged for a cookie and removed from the address."""
        query = parse_qs(scope["query_string"].decode("latin-1"))
        if scope["path"] != "/" or "token" not in query or scope["method"] not in SAFE_METHODS:
            return None
        if is_foreign_host(Headers(scope=scope), self._access.hosts):
            return None
        given = query["token"][0]
        if not same_secret(given, self._access.token):
            return HTMLResponse(page("Wrong token", "Open the address that the studio printed when it started."), 403)
        rest = {name: values[0] for name, values in query.items() if name != "token"}
        target = "/" + ("?" + urlencode(rest) if rest else "")
        answer: Response = RedirectResponse(target, 303)
        if Headers(scope=scope).get("sec-fetch-site") in ("cross-site", "same-site"):
            # If the link was followed from another site, such as a terminal in a browser, a redirect would still count
            # as that site's request and be sent without the cookie. So this page makes a new request instead.
            answer = HTMLResponse(forwarding(target))
        answer.set_cookie(self._access.cookie, self._access.session, httponly=True, samesite="strict", path="/")
        return answer

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if is_foreign_host(headers, self._access.hosts):
            return problem(403, "wrong_host", "this studio can only be used at its own address")
        required = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if (headers.get("origin") is None and required) or is_foreign_origin(headers):
            return problem(403, "wrong_origin", "this request does not come from the studio's own page")
        # Pages need only the cookie; without it, they explain what to do.
        if is_foreign_fetch(headers) and scope["path"].startswith("/api/"):
            return problem(403, "wrong_origin", "this request does not come from the studio's own page")
        if not self._has_cookie(headers):
            if scope["path"].startswith("/api/"):
                return problem(401, "no_cookie", "open the address that the studio printed when it started")
            text = "Open the address that the studio printed when it started: it ends in a token."
            return HTMLResponse(page("This studio is locked", text), 401)
        return None

    def _has_cookie(self, headers: Headers) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", "")).get(self._access.cookie)
        except CookieError:
            return False
        return cookie is not None and same_secret(cookie.value, self._access.session)


async def _refuse_socket(refusal: Response, receive: Receive, send: Send) -> None:
    """Close a WebSocket without access.

    A page of the studio with a stale cookie (the server was restarted) is accepted and then closed, because browsers
    hide the reason of a failed handshake. All others are refused before they are accepted (status 403).
    """
    await receive()  # "websocket.connect"
    if refusal.status_code == HTTPStatus.UNAUTHORIZED:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": STALE_SESSION, "reason": "the session has expired"})
    else:
        await send({"type": "websocket.close", "code": 4403})
