"""The browsers that look at one project."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence

from primage.studio.schemas import Changed, Schema
from primage.studio.wire import pack

#: Messages that may wait for a browser that does not read. A render of 1024² is 3 MB.
_QUEUE = 64


class Client:
    """One browser tab: what waits to be sent to it."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[str | bytes] = asyncio.Queue(_QUEUE)
        #: It reads too slowly; the connection is ended, and the tab comes back for the state as it is then.
        self.slow = asyncio.Event()
        #: The last change that it was sent, and may not have seen when it sent an edit.
        self.sent_revision = 0

    def send(self, message: Schema | bytes) -> None:
        """Queue a message, never waiting.

        Args:
            message: text, or a frame.
        """
        try:
            self.queue.put_nowait(message if isinstance(message, bytes) else message.model_dump_json())
        except asyncio.QueueFull:
            self.slow.set()


class Clients:
    """All tabs of a project."""

    def __init__(self) -> None:
        self._all: set[Client] = set()

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Client]:
        return iter(tuple(self._all))

    @contextlib.contextmanager
    def joined(self) -> Iterator[Client]:
        """One more, as long as it stays."""
        client = Client()
        self._all.add(client)
        try:
            yield client
        finally:
            self._all.discard(client)

    def send(self, message: Schema | bytes) -> None:
        """Send a message to all tabs.

        Args:
            message: text, or a frame.
        """
        for client in self:
            client.send(message)

    def send_change(
        self, header: Changed, pixels: Sequence[bytes], author: Client | None, request: int | None, echo: bool
    ) -> None:
        """Send a change of the drawing to the tabs that do not show it yet.

        Args:
            header: what changed; its ``id`` is filled in for the author.
            pixels: of its patches.
            author: the tab that caused it, if any.
            request: the author's number for it.
            echo: whether the author has to apply it, too.
        """
        for client in self:
            own = client is author
            if echo or not own:
                # An edit that the tab sends before it has received this one overlaps it, and has to be echoed.
                client.sent_revision = header.history.revision
                client.send(pack(header.model_copy(update={"id": request if own else None}), pixels))
