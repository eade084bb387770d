"""The FastAPI application."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import FastAPI

from primage._version import __version__
from primage.http.problems import add_problems
from primage.serve.options import Options
from primage.serve.routes import router
from primage.serve.security import Access, Guard
from primage.serve.service import Service


def create_app(options: Options, access: Access) -> FastAPI:
    """The whole server, which loads its models when it is started, and ends its processes when it is stopped.

    Args:
        options: of the server.
        access: access control.

    Returns:
        The application. ``app.state.loading`` is a task that ends when the models are loaded.
    """
    app = FastAPI(
        title="Primage",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.include_router(router)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        with TemporaryDirectory(prefix="primage-serve-", ignore_cleanup_errors=True) as scratch:
            service = app.state.service = Service(options, Path(scratch))
            loading = app.state.loading = asyncio.create_task(service.pool.start())
            try:
                yield
            finally:
                loading.cancel()
                await service.pool.close()
                await asyncio.wait({loading})

    app.router.lifespan_context = lifespan
    add_problems(app)
    app.add_middleware(Guard, access=access)
    return app
