"""The WebSocket of a project: edits in; changes, renders and progress out."""

from __future__ import annotations

import asyncio
import logging

from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from pydantic import ValidationError

from primage.errors import PrimageError
from primage.http.errors import Problem, RefusalError
from primage.studio.messages import Edit, Refused, UndoRedo
from primage.studio.project.clients import Client
from primage.studio.project.hub import Hub
from primage.studio.project.live import LiveProject
from primage.studio.wire import unpack

_log = logging.getLogger(__name__)

router = APIRouter()

#: Close codes, as in editor/API.md.
NO_SUCH_PROJECT = 4404
TOO_SLOW = 1013


@router.websocket("/api/projects/{project_id}/socket")
async def project_socket(socket: WebSocket, project_id: str) -> None:
    """Serve one tab until it is closed."""
    hub: Hub = socket.app.state.hub
    await socket.accept()
    try:
        project = await hub.open(project_id)
    except PrimageError as error:
        await socket.close(NO_SUCH_PROJECT, str(error)[:120])
        return
    with project.clients.joined() as client:
        project.send_initial_state(client)
        jobs = [
            asyncio.create_task(job)
            for job in (_read(socket, project, client), _write(socket, client), _close_if_slow(socket, client))
        ]
        try:
            await asyncio.wait(jobs, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for job in jobs:
                job.cancel()
        await asyncio.wait(jobs)
        for job in jobs:
            failed = None if job.cancelled() else job.exception()
            if failed is not None and not isinstance(failed, (WebSocketDisconnect, RuntimeError)):
                _log.error("a socket failed", exc_info=failed)


async def _close_if_slow(socket: WebSocket, client: Client) -> None:
    """Close the connection of a browser that reads too slowly; it reconnects to get the current state."""
    await client.slow.wait()
    await socket.close(TOO_SLOW, "the browser reads too slowly")


async def _write(socket: WebSocket, client: Client) -> None:
    while True:
        message = await client.queue.get()
        if isinstance(message, bytes):
            await socket.send_bytes(message)
        else:
            await socket.send_text(message)


async def _read(socket: WebSocket, project: LiveProject, client: Client) -> None:
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        request: int | None = None
        try:
            if message.get("bytes") is not None:
                header, pixels = unpack(message["bytes"])
                edit = _parsed(header)
                request = edit.id
                project.edit(client, edit, pixels)
            else:
                undo_redo = UndoRedo.model_validate_json(message.get("text") or "")
                request = undo_redo.id
                project.undo_redo(client, undo_redo)
        except RefusalError as error:
            client.send(Refused(id=request, problem=Problem(code=error.code, message=str(error))))
        except PrimageError as error:
            client.send(Refused(id=request, problem=Problem(code="failed", message=str(error))))
        except ValidationError:
            problem = Problem(code="invalid", message="the message cannot be understood")
            client.send(Refused(id=None, problem=problem))


def _parsed(header: bytes) -> Edit:
    try:
        return Edit.model_validate_json(header)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise RefusalError(422, "invalid", f"the message cannot be understood ({field}: {first['msg']})") from error
