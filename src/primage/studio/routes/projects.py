"""Projects: list, create, change, delete; their photos, drawings and snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import Field

from primage.studio.opened import FileName, Part
from primage.studio.people import PeopleFound
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
    MAX_SIZE_PX,
    BringPicture,
    BroughtPicture,
    ExtractSettings,
    FileId,
    FromSample,
    Info,
    Kind,
    NewSnapshot,
    Project,
    ProjectChange,
    ProjectList,
    ResizedCanvas,
    SnapshotId,
)
from primage.studio.selection import EdgePath, FollowEdge, SelectObject

router = APIRouter(prefix="/api", responses=REFUSALS)

FileNames = Annotated[list[FileName], Query(min_length=1, max_length=255, description="of the files, as shown")]
FileLengths = Annotated[
    Sequence[Annotated[int, Field(ge=1)]], Query(max_length=255, description="in bytes; not needed for one file")
]
DrawingSize = Annotated[int, Query(ge=64, le=MAX_SIZE_PX)]


@router.get("/info")
async def get_info(hub: TheHub) -> Info:
    """Version, capabilities, limits and samples."""
    return await hub.info()


@router.get("/samples/{sample}/image", response_class=Png, responses=answer_is("image/png"))
async def get_sample_image(hub: TheHub, sample: str) -> Png:
    """A small picture of a sample."""
    return Png(await hub.sample_image(sample))


@router.get("/projects")
async def list_projects(hub: TheHub) -> ProjectList:
    """All projects, newest first."""
    return ProjectList(projects=await hub.list())


@router.post("/projects/upload", status_code=201, openapi_extra=FILE_BODY)
async def upload_photo(
    hub: TheHub, request: Request, name: Annotated[str, Query(min_length=1, max_length=120)] = "photo"
) -> Project:
    """Create a project from a photo: the body is a file of any kind that docs/files.md lists."""
    return (await hub.create(request.stream(), name)).state()


@router.post("/projects/sample", status_code=201)
async def use_sample(hub: TheHub, body: FromSample) -> Project:
    """Create a project from a sample."""
    return (await hub.create_from_sample(body.sample, body.edited)).state()


@router.post("/projects/import", status_code=201, openapi_extra=FILE_BODY)
async def import_project(hub: TheHub, request: Request) -> Project:
    """Create a project from an exported zip file, which is the body."""
    return (await hub.import_zip(request.stream())).state()


@router.get("/projects/{project_id}")
async def get_project(project: TheProject) -> Project:
    """All data of a project except pixels."""
    return project.state()


@router.patch("/projects/{project_id}")
async def change_project(project: TheProject, body: ProjectChange) -> Project:
    """Rename a project, or change how it is rendered."""
    project.change(body)
    return project.state()


@router.delete("/projects/{project_id}", status_code=204)
async def delete_project(hub: TheHub, project: TheProject) -> None:
    """Delete a project, including its photo and its model."""
    await hub.delete(project)


@router.get("/projects/{project_id}/photo", response_class=Png, responses=answer_is("image/png"))
async def get_photo(project: TheProject, size: Literal["working", "full", "thumbnail"] = "working") -> Png:
    """The photo: at the size of the drawing, in full size, or as a thumbnail."""
    return Png(await project.exports.photo_png(size))


@router.get("/projects/{project_id}/picture", response_class=Png, responses=answer_is("image/png"))
async def get_picture(project: TheProject) -> Png:
    """The newest picture as a thumbnail; the photo's until there is one."""
    return Png(await project.exports.picture_png())


@router.get("/projects/{project_id}/layers", response_class=Frame, responses=answer_is("application/octet-stream"))
async def get_layers(project: TheProject, of: Literal["edited", "training"] = "edited") -> Frame:
    """The drawing's layers: a frame whose header is `Extracted`."""
    return Frame(await project.layers_frame(of))


@router.post("/projects/{project_id}/extract", response_class=Frame, responses=answer_is("application/octet-stream"))
async def preview_primitive(project: TheProject, body: ExtractSettings) -> Frame:
    """Extract a drawing with these settings without saving it."""
    return Frame(await project.extractor.preview_frame(body))


@router.put("/projects/{project_id}/primitive")
async def replace_primitive(project: TheProject, body: ExtractSettings) -> Project:
    """Replace the drawing by a new extraction. Edits, snapshots and training are discarded."""
    await project.replacing.do(body)
    return project.state()


@router.put("/projects/{project_id}/canvas")
async def resize_canvas(project: TheProject, body: ResizedCanvas) -> Project:
    """Make the canvas larger than the photo, or smaller again, as one edit; the drawing continues beyond it."""
    await project.resizing.do(body.margins)
    return project.state()


@router.post(
    "/projects/{project_id}/own",
    response_class=Frame,
    responses=answer_is("application/octet-stream"),
    openapi_extra=FILE_BODY,
)
async def read_own_layers(
    hub: TheHub,
    project: TheProject,
    request: Request,
    name: FileNames,
    kind: Kind = "super",
    size_px: DrawingSize = 256,
    length: FileLengths = (),
    part: Part = "auto",
) -> Frame:
    """Read labels, lines or a painting for the training drawing, instead of extracted ones: a frame whose header is
    `OpenedFile`. The body is a file of any kind that docs/files.md lists, or several masks, one after the other, whose
    lengths are given. ``own_…`` of `ExtractSettings` takes the id.
    """
    settings = ExtractSettings(kind=kind, size_px=size_px)
    async with hub.received_files(request.stream(), name, length) as files:
        return Frame(await project.extractor.read_own(files, settings, project.record.name, part))


@router.post(
    "/projects/{project_id}/picture",
    response_class=Frame,
    responses=answer_is("application/octet-stream"),
    openapi_extra=FILE_BODY,
)
async def draw_picture(hub: TheHub, project: TheProject, request: Request) -> Frame:
    """The drawing of another picture, extracted like the project's, so that it can be pasted into that: a frame whose
    header is `Extracted`. The picture is kept: pieces of the origin may come from it.
    """
    async with hub.received_files(request.stream(), ["picture"], ()) as files:
        record = project.record
        return Frame(await project.extractor.draw(files[0], project.pictures, record.settings, record.size))


@router.post("/projects/{project_id}/pictures", status_code=201)
async def bring_picture(project: TheProject, body: BringPicture) -> BroughtPicture:
    """Copy a picture, or the photo, of another project, so that parts of this one's drawing can come from it."""
    return BroughtPicture(id=await project.pictures.bring(body.project, body.picture))


@router.post(
    "/projects/{project_id}/drawing",
    response_class=Frame,
    responses=answer_is("application/octet-stream"),
    openapi_extra=FILE_BODY,
)
async def read_drawing(
    hub: TheHub,
    project: TheProject,
    request: Request,
    name: FileNames,
    length: FileLengths = (),
    part: Part = "auto",
    snap: bool = False,
) -> Frame:
    """Read a drawing that was edited in another program, or its labels or lines alone: a frame whose header is
    `OpenedFile`. Nothing is changed yet. The body is as for `own`.
    """
    async with hub.received_files(request.stream(), name, length) as files:
        return Frame(await project.opening.read(files, part, snap))


@router.post("/projects/{project_id}/drawing/{file_id}")
async def apply_drawing(project: TheProject, file_id: FileId) -> Project:
    """Replace the layers that a file holds, as one edit."""
    await project.opening.apply(file_id)
    return project.state()


@router.post("/projects/{project_id}/corrections/{action}")
async def correct_drawing(project: TheProject, action: Literal["begin", "finish", "cancel"]) -> Project:
    """Correct the drawing by hand. ``finish`` makes it the training drawing and discards edits, snapshots and training;
    ``cancel`` returns to the drawing before the corrections, and leaves all of these.
    """
    await project.corrections.do(action)
    return project.state()


@router.post("/projects/{project_id}/select", response_class=Frame, responses=answer_is("application/octet-stream"))
async def select_object(project: TheProject, body: SelectObject) -> Frame:
    """Select the object that marks show, in the newest result: a frame whose header is `Selected`. Nothing is saved.
    409 `superseded` if a newer request arrives before this one is processed.
    """
    return Frame(await project.selecting.frame(body))


@router.post("/projects/{project_id}/edge-path")
async def follow_edge(project: TheProject, body: FollowEdge) -> EdgePath:
    """The path between two points that follows edges of the newest result."""
    return await project.selecting.path(body)


@router.get("/projects/{project_id}/people")
async def get_people(hub: TheHub, project: TheProject) -> PeopleFound:
    """The faces, hands and bodies of the photo, which takes seconds the first time. 409 `unavailable` if the detectors
    are not there.
    """
    return await hub.services.people.of(project.record.id)


@router.post("/projects/{project_id}/snapshots", status_code=201)
async def add_snapshot(project: TheProject, body: NewSnapshot) -> Project:
    """Save the current drawing."""
    await project.add_snapshot(body.name)
    return project.state()


@router.post("/projects/{project_id}/snapshots/{snapshot_id}/restore")
async def restore_snapshot(project: TheProject, snapshot_id: SnapshotId) -> Project:
    """Return to a snapshot, as an edit that can be undone."""
    await project.restore_snapshot(snapshot_id)
    return project.state()


@router.delete("/projects/{project_id}/snapshots/{snapshot_id}")
async def delete_snapshot(project: TheProject, snapshot_id: SnapshotId) -> Project:
    """Delete a snapshot."""
    project.snapshots.delete(snapshot_id)
    return project.state()


@router.get(
    "/projects/{project_id}/snapshots/{snapshot_id}/image", response_class=Png, responses=answer_is("image/png")
)
async def get_snapshot_image(project: TheProject, snapshot_id: SnapshotId) -> Png:
    """The render of a snapshot, or its drawing if there was no render yet."""
    return Png(project.snapshots.image(snapshot_id))
