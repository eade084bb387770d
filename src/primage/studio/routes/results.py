"""Learning, rendering and exporting."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from primage.studio.routes.shared import REFUSALS, Png, TheProject, answer_is
from primage.studio.schemas import Learn, Learning

router = APIRouter(prefix="/api/projects/{project_id}", responses=REFUSALS)


@router.post("/learn", status_code=202)
async def learn(project: TheProject, body: Learn) -> Learning:
    """Train for some minutes, or for so many more, also while it learns."""
    return await project.network.learn(body.minutes)


@router.post("/learn/pause", status_code=202)
async def pause_learning(project: TheProject) -> Learning:
    """Stop after the step at hand, and keep the rest for later."""
    return project.network.stop(keep=True)


@router.post("/learn/resume", status_code=202)
async def resume_learning(project: TheProject) -> Learning:
    """Do what a pause or a crash left undone."""
    return await project.network.resume()


@router.post("/learn/stop", status_code=202)
async def stop_learning(project: TheProject) -> Learning:
    """Stop after the step at hand; what was learned stays."""
    return project.network.stop(keep=False)


@router.get("/preview", response_class=Png, responses=answer_is("image/png"))
async def get_preview(project: TheProject, step: Annotated[int | None, Query(ge=0)] = None) -> Png:
    """The newest preview of the training (``step`` only tells browsers that it is another one)."""
    return Png(await project.pictures.preview_png())


@router.get("/render", response_class=Png, responses=answer_is("image/png"))
async def get_render(project: TheProject, size: Literal["working", "full"] = "working") -> Png:
    """The picture of the drawing as it is now."""
    return Png(await project.pictures.render_png(size))


@router.get("/risk", response_class=Png, responses=answer_is("image/png"))
async def get_risk(project: TheProject, render: Annotated[int | None, Query(ge=0)] = None) -> Png:
    """Where the painter is unsure of the newest render, as an overlay of a quarter of its size (transparent where it is
    not); 404 for a network without confidences. ``render`` only tells browsers that it is another one.
    """
    return Png(await project.pictures.risk_png())


@router.get("/export/result.png", response_class=Png, responses=answer_is("image/png"))
async def export_result(project: TheProject, size: Literal["working", "full"] = "full") -> Response:
    """The result as a file that says where it comes from."""
    return _file(await project.pictures.render_png(size), "image/png", f"{project.file_name}.png")


@router.get("/export/{layer}.png", response_class=Png, responses=answer_is("image/png"))
async def export_layer(project: TheProject, layer: Literal["primitive", "segments", "edges", "colours"]) -> Response:
    """The edited drawing as one picture, or one of its layers."""
    return _file(await project.pictures.layer_png(layer), "image/png", f"{project.file_name}-{layer}.png")


@router.get("/export/model.safetensors", response_class=FileResponse, responses=answer_is("application/octet-stream"))
async def export_model(project: TheProject) -> FileResponse:
    """The trained model, for `primage render`."""
    name = f"{project.file_name}.safetensors"
    return FileResponse(project.pictures.model_file(), media_type="application/octet-stream", filename=name)


@router.get("/export/project.zip", response_class=FileResponse, responses=answer_is("application/zip"))
async def export_project(project: TheProject) -> FileResponse:
    """The whole project, to be imported elsewhere."""
    path: Path = await project.pictures.zip_file()
    done = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, media_type="application/zip", filename=f"{project.file_name}.zip", background=done)


def _file(content: bytes, media_type: str, name: str) -> Response:
    # The name holds nothing but letters, digits and hyphens.
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
