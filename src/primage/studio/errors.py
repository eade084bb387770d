"""How the studio refuses a request."""

from __future__ import annotations

from primage.errors import UserError


class RefusalError(UserError):
    """A request that cannot be served, with the status and the code that the editor is told.

    Args:
        status: of HTTP.
        code: for programs.
        message: one sentence for people.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class SupersededError(RefusalError):
    """A newer request of the same kind came before this one was begun."""

    def __init__(self) -> None:
        super().__init__(409, "superseded", "a newer request came before this one was begun")


class WorkerDiedError(RefusalError):
    """A worker process ended in the middle of something."""

    def __init__(self, what: str, exit_code: int | None) -> None:
        super().__init__(
            503, "worker_died", f"{what} ended unexpectedly (exit code {exit_code}); it is started anew when needed"
        )
