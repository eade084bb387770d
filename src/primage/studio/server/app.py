"""The FastAPI application."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

from primage._version import __version__
from primage.http.problems import add_problems
from primage.studio.project.hub import Hub
from primage.studio.project.services import Options
from primage.studio.routes import projects, results, socket, timeline
from primage.studio.server.pages import STATIC, missing_editor
from primage.studio.server.security import Access, Guard


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
    app.include_router(timeline.router)
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
    add_problems(app)
    _add_editor(app)
    app.add_middleware(Guard, access=access)
    return app


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
