"""The photos that wait, those that are tried again among them."""

from __future__ import annotations

import heapq
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from primage.batch.outcome import Outcome
from primage.batch.plan import Job

#: Before the second attempt; each further one waits twice as long, up to the longest.
_FIRST_WAIT_SEC, _LONGEST_WAIT_SEC = 1.0, 60.0


@dataclass(frozen=True)
class Attempt:
    """An attempt at a photo.

    Attributes:
        job: the photo.
        number: from 1.
    """

    job: Job
    number: int = 1


class Queue:
    """Photos in order; after a failure of the machine or the network, one is tried again a while later.

    Args:
        jobs: the photos.
        retries: how often one is tried again.
    """

    def __init__(self, jobs: Iterable[Job], retries: int) -> None:
        self._new = deque(Attempt(job) for job in jobs)
        self._again: list[tuple[float, int, Attempt]] = []
        self._retries = retries

    def __len__(self) -> int:
        """Number of photos that wait."""
        return len(self._new) + len(self._again)

    def take(self) -> Attempt | None:
        """The next attempt; None if there is none, or it is not yet time for it."""
        if self._again and self._again[0][0] <= time.monotonic():
            return heapq.heappop(self._again)[2]
        return self._new.popleft() if self._new else None

    def next_job(self) -> Job | None:
        """A photo that waits, whose needs are those of all others; None if there is none."""
        if self._new:
            return self._new[0].job
        return self._again[0][2].job if self._again else None

    def put_back(self, attempt: Attempt, outcome: Outcome) -> bool:
        """Try a photo again, if that may help.

        Args:
            attempt: what failed.
            outcome: how.

        Returns:
            Whether it will be tried again.
        """
        if outcome.status != "failed" or not outcome.transient or attempt.number > self._retries:
            return False
        wait = min(_FIRST_WAIT_SEC * 2 ** (attempt.number - 1), _LONGEST_WAIT_SEC)
        again = Attempt(attempt.job, attempt.number + 1)
        heapq.heappush(self._again, (time.monotonic() + wait, attempt.job.number, again))
        return True
