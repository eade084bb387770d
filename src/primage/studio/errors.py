"""Refused requests."""

from __future__ import annotations

from primage.errors import UserError


class RefusalError(UserError):
    """A refused request, with its HTTP status and an error code for the editor.

    Args:
        status: HTTP status.
        code: machine-readable error code.
        message: one sentence for the user.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


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
