"""What a server offers, and its limits."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from primage.errors import ConfigError, RunError
from primage.run_folder import name_of

#: The largest number of worker processes: each holds every model in memory.
MAX_WORKERS = 64


@dataclass(frozen=True)
class Options:
    """Options of a server.

    Attributes:
        runs: run folders or model files.
        photos: files of the photos that they were trained on, in any order, to paint results at full size.
        workers: number of worker processes.
        queue: number of requests that may wait while all workers are busy.
        time_limit_sec: longest time that one render may take.
        upload_sec: longest time that a request may take to arrive.
        upload_bytes: largest request.
        grace_sec: time that accepted requests have to be finished after the server was told to stop.
        device: torch device to render on.
    """

    runs: tuple[Path, ...]
    photos: tuple[Path, ...] = ()
    workers: int = 1
    queue: int = 16
    time_limit_sec: float = 120.0
    upload_sec: float = 60.0
    upload_bytes: int = 64 << 20
    grace_sec: float = 120.0
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse what cannot be served."""
        if not 1 <= self.workers <= MAX_WORKERS:
            raise ConfigError(f"--workers is {self.workers}; choose 1 to {MAX_WORKERS}")
        if self.queue < 0:
            raise ConfigError(f"--queue is {self.queue}; choose 0 or more requests that may wait")
        if min(self.time_limit_sec, self.upload_sec, self.upload_bytes, self.grace_sec) <= 0:
            raise ConfigError("a limit of time or length is 0 or less; choose a positive one")
        for path in (*self.runs, *self.photos):
            if not path.exists():
                raise RunError(f"{path}: there is no such file or folder; give what primage train made, and its photo")
        names_of(self.runs)

    @property
    def threads(self) -> int:
        """Number of threads of each worker, so that all of them together use every core once."""
        given = os.environ.get("OMP_NUM_THREADS", "")
        return int(given) if given.isdecimal() and int(given) else max(1, cores() // self.workers)


def cores() -> int:
    """Number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def names_of(runs: Sequence[Path]) -> tuple[str, ...]:
    """The names under which runs are served: those of their folders or files.

    Args:
        runs: run folders or model files.

    Raises:
        ConfigError: two of them have the same name.

    Example:
        >>> names_of([Path("runs/cat"), Path("dog/model.safetensors"), Path("bird.safetensors")])
        ('cat', 'dog', 'bird')
    """
    names = [name_of(path) for path in runs]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"two of the runs are called {name}; rename one of the folders")
    return tuple(names)
