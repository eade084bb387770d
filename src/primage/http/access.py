"""What every server checks of a request, and says in every answer: hosts, origins, tokens, lengths."""

from __future__ import annotations

import secrets

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Send

from primage.errors import ConfigError
from primage.http.errors import RefusalError

MIN_TOKEN = 16
#: Methods that change nothing.
SAFE_METHODS = ("GET", "HEAD")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def check_token(token: str) -> None:
    """Check that a token cannot be guessed.

    Args:
        token: the token.

    Raises:
        ConfigError: it is too short.
    """
    if len(token) < MIN_TOKEN:
        raise ConfigError(f"the token is too short; give at least {MIN_TOKEN} characters that are hard to guess")


def same_secret(given: str, secret: str) -> bool:
    """Compare a secret in constant time.

    Args:
        given: from a request.
        secret: what it must be.
    """
    return secrets.compare_digest(given.encode(), secret.encode())


def is_foreign_host(headers: Headers, hosts: frozenset[str]) -> bool:
    """Whether a request was sent to another host than this server.

    This prevents DNS rebinding: a page whose host name was changed to resolve to this machine.

    Args:
        headers: of the request.
        hosts: the "name:port" under which this server can be reached.
    """
    return headers.getlist("host") != [headers.get("host")] or headers.get("host") not in hosts


def is_foreign_origin(headers: Headers, proxied: frozenset[str] = frozenset()) -> bool:
    """Whether a request was made by a page of another site; programs that are no browsers send no origin.

    Args:
        headers: of the request, whose host was checked.
        proxied: hosts that a proxy may serve with TLS.
    """
    origin, host = headers.get("origin"), headers["host"]
    return origin is not None and origin != f"http://{host}" and not (host in proxied and origin == f"https://{host}")


def is_foreign_fetch(headers: Headers) -> bool:
    """Whether a browser says that a page of another site made a request.

    Args:
        headers: of the request.
    """
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def with_headers(send: Send, policy: str, cacheable: bool = False) -> Send:
    """Add the headers that restrict what browsers do with an answer.

    Args:
        send: sends the answer.
        policy: content security policy.
        cacheable: whether the answer, if it is no error, never changes.
    """

    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            headers["Content-Security-Policy"] = policy
            kept = cacheable and message["status"] == 200
            headers["Cache-Control"] = "private, max-age=31536000, immutable" if kept else "no-store"
        await send(message)

    return headed


def limited(receive: Receive, max_bytes: int) -> Receive:
    """Refuse a body that is too long, while it is received.

    Args:
        receive: receives the request.
        max_bytes: largest length.

    Returns:
        The same; it raises `RefusalError`.
    """
    length = 0

    async def counted() -> Message:
        nonlocal length
        message = await receive()
        length += len(message.get("body", b""))
        if length > max_bytes:
            raise RefusalError(413, "too_large", f"the request is larger than {max_bytes >> 20} MB")
        return message

    return counted
