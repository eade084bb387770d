"""A server that ends in order after a signal, whatever else comes."""

from __future__ import annotations

import signal
import socket
from types import FrameType

import uvicorn


class Server(uvicorn.Server):
    """Ends its application after the second signal, too, which uvicorn leaves out, and raises none of them again."""

    #: The first signal that it received.
    received: signal.Signals | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop after what is running, or, with the second signal, at once."""
        self.force_exit = self.received is not None
        self.received = self.received or signal.Signals(sig)
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the connections, and then the application."""
        await super().shutdown(sockets)
        if self.force_exit:
            await self.lifespan.shutdown()
