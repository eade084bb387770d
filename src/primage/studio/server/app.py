"""The FastAPI application."""

from __future__ import annotations

import contextlib
import errno
import logging
from collections.abc import AsyncIterator
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from primage._version import __version__
from primage.errors import PrimageError, UserError
from primage.studio.errors import RefusalError
from primage.studio.project.hub import Hub
from primage.studio.project.services import Options
from primage.studio.routes import projects, results, socket
from primage.studio.schemas import Problem
from primage.studio.server.pages import STATIC, missing_editor
from primage.studio.server.security import Access, Guard

_log = logging.getLogger(__name__)


def routes_only() -> FastAPI:
    """The application with its routes only, for the OpenAPI document."""
    app = FastAPI(
        title="Primage studio",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.include_router(projects.router)
    app.include_router(results.router)
    app.include_router(socket.router)
    return app


def create_app(options: Options, access: Access) -> FastAPI:
    """The whole studio.

    Args:
        options: projects and limits.
        access: access control.

    Returns:
        The application, which starts and closes its hub.
    """
    app = routes_only()
    hub = app.state.hub = Hub(options)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await hub.start()
        try:
            yield
        finally:
            await hub.close()

    app.router.lifespan_context = lifespan
    _add_errors(app)
    _add_editor(app)
    app.add_middleware(Guard, access=access)
    return app


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(PrimageError)
    async def refused(_request: Request, error: PrimageError) -> Response:
        if isinstance(error, RefusalError):
            return _problem(error.status, error.code, str(error))
        return _problem(422 if isinstance(error, UserError) else 500, "failed", str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        return _problem(422, "invalid", f"{field}: {first['msg']}" if field else str(first["msg"]))

    @app.exception_handler(HTTPException)
    async def other(_request: Request, error: HTTPException) -> Response:
        phrase = HTTPStatus(error.status_code).phrase
        return _problem(error.status_code, phrase.lower().replace(" ", "_"), str(error.detail))

    @app.exception_handler(OSError)
    async def unwritable(_request: Request, error: OSError) -> Response:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _problem(507, "full", f"the disk is full ({error.strerror}); free some space first")
        raise error

    @app.exception_handler(Exception)
    async def failed(_request: Request, error: Exception) -> Response:
        return _problem(500, "failed", f"internal error ({type(error).__name__}); see the log")


def _problem(status: int, code: str, message: str) -> Response:
    return JSONResponse(Problem(code=code, message=message).model_dump(), status)


def _add_editor(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def index() -> Response:
        built = STATIC / "index.html"
        return FileResponse(built) if built.exists() else HTMLResponse(missing_editor(), 503)

    app.mount("/", _Editor(directory=STATIC, check_dir=False), name="editor")


class _Editor(StaticFiles):
    """The files of the editor, which can also be built while the server runs."""

    async def check_config(self) -> None:
        """Skip the check that the folder exists, because it may be created later."""
