"""Jobs of a worker process that sleep, or end it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from primage.processes.jobs import Job


@dataclass(frozen=True)
class Sleep(Job[int]):
    seconds: float


@dataclass(frozen=True)
class Exit(Job[None]):
    code: int


@dataclass(frozen=True)
class WarmUp(Job[None]):
    pass


@Sleep.handled_by
def sleep(job: Sleep) -> int:
    time.sleep(job.seconds)
    return os.getpid()


@Exit.handled_by
def leave(job: Exit) -> None:
    os._exit(job.code)


@WarmUp.handled_by
def warm_up(_job: WarmUp) -> None:
    pass
