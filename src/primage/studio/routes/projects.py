"""Projects: list, make, change, delete; their photos, drawings and snapshots."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from primage.studio.routes.shared import (
    FILE_BODY,
    REFUSALS,
    Frame,
    Png,
    TheHub,
    TheProject,
    answer_is,
)
from primage.studio.schemas import (
    ExtractSettings,
    FromSample,
    Info,
    NewSnapshot,
    Project,
    ProjectChange,
    ProjectList,
    SnapshotId,
)

router = APIRouter(prefix="/api", responses=REFUSALS)


@router.get("/info")
async def get_info(hub: TheHub) -> Info:
    """What this server has and takes."""
    return hub.info()


@router.get("/samples/{sample}/image", response_class=Png, responses=answer_is("image/png"))
async def get_sample_image(hub: TheHub, sample: str) -> Png:
    """A small picture of a sample."""
    return Png(await hub.sample_image(sample))


@router.get("/projects")
async def list_projects(hub: TheHub) -> ProjectList:
    """All projects, the newest first."""
    return ProjectList(projects=await hub.list())


@router.post("/projects/upload", status_code=201, openapi_extra=FILE_BODY)
async def upload_photo(
    hub: TheHub, request: Request, name: Annotated[str, Query(min_length=1, max_length=120)] = "photo"
) -> Project:
    """Make a project of a photo: the body is the file, PNG, JPEG, WebP, TIFF or BMP."""
    return (await hub.create(request.stream(), name)).state()


@router.post("/projects/sample", status_code=201)
async def use_sample(hub: TheHub, body: FromSample) -> Project:
    """Make a project of a sample."""
    return (await hub.create_from_sample(body.sample)).state()


@router.post("/projects/import", status_code=201, openapi_extra=FILE_BODY)
async def import_project(hub: TheHub, request: Request) -> Project:
    """Take over a project that was exported: the body is the zip file."""
    return (await hub.import_zip(request.stream())).state()


@router.get("/projects/{project_id}")
async def get_project(project: TheProject) -> Project:
    """Everything about a project but its pixels."""
    return project.state()


@router.patch("/projects/{project_id}")
async def change_project(project: TheProject, body: ProjectChange) -> Project:
    """Rename it, or choose how it is rendered."""
    await project.change(body)
    return project.state()


@router.delete("/projects/{project_id}", status_code=204)
async def delete_project(hub: TheHub, project: TheProject) -> None:
    """Delete it, with its photo and all that was learned."""
    await hub.delete(project)


@router.get("/projects/{project_id}/photo", response_class=Png, responses=answer_is("image/png"))
async def get_photo(project: TheProject, size: Literal["working", "full", "thumbnail"] = "working") -> Png:
    """The photo: at the drawing's size, at its own, or small."""
    return Png(await project.pictures.photo_png(size))


@router.get("/projects/{project_id}/layers", response_class=Frame, responses=answer_is("application/octet-stream"))
async def get_layers(project: TheProject, of: Literal["edited", "training"] = "edited") -> Frame:
    """The drawing's layers: a frame whose header is `Extracted`."""
    return Frame(await project.layers_frame(of))


@router.post("/projects/{project_id}/extract", response_class=Frame, responses=answer_is("application/octet-stream"))
async def preview_primitive(project: TheProject, body: ExtractSettings) -> Frame:
    """What the drawing would be with these settings; nothing is kept."""
    return Frame(await project.preview_primitive(body))


@router.put("/projects/{project_id}/primitive")
async def replace_primitive(project: TheProject, body: ExtractSettings) -> Project:
    """Extract the drawing anew: edits, snapshots and learning start anew, too."""
    await project.replace_primitive(body)
    return project.state()


@router.post("/projects/{project_id}/drawing", openapi_extra=FILE_BODY)
async def open_drawing(hub: TheHub, project: TheProject, request: Request, snap: bool = False) -> Project:
    """Take over a drawing that was edited elsewhere, as one edit: the body is the picture."""
    await hub.open_drawing(project, request.stream(), snap)
    return project.state()


@router.post("/projects/{project_id}/snapshots", status_code=201)
async def add_snapshot(project: TheProject, body: NewSnapshot) -> Project:
    """Keep the drawing as it is now."""
    await project.snapshots.add(body.name)
    return project.state()


@router.post("/projects/{project_id}/snapshots/{snapshot_id}/restore")
async def restore_snapshot(project: TheProject, snapshot_id: SnapshotId) -> Project:
    """Return to a snapshot; it counts as an edit and can be undone."""
    project.snapshots.restore(snapshot_id)
    return project.state()


@router.delete("/projects/{project_id}/snapshots/{snapshot_id}")
async def delete_snapshot(project: TheProject, snapshot_id: SnapshotId) -> Project:
    """Forget a snapshot."""
    project.snapshots.delete(snapshot_id)
    return project.state()


@router.get(
    "/projects/{project_id}/snapshots/{snapshot_id}/image", response_class=Png, responses=answer_is("image/png")
)
async def get_snapshot_image(project: TheProject, snapshot_id: SnapshotId) -> Png:
    """The render as it was when the snapshot was made, or the drawing if there was none yet."""
    return Png(project.snapshots.image(snapshot_id))
