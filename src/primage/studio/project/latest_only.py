"""Runs only the newest of several waiting requests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from primage.processes.errors import SupersededError

Answer = TypeVar("Answer")


class LatestOnly:
    """Runs one job at a time; of several waiting jobs, only the newest."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._newest = 0

    async def run(self, job: Callable[[], Awaitable[Answer]]) -> Answer:
        """Run a job as soon as the current one is done.

        Args:
            job: function that starts the job.

        Returns:
            Its result.

        Raises:
            SupersededError: a newer job arrived before this one was started.
        """
        self._newest += 1
        number = self._newest
        async with self._lock:
            if number != self._newest:
                raise SupersededError
            return await job()
