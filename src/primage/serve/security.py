"""Access control: only clients that have the token, and no pages of other sites."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from primage.http.access import (
    check_token,
    is_foreign_fetch,
    is_foreign_host,
    is_foreign_origin,
    limited,
    same_secret,
    with_headers,
)
from primage.http.address import Address, hosts_of
from primage.http.problems import problem

#: Of HTTP and HTTPS.
_DEFAULT_PORTS = (80, 443)
#: What needs no token: probes of the machine that watches the server.
_OPEN = ("/health/live", "/health/ready")
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


@dataclass(frozen=True)
class Access:
    """What requests are checked against.

    Attributes:
        token: the token that clients send; None if everybody on this machine may use the server.
        hosts: "name:port" as clients may send them in ``Host``.
        max_bytes: largest request.
        proxied: those of the hosts that a proxy may serve with TLS.
    """

    token: str | None
    hosts: frozenset[str]
    max_bytes: int
    proxied: frozenset[str] = frozenset()

    @classmethod
    def at(cls, address: Address, port: int, token: str | None, max_bytes: int) -> Access:
        """Access to a server at an address.

        Args:
            address: the server's address; its names may be those of a proxy.
            port: the actual port.
            token: as for the class.
            max_bytes: as for the class.
        """
        hosts = hosts_of(address, port)
        # Clients leave out the port that is the default of their protocol; for a proxy's name, that is the proxy's.
        bare = {host.rpartition(":")[0] for host in hosts} if port in _DEFAULT_PORTS else frozenset[str]()
        proxied = frozenset(address.names) | {f"{name}:{port}" for name in address.names}
        return cls(token, hosts | bare | {*address.names}, max_bytes, proxied)

    def __post_init__(self) -> None:
        """Refuse a token that can be guessed."""
        if self.token is not None:
            check_token(self.token)


class Guard:
    """Middleware that refuses requests without access.

    Args:
        app: the application.
        access: token and hosts.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request, or the server's start and shutdown."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headed = with_headers(send, _POLICY)
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, headed)
        else:
            await self._app(scope, limited(receive, self._access.max_bytes), headed)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if is_foreign_host(headers, self._access.hosts):
            return problem(403, "wrong_host", "this server is used at its own address; --name adds another one")
        if is_foreign_origin(headers, self._access.proxied) or is_foreign_fetch(headers):
            return problem(403, "wrong_origin", "pages of other sites cannot use this server")
        if scope["path"] in _OPEN or self._access.token is None:
            return None
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not same_secret(given.strip(), self._access.token):
            answer = problem(401, "no_token", "send the server's token: Authorization: Bearer TOKEN")
            answer.headers["WWW-Authenticate"] = "Bearer"
            return answer
        return None
