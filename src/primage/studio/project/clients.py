"""The browser tabs that show a project."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Sequence

from primage.studio.messages import Changed
from primage.studio.schemas import Schema
from primage.studio.wire import pack

#: Length of the queue for a slow browser. A render of 1024 × 1024 px takes 3 MB.
_MAX_QUEUE = 64


class Client:
    """One browser tab, with its queue of messages."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[str | bytes] = asyncio.Queue(_MAX_QUEUE)
        #: Set if the tab reads too slowly. Its connection is closed, and it reconnects to get the current state.
        self.slow = asyncio.Event()
        #: Revision of the last change sent to the tab, which it may not have received yet when it sends an edit.
        self.sent_revision = 0

    def send(self, message: Schema | bytes) -> None:
        """Queue a message without waiting.

        Args:
            message: sent as text, or a binary frame.
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
        """Add a tab for the duration of the block."""
        client = Client()
        self._all.add(client)
        try:
            yield client
        finally:
            self._all.discard(client)

    def send(self, message: Schema | bytes) -> None:
        """Send a message to all tabs.

        Args:
            message: sent as text, or a binary frame.
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
            request: the author's id for it.
            echo: whether to send it to the author as well.
        """
        for client in self:
            own = client is author
            if echo or not own:
                # An edit sent by the tab before it has received this change overlaps it and must be echoed.
                client.sent_revision = header.history.revision
                client.send(pack(header.model_copy(update={"id": request if own else None}), pixels))
