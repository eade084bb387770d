"""Why a job of a worker process has no result."""

from __future__ import annotations

from primage.http.errors import RefusalError


class SupersededError(RefusalError):
    """A newer request of the same type arrived before this one was started."""

    def __init__(self) -> None:
        super().__init__(409, "superseded", "a newer request arrived before this one was started")


class WorkerDiedError(RefusalError):
    """A worker process ended unexpectedly.

    Args:
        name: of the worker.
        exit_code: of the process.
    """

    def __init__(self, name: str, exit_code: int | None) -> None:
        super().__init__(
            503, "worker_died", f"{name} ended unexpectedly (exit code {exit_code}); it is restarted when needed"
        )
