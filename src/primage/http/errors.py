"""Refused requests: the error, and the form in which clients are told of it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from primage.errors import UserError


class Problem(BaseModel):
    """Why a request was refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str = Field(description="machine-readable code: not_found, superseded, too_large, …")
    message: str = Field(description="one sentence for the user")


class RefusalError(UserError):
    """A refused request, with its HTTP status and an error code for programs.

    Args:
        status: HTTP status.
        code: machine-readable error code.
        message: one sentence for the user.
        retry_after_sec: when the same request may be granted; None if that is not known.
    """

    def __init__(self, status: int, code: str, message: str, retry_after_sec: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after_sec = retry_after_sec
