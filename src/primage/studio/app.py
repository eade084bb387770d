"""The FastAPI application, put together."""

from __future__ import annotations

from fastapi import FastAPI

from primage._version import __version__
from primage.studio.routes import projects, results


def routed() -> FastAPI:
    """The application with its routes and nothing behind them; what the OpenAPI document is made of."""
    app = FastAPI(
        title="Primage studio",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
    )
    app.include_router(projects.router)
    app.include_router(results.router)
    return app
