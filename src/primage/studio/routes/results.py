"""Learning, rendering and exporting."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi import Path as PathParameter
from fastapi.responses import FileResponse

from primage.http.media_types import MEDIA_TYPES, ResultFormat
from primage.render.quality import DEFAULT_QUALITY
from primage.studio.project.exports import file_stem
from primage.studio.routes.shared import REFUSALS, Frame, Png, TheProject, answer_is, sent_once
from primage.studio.schemas import (
    MAX_WINDOW_PX,
    ExportedLayer,
    Learn,
    Learning,
    PatchFormat,
    Rectangle,
    ResultSize,
)

router = APIRouter(prefix="/api/projects/{project_id}", responses=REFUSALS)

Render = Annotated[int | None, Query(ge=0)]
Offset = Annotated[int, Query(ge=0, le=65_535)]
WindowSide = Annotated[int, Query(ge=1, le=MAX_WINDOW_PX)]
Quality = Annotated[int, Query(ge=1, le=100, description="of JPEG and WebP files")]


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
async def get_render(project: TheProject, size: ResultSize = "working") -> Png:
    """The render of the current drawing."""
    return Png(await project.exports.render_png(size))


@router.get("/window", response_class=Frame, responses=answer_is("application/octet-stream"))
async def get_window(
    project: TheProject, x: Offset, y: Offset, width: WindowSide, height: WindowSide, render: Render = None
) -> Frame:
    """A part of the newest final render at the photo's own size, in its pixels. 409 `superseded` if it is
    outdated before it is painted. ``render`` only prevents browsers from showing an older one.
    """
    window = Rectangle(x=x, y=y, width=width, height=height)
    return Frame(await project.windows.frame(window, project.resizing.full_size))


@router.get("/variants/{seed}", response_class=Png, responses=answer_is("image/png"))
async def get_variant(project: TheProject, seed: Annotated[int, PathParameter(ge=0, lt=2**31)], of: str = "") -> Png:
    """What the current render would be with another seed. 409 if the drawing is changed meanwhile.
    ``of`` only prevents browsers from showing an older one.
    """
    return Png(await project.exports.variant_png(seed))


@router.get("/uncertainty", response_class=Png, responses=answer_is("image/png"))
async def get_uncertainty(project: TheProject, render: Render = None) -> Png:
    """The uncertainty of the newest render: an overlay of a quarter of its size, transparent where it is certain.
    404 for a network without a confidence output. ``render`` only prevents browsers from showing an older one.
    """
    return Png(await project.exports.uncertainty_png())


@router.get("/export/result.{suffix}", response_class=FileResponse, responses=answer_is(*MEDIA_TYPES.values()))
async def export_result(
    project: TheProject, suffix: ResultFormat, size: ResultSize = "full", quality: Quality = DEFAULT_QUALITY
) -> FileResponse:
    """The result as a file, with its provenance; .ora (OpenRaster) and .psd (Photoshop) files have layers."""
    path = await project.exports.result_file(suffix, size, quality)
    return sent_once(path, MEDIA_TYPES[suffix], f"{file_stem(project.record.name)}.{suffix}")


@router.get("/export/patch.{suffix}", response_class=FileResponse, responses=answer_is(*MEDIA_TYPES.values()))
async def export_patch(project: TheProject, suffix: PatchFormat) -> FileResponse:
    """Only the pixels that differ from the photo, on a transparent canvas of its size."""
    path = await project.exports.result_file(suffix, "full", patch=True)
    return sent_once(path, MEDIA_TYPES[suffix], f"{file_stem(project.record.name)}-patch.{suffix}")


@router.get("/export/{layer}.png", response_class=Png, responses=answer_is("image/png"))
async def export_layer(project: TheProject, layer: ExportedLayer) -> Response:
    """The edited drawing as one picture, or one of its layers."""
    part = "primitive.origin" if layer == "origin" else layer  # beside the drawing, `primage render` finds it
    return _file(await project.exports.layer_png(layer), "image/png", f"{file_stem(project.record.name)}-{part}.png")


@router.get("/export/model.safetensors", response_class=FileResponse, responses=answer_is("application/octet-stream"))
async def export_model(project: TheProject) -> FileResponse:
    """The trained model, for `primage render`."""
    name = f"{file_stem(project.record.name)}.safetensors"
    return FileResponse(project.exports.model_file(), media_type="application/octet-stream", filename=name)


@router.get("/export/project.zip", response_class=FileResponse, responses=answer_is("application/zip"))
async def export_project(project: TheProject) -> FileResponse:
    """The whole project, for another studio."""
    return sent_once(await project.export_zip(), "application/zip", f"{file_stem(project.record.name)}.zip")


def _file(content: bytes, media_type: str, name: str) -> Response:
    # The name consists of letters, digits and hyphens.
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
