"""Answers to refused requests."""

from __future__ import annotations

import errno
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from primage.errors import PrimageError, UserError
from primage.http.errors import Problem, RefusalError


def problem(status: int, code: str, message: str, retry_after_sec: int | None = None) -> Response:
    """The answer to a refused request.

    Args:
        status: HTTP status.
        code: machine-readable error code.
        message: one sentence for the user.
        retry_after_sec: when to try again.
    """
    headers = {} if retry_after_sec is None else {"Retry-After": str(retry_after_sec)}
    return JSONResponse(Problem(code=code, message=message).model_dump(), status, headers)


def refused(error: PrimageError) -> Response:
    """The answer to a request that raised one of our errors.

    Args:
        error: the error.
    """
    if isinstance(error, RefusalError):
        return problem(error.status, error.code, str(error), error.retry_after_sec)
    return problem(422 if isinstance(error, UserError) else 500, "failed", str(error))


def add_problems(app: FastAPI) -> None:
    """Answer every error of an application's routes with a `Problem`.

    Args:
        app: the application.
    """

    @app.exception_handler(PrimageError)
    async def ours(_request: Request, error: PrimageError) -> Response:
        return refused(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        return problem(422, "invalid", f"{field}: {first['msg']}" if field else str(first["msg"]))

    @app.exception_handler(HTTPException)
    async def other(_request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        return problem(error.status_code, phrase.lower().replace(" ", "_"), str(error.detail))

    @app.exception_handler(OSError)
    async def unwritable(_request: Request, error: OSError) -> Response:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return problem(507, "full", f"the disk is full ({error.strerror}); free some space first")
        raise error

    @app.exception_handler(Exception)
    async def failed(_request: Request, error: Exception) -> Response:
        return problem(500, "failed", f"internal error ({type(error).__name__}); see the log")
