"""Of requests that overtake each other only the newest is worth doing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from primage.studio.errors import SupersededError

Answer = TypeVar("Answer")


class Latest:
    """Does one job at a time; of those that wait, only the newest."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._newest = 0

    async def run(self, job: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do a job when the one at hand is done.

        Args:
            job: what to do.

        Returns:
            Its answer.

        Raises:
            SupersededError: a newer one came before this one was begun.
        """
        self._newest += 1
        mine = self._newest
        async with self._turn:
            if mine != self._newest:
                raise SupersededError
            return await job()
