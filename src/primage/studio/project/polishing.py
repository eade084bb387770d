"""Polishing of a project's renders: one at a time, the newest; stopped when the drawing changes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8

from primage.http.errors import Problem, RefusalError
from primage.processes.errors import WorkerDiedError
from primage.studio.messages import Failure
from primage.studio.project.clients import Clients
from primage.studio.workers.polisher import PolishedRender, Polisher, PolishRender

_log = logging.getLogger(__name__)

#: Maximum number of attempts for a render whose worker died.
_MAX_TRIES = 2
#: Pixels of two first pictures that differ by no more than this (grey levels) are the same.
_SAME_LEVELS = 6

#: Called with the result; None if polishing failed, which the tabs have been told.
Show = Callable[[PolishedRender | None], None]


class Polishing:
    """Polishes the newest render in the background.

    Args:
        polisher: the polishing worker.
        clients: the tabs.
    """

    def __init__(self, polisher: Polisher, clients: Clients) -> None:
        self._polisher = polisher
        self._clients = clients
        self._next: tuple[PolishRender, Show] | None = None
        self._running: PolishRender | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def task(self) -> asyncio.Task[None] | None:
        """What is running, if anything is."""
        return None if self._task is None or self._task.done() else self._task

    def start(self, job: PolishRender, show: Show) -> None:
        """Polish a render after the one in progress, instead of others that wait.

        Args:
            job: the render.
            show: receives the result, unless `stop` is called before.
        """
        self._next = (job, show)
        if self.task is None:
            self._task = asyncio.create_task(self._polish_newest())

    def stop(self) -> None:
        """Stop after the current step of the synthesis, without a result."""
        self._next = None
        if self._running is not None:
            self._polisher.stop(self._running)
            self._running = None

    async def _polish_newest(self) -> None:
        while self._next is not None:
            (self._running, show), self._next = self._next, None
            job = self._running
            result = await self._polished(job)
            if self._running is job:
                self._running = None
                show(result)

    async def _polished(self, job: PolishRender) -> PolishedRender | None:
        for _ in range(_MAX_TRIES):
            try:
                return await self._polisher.run(job)
            except WorkerDiedError:  # reported by the hub
                continue
            except RefusalError as error:
                if error.code != "superseded":
                    self._clients.send(Failure(problem=Problem(code=error.code, message=str(error))))
                break
            except Exception:
                _log.exception("polishing failed")
                break
        return None

    async def close(self) -> None:
        """Stop polishing."""
        self.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def keep_polished(
    image: UInt8[np.ndarray, "h w 3"], before: UInt8[np.ndarray, "h2 w2 3"], polished: UInt8[np.ndarray, "h2 w2 3"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Use the pixels of an earlier, polished picture where a first picture shows the same as that did at first.

    Args:
        image: a first picture.
        before: an earlier first picture.
        polished: what became of that.

    Returns:
        The first picture, with polished pixels where it has not changed.

    Example:
        >>> first, before, polished = (np.full((1, 2, 3), value, np.uint8) for value in (52, 50, 80))
        >>> before[0, 1] = 0
        >>> keep_polished(first, before, polished)[..., 0]
        array([[80, 52]], dtype=uint8)
    """
    if image.shape != before.shape:
        return image
    same = np.abs(image.astype(np.int16) - before).max(axis=2) <= _SAME_LEVELS
    return np.where(same[..., None], polished, image)
