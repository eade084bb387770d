"""Names that try to lead out of a folder, and a way to send them as they are."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from tests.faults.hostile_texts import WAYS_OUT

SECRET = "a secret of another folder"
_FILE = "secret.txt"

#: As they arrive after the server has decoded the address once; those with % were encoded twice.
PAYLOADS = (
    *(name for name in WAYS_OUT if len(name) < 1000),
    *(f"{'../' * depth}{_FILE}" for depth in (1, 2, 3, 8)),
    *(f"{'%2e%2e%2f' * depth}{_FILE}" for depth in (1, 3)),
    *(f"{way}{_FILE}" for way in ("..%2f", "%2e%2e/", "..%5c", "%252e%252e%252f", "..%c0%af", "..%ef%bc%8f", "....//")),
    *(
        f"{way}{_FILE}"
        for way in ("..;/", "..\\/", "../\0", "\0../", "..\n/", "\u2025/", "\uff0e\uff0e\uff0f", "..\u2215")
    ),
    f"../{_FILE}\0.png",
    f"file:///{_FILE}",
    f"0123456789abcdef/../../{_FILE}",
    f"0123456789abcdef\n/../{_FILE}",
    "0123456789abcdef\n",
    "０１２３４５６７８９abcdef",
    "0123456789ABCDEF",
    ".",
    "..",
    "...",
    " ",
    "\0",
    "%00",
    "project.json",
    "drawing.bin",
    "run-1/run.json",
    "/etc/passwd",
    "/proc/self/environ",
    "\\\\localhost\\c$\\evil",
    "CON",
    "PRN.png",
    "a" * 255,
    "a" * 4000,
    "\u202e/..",
    "\ud7ff",
    "é" * 130,
    "{}",
    "*",
    "[0-9a-f]*",
    "$(touch evil)",
    "`touch evil`",
    "; touch evil",
    "|touch evil",
)


class OpenedFiles:
    """Which files Python opened, while it looks."""

    def __init__(self) -> None:
        self.looking, self.paths = False, set[str]()
        sys.addaudithook(self._seen)

    def _seen(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.looking and event == "open" and isinstance(arguments[0], str):
            self.paths.add(arguments[0])

    @contextmanager
    def watched(self) -> Iterator[set[str]]:
        self.looking, self.paths = True, set()
        try:
            yield self.paths
        finally:
            self.looking = False


def plant(folder: Path) -> None:
    """Write the secret beside and above a folder."""
    for each in (folder, *list(folder.parents)[:2]):
        (each / _FILE).write_text(SECRET)


def is_outside(path: str) -> bool:
    """Whether an opened path is one that a payload could have led to."""
    name = Path(path).name
    return name in (_FILE, "passwd", "environ") or "evil" in name


async def answered(
    app: ASGIApp, method: str, path: str, headers: dict[str, str], query: bytes = b"", body: bytes | Any = b""
) -> tuple[int, bytes]:
    """Send a request whose path no client has tidied up: the status and the body of the answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent: list[Message] = []
    received = iter([{"type": "http.request", "body": data, "more_body": False}])

    async def receive() -> Message:
        return next(received, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        sent.append(message)

    kind = {"content-type": "application/octet-stream" if isinstance(body, bytes) else "application/json"}
    scope: Scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "surrogatepass"),
        "root_path": "",
        "query_string": query,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8765),
        "headers": [(name.lower().encode(), value.encode()) for name, value in {**kind, **headers}.items()],
    }
    await app(scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    return start["status"], b"".join(message.get("body", b"") for message in sent)
