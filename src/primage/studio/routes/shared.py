"""Definitions shared by the routes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from primage.http.errors import Problem
from primage.studio.project.hub import Hub
from primage.studio.project.live import LiveProject
from primage.studio.schemas import ProjectId

#: For the OpenAPI document: every route can refuse a request. A `model` would get the media type of its answers.
REFUSALS: dict[int | str, dict[str, Any]] = {
    "default": {
        "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}},
        "description": "Why the request was refused",
    }
}
#: For the OpenAPI document: a request body that is a file, not JSON.
FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def answer_is(*media_types: str) -> dict[int | str, dict[str, Any]]:
    """For the OpenAPI document: a response that is a file.

    Args:
        media_types: those that the file may have.
    """
    return {200: {"content": {each: {"schema": {"type": "string", "format": "binary"}} for each in media_types}}}


class Frame(Response):
    """Header and pixels, packed by `primage.studio.wire`."""

    media_type = "application/octet-stream"


class Png(Response):
    """A picture."""

    media_type = "image/png"


def the_hub(request: Request) -> Hub:
    """The hub of this server.

    Args:
        request: any request.
    """
    hub: Hub = request.app.state.hub
    return hub


TheHub = Annotated[Hub, Depends(the_hub)]


async def the_project(hub: TheHub, project_id: Annotated[ProjectId, PathParameter()]) -> LiveProject:
    """The project named in the address.

    Args:
        hub: the hub of this server.
        project_id: id from the address.

    Raises:
        RefusalError: there is no such project.
    """
    return await hub.open(project_id)


TheProject = Annotated[LiveProject, Depends(the_project)]


def sent_once(path: Path, media_type: str, name: str) -> FileResponse:
    """A file that is deleted when it has been sent.

    Args:
        path: the file.
        media_type: media type of the file.
        name: that it is downloaded as.
    """
    done = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, media_type=media_type, filename=name, background=done)
