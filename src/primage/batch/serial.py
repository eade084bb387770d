"""The plain loop: one photo after the other in this process. It is the reference for the cluster."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

from primage.batch.outcome import Outcome, Update
from primage.batch.photo import attempted
from primage.batch.queue import Attempt, Queue

#: Between two looks at a queue in which every photo waits to be tried again.
_POLL_SEC = 0.1


def serially(queue: Queue, stopped: Callable[[], bool]) -> Iterator[Update]:
    """Work through a queue.

    Args:
        queue: the photos; a failed one may be put back while this runs.
        stopped: returns whether to stop.

    Yields:
        News of the photos, the outcome of each attempt among them.
    """
    while len(queue) and not stopped():
        attempt = queue.take()
        if attempt is None:
            time.sleep(_POLL_SEC)
        else:
            yield from _followed(attempt, stopped)


def _followed(attempt: Attempt, stopped: Callable[[], bool]) -> Iterator[Update]:
    outcome = Outcome("stopped")
    with contextlib.closing(attempted(attempt.job)) as stages:
        while not stopped():
            try:
                stage = next(stages)
            except StopIteration as end:
                outcome = end.value
                break
            yield Update(attempt.job, attempt.number, stage)
    yield Update(attempt.job, attempt.number, outcome=outcome)
