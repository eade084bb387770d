"""Learning, rendering and exporting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from primage.studio.project.exports import file_stem
from primage.studio.routes.shared import REFUSALS, Png, TheProject, answer_is
from primage.studio.schemas import ExportedLayer, Learn, Learning

router = APIRouter(prefix="/api/projects/{project_id}", responses=REFUSALS)


@router.post("/learn", status_code=202)
async def learn(project: TheProject, body: Learn) -> Learning:
    """Train for a number of minutes, or extend the current training by them."""
    return await project.models.learn(body.minutes)


@router.post("/learn/pause", status_code=202)
async def pause_learning(project: TheProject) -> Learning:
    """Stop after the current step; the training can be resumed."""
    return project.models.stop(keep=True)


@router.post("/learn/resume", status_code=202)
async def resume_learning(project: TheProject) -> Learning:
    """Finish a training after a pause or a crash."""
    return await project.models.resume()


@router.post("/learn/stop", status_code=202)
async def stop_learning(project: TheProject) -> Learning:
    """Stop after the current step; the current model is kept."""
    return project.models.stop(keep=False)


@router.get("/preview", response_class=Png, responses=answer_is("image/png"))
async def get_preview(project: TheProject, step: Annotated[int | None, Query(ge=0)] = None) -> Png:
    """The newest preview of the training. ``step`` only prevents browsers from showing an older one."""
    return Png(await project.exports.preview_png(project.record.size))


@router.get("/render", response_class=Png, responses=answer_is("image/png"))
async def get_render(project: TheProject, size: Literal["working", "full"] = "working") -> Png:
    """The render of the current drawing."""
    return Png(await project.exports.render_png(size))


@router.get("/uncertainty", response_class=Png, responses=answer_is("image/png"))
async def get_uncertainty(project: TheProject, render: Annotated[int | None, Query(ge=0)] = None) -> Png:
    """The uncertainty of the newest render: an overlay of a quarter of its size, transparent where it is certain.
    404 for a network without a confidence output. ``render`` only prevents browsers from showing an older one.
    """
    return Png(await project.exports.uncertainty_png())


@router.get("/export/result.png", response_class=Png, responses=answer_is("image/png"))
async def export_result(project: TheProject, size: Literal["working", "full"] = "full") -> Response:
    """The result as a file, with its provenance."""
    return _file(await project.exports.render_png(size), "image/png", f"{file_stem(project.record.name)}.png")


@router.get("/export/{layer}.png", response_class=Png, responses=answer_is("image/png"))
async def export_layer(project: TheProject, layer: ExportedLayer) -> Response:
    """The edited drawing as one picture, or one of its layers."""
    return _file(await project.exports.layer_png(layer), "image/png", f"{file_stem(project.record.name)}-{layer}.png")


@router.get("/export/model.safetensors", response_class=FileResponse, responses=answer_is("application/octet-stream"))
async def export_model(project: TheProject) -> FileResponse:
    """The trained model, for `primage render`."""
    name = f"{file_stem(project.record.name)}.safetensors"
    return FileResponse(project.exports.model_file(), media_type="application/octet-stream", filename=name)


@router.get("/export/project.zip", response_class=FileResponse, responses=answer_is("application/zip"))
async def export_project(project: TheProject) -> FileResponse:
    """The whole project, for another studio."""
    path: Path = await project.export_zip()
    done = BackgroundTask(path.unlink, missing_ok=True)
    name = f"{file_stem(project.record.name)}.zip"
    return FileResponse(path, media_type="application/zip", filename=name, background=done)


def _file(content: bytes, media_type: str, name: str) -> Response:
    # The name consists of letters, digits and hyphens.
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
