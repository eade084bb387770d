"""The routes of the API."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.requests import ClientDisconnect

from primage.http.errors import Problem, RefusalError
from primage.http.media_types import MEDIA_TYPES
from primage.serve.inputs import PARTS, check_options, received
from primage.serve.metrics import MEDIA_TYPE
from primage.serve.renderer import ReadDrawing, RenderDrawing
from primage.serve.schemas import Health, ModelInfo, Models, RenderQuery
from primage.serve.service import Service

_log = logging.getLogger(__name__)

#: Header with what `primage render --json` says about a render.
FACTS = "Primage-Render"
#: Nobody reads this answer: the client is gone.
_CLIENT_GONE = 499
_BINARY = {"type": "string", "format": "binary"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "image/*": {"schema": _BINARY},
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {name: {**_BINARY, "description": what} for name, what in PARTS.items()},
                }
            },
        },
    }
}
_RESULT: dict[int | str, dict[str, Any]] = {
    200: {"content": {media_type: {"schema": _BINARY} for media_type in MEDIA_TYPES.values()}}
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    "default": {"model": Problem, "description": "Why the request was refused"}
}

router = APIRouter(responses=_REFUSALS)


def the_service(request: Request) -> Service:
    """The service behind the application.

    Args:
        request: any request.
    """
    service: Service = request.app.state.service
    return service


TheService = Annotated[Service, Depends(the_service)]


@router.get("/health/live")
async def live(service: TheService) -> Health:
    """Whether the server answers."""
    return service.pool.health()


@router.get("/health/ready", responses={503: {"model": Health}})
async def ready(service: TheService, response: Response) -> Health:
    """Whether the server accepts requests to render."""
    health = service.pool.health()
    if health.status != "ok":
        response.status_code = 503
    return health


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(service: TheService) -> Response:
    """Numbers for Prometheus."""
    service.pool.health()  # sets the gauges
    return Response(service.metrics.text(), media_type=MEDIA_TYPE)


@router.get("/models")
async def models(service: TheService) -> Models:
    """The models that are served."""
    return Models(models=tuple(service.pool.loaded().values()))


@router.get("/models/{name}")
async def model(service: TheService, name: str) -> ModelInfo:
    """One model."""
    return service.pool.model(name)


@router.get(
    "/models/{name}/drawing",
    response_class=Response,
    responses={200: {"content": {"image/png": {"schema": _BINARY}}}},
)
async def drawing(service: TheService, name: str) -> Response:
    """The drawing that a model was trained with: the one to edit."""
    service.pool.model(name)
    with service.pool.place():
        return Response(await service.pool.run(ReadDrawing(service.pool.served, name), name), media_type="image/png")


@router.post("/models/{name}/render", response_class=Response, responses=_RESULT, openapi_extra=_BODY)
async def render(service: TheService, name: str, request: Request, query: Annotated[RenderQuery, Query()]) -> Response:
    """Render a drawing, or edits of the training drawing."""
    service.pool.model(name)
    outcome = "failed"
    try:
        with service.pool.place():
            answer = await _rendered(service, name, request, query)
        outcome = "gone" if answer.status_code == _CLIENT_GONE else "done"
        return answer
    except RefusalError as error:
        outcome = error.code
        raise
    finally:
        service.metrics.requests.labels(name, outcome).inc()


async def _rendered(service: Service, name: str, request: Request, query: RenderQuery) -> Response:
    folder = Path(mkdtemp(dir=service.scratch))
    try:
        try:
            async with asyncio.timeout(service.options.upload_sec):
                given = await received(request, folder, service.options.upload_bytes)
        except TimeoutError:
            message = f"the request did not arrive within {service.options.upload_sec:g} s"
            raise RefusalError(408, "upload_time", message) from None
        except ClientDisconnect:
            return Response(status_code=_CLIENT_GONE)
        check_options(query, given)
        target = folder / f"result.{query.format}"
        job = RenderDrawing(service.pool.served, name, query, given, target)
        render = asyncio.create_task(service.pool.run(job, name))
        gone = asyncio.create_task(_hung_up(request))
        try:
            await asyncio.wait({render, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not render.done():
                _log.info("a client hung up; its render is given up")
                render.cancel()
                await asyncio.wait({render})
                return Response(status_code=_CLIENT_GONE)
            facts = await render
        finally:
            gone.cancel()
            render.cancel()
        content = await asyncio.to_thread(target.read_bytes)
        headers = {FACTS: json.dumps(facts)}
        return Response(content, media_type=MEDIA_TYPES[query.format], headers=headers)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, True)


async def _hung_up(request: Request) -> None:
    """Wait until the client closes its connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
