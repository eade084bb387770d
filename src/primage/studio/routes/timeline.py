"""The timeline: its keys, the frames between them, and moving pictures of those."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse

from primage.http.media_types import MOVIE_TYPES, MovieFormat
from primage.studio.project.exports import file_stem
from primage.studio.routes.shared import REFUSALS, Png, TheProject, answer_is, sent_once
from primage.studio.schemas import Animation, KeyName, Project

router = APIRouter(prefix="/api/projects/{project_id}", responses=REFUSALS)


@router.put("/timeline/keys/{key}")
async def set_key(project: TheProject, key: KeyName) -> Project:
    """Make the drawing as it is at the moment a key of the timeline. It is a snapshot, and replaces the one before."""
    await project.animating.set_key(key)
    return project.state()


@router.delete("/timeline/keys/{key}")
async def clear_key(project: TheProject, key: KeyName) -> Project:
    """Make the unedited drawing the first key again, or the drawing as it is at the moment the second one."""
    project.animating.clear_key(key)
    return project.state()


@router.post("/timeline/play", status_code=202)
async def play_timeline(project: TheProject) -> Animation:
    """Paint the frames that are not there yet, one after the other. The next edit stops that."""
    return await project.animating.play()


@router.post("/timeline/stop")
async def stop_timeline(project: TheProject) -> Animation:
    """Stop painting; the frames that are there can still be shown."""
    project.animating.stop()
    return project.animating.animation


@router.get("/timeline/frames/{number}", response_class=Png, responses=answer_is("image/png"))
async def get_frame(
    project: TheProject,
    number: Annotated[int, PathParameter(ge=0, lt=10_000)],
    of: Annotated[str, Query(max_length=64, description="version of the frames")],
) -> Png:
    """A frame. 404 if it is not painted yet, or of another version."""
    return Png(await project.animating.frame_png(number, of))


@router.get("/export/animation.{suffix}", response_class=FileResponse, responses=answer_is(*MOVIE_TYPES.values()))
async def export_animation(project: TheProject, suffix: MovieFormat) -> FileResponse:
    """The frames as a moving picture. 409 if they are not all painted."""
    path = await project.animating.movie_file(suffix)
    return sent_once(path, MOVIE_TYPES[suffix], f"{file_stem(project.record.name)}.{suffix}")
