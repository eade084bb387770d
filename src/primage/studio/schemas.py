"""Requests and responses of the studio. The TypeScript client's types are generated from them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from primage.manipulate.timeline import Easing
from primage.origin.transforms import PictureId
from primage.primitive.margins import Margins
from primage.synthesis.options import RenderOptions

#: Smallest short side of a drawing that can be asked for.
MIN_SIZE_PX = 64
#: Largest short side of a drawing; larger renders take too long for editing.
MAX_SIZE_PX = 1024
#: A canvas has at most this many times the area of its photo.
MAX_CANVAS = 4
#: Longest side of a part of the result at the photo's size.
MAX_WINDOW_PX = 2048

ProjectId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="made by the server")]
SnapshotId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="made by the server")]
FileId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="made by the server")]
Kind = Literal["super", "edges", "segments", "paint", "landmarks"]
LayerName = Literal["segments", "edges", "colours", "marks", "sources", "origin"]
ExportedLayer = Literal["primitive", "segments", "edges", "colours", "origin"]
ResultSize = Literal["working", "full"]
#: The keys of the timeline.
KeyName = Literal["first", "second"]
#: Suffixes of the files that a patch can be exported to, which can be transparent.
PatchFormat = Literal["png", "webp", "tif"]
Channel = Annotated[int, Field(ge=0, le=255)]
Colour = tuple[Channel, Channel, Channel]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Side = Annotated[int, Field(ge=1, le=65_535)]
Share = Annotated[float, Field(ge=0, le=1)]
#: A part of the drawing: left, top, right and bottom, in shares of width and height.
Part = tuple[Share, Share, Share, Share]


class Schema(BaseModel):
    """Base of all schemas: an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Size(Schema):
    """Width and height in pixels."""

    width: Side
    height: Side


class Sample(Schema):
    """A photo that is available without an upload."""

    id: str
    title: str
    credit: str
    edit: str = Field(description="title of the edit that a project can start with")
    size: Size


class Limits(Schema):
    """Limits of the server."""

    upload_bytes: int
    photo_pixels: int
    size_px: int = MAX_SIZE_PX
    canvas: int = Field(MAX_CANVAS, description="times the area of the photo")
    projects: int


class Capabilities(Schema):
    """Optional features of this server."""

    people: bool = Field(description="whether parts of people can be detected")
    video: bool = Field(description="whether MP4 files can be written")
    uncertainty: bool = Field(
        description="whether the networks of new projects say where pixels come from: needed for the synthesis and for "
        "GET …/uncertainty"
    )


class Info(Schema):
    """What an editor requests first."""

    version: str
    capabilities: Capabilities
    limits: Limits
    samples: tuple[Sample, ...]


class ExtractSettings(Schema):
    """Settings for extracting a drawing from a photo. Ranges are those of `primage.config`."""

    kind: Kind = "super"
    size_px: int = Field(
        256, ge=MIN_SIZE_PX, le=MAX_SIZE_PX, description="short side of the drawing; never above the photo's"
    )
    edge_sigma: float = Field(2.0, gt=0, le=20, description="blur before edge detection; more blur gives fewer lines")
    edge_low: float = Field(0.04, ge=0, le=1, description="weaker edges are dropped")
    edge_high: float = Field(0.10, ge=0, le=1, description="stronger edges are always kept")
    edge_min_length_px: int = Field(14, ge=0, le=1000, description="shorter lines are dropped")
    regions: int = Field(12, ge=2, le=64)
    people: bool = Field(False, description="whether parts of people have names, where they can be detected")
    paint_colours: int = Field(12, ge=2, le=64)
    own_segments: FileId | None = Field(None, description="labels from a file of the user (POST …/own), not extracted")
    own_edges: FileId | None = Field(None, description="lines likewise")
    own_colours: FileId | None = Field(None, description="a painting likewise")

    @model_validator(mode="after")
    def _ordered(self) -> ExtractSettings:
        if self.edge_low > self.edge_high:
            raise ValueError("edge_low is greater than edge_high")
        return self


class Label(Schema):
    """One label of the drawing: its value is its position in the list. Name and colour are for display only."""

    name: Annotated[str, Field(max_length=60)]
    colour: Colour


class Layer(Schema):
    """A layer of the drawing: width × height × channels bytes, row by row."""

    name: LayerName
    channels: Literal[1, 2, 3] = Field(description="bytes per pixel")


class Learning(Schema):
    """Progress of the training."""

    state: Literal["idle", "starting", "running", "pausing", "paused", "stopping", "failed"] = "idle"
    step: int = 0
    steps: int = Field(0, description="0 while nothing is planned, or while the first steps are timed")
    seconds: float = Field(0.0, description="total training time of this photo")
    seconds_left: float | None = None
    steps_per_second: float | None = None
    losses: dict[str, float] = {}
    preview: int | None = Field(None, description="step of the newest preview (GET …/preview)")
    message: str | None = Field(None, description="why it failed or waits, or that a loss is not available")


class ModelInfo(Schema):
    """The network that is currently used for rendering."""

    steps: int = Field(description="training steps; 0: the shipped matcher, which has not learned this photo yet")
    published: float = Field(description="Unix time")


class Snapshot(Schema):
    """A saved state of the drawing."""

    id: SnapshotId
    name: Name
    created: float = Field(description="Unix time")


class TimelineSettings(Schema):
    """How the drawing of the first key becomes that of the second one."""

    seconds: float = Field(2.0, ge=0.1, le=10, description="from key to key")
    fps: int = Field(12, ge=1, le=30, description="frames per second")
    ease: Easing = "in-out"
    repeat: Literal["once", "loop", "back-and-forth"] = "loop"


class Timeline(TimelineSettings):
    """The timeline: two keys, and what is between them."""

    first: SnapshotId | None = Field(None, description="null: the unedited drawing")
    second: SnapshotId | None = Field(None, description="null: the drawing as it is at the moment")


class Animation(Schema):
    """The frames between the keys of the timeline."""

    state: Literal["idle", "painting", "failed"] = "idle"
    version: str = Field("", description="tells them from others; empty if there are none")
    painted: int = Field(0, description="how many of the first frames can be shown")
    frames: int = Field(0, description="number of frames")
    message: str | None = Field(None, description="why it failed")


class HistoryState(Schema):
    """The position in the history of edits."""

    revision: int = Field(description="increases with every change of the drawing, undo and redo included")
    undo: str | None = Field(None, description="title of the edit that undo would revert; null if there is none")
    redo: str | None = None
    done: tuple[str, ...] = Field((), description="titles of the last 40 edits, oldest first")
    undone: tuple[str, ...] = Field((), description="titles of the next 40 edits that redo would repeat, in order")


class ProjectSummary(Schema):
    """A project in the list."""

    id: ProjectId
    name: Name
    created: float
    updated: float
    photo: Size
    steps: int = Field(description="training steps")
    edits: int = Field(description="edits that the drawing contains")


class Unsettled(Schema):
    """A part of the drawing whose edit may no longer make sense after corrections."""

    reason: Literal["label", "source"] = Field(
        description="label: it was drawn with a label that is gone; source: what was moved there is something else now"
    )
    part: Part


class Project(ProjectSummary):
    """All data of a project except pixels."""

    size: Size = Field(description="of the drawing and of a render")
    margins: Margins = Field(description="what the drawing has beyond the photo's borders, in its pixels")
    full_size: Size = Field(description="of a render at the photo's own size")
    settings: ExtractSettings = Field(description="settings that the drawing was extracted with")
    layers: tuple[Layer, ...]
    labels: tuple[Label, ...]
    line_colour: Colour
    history: HistoryState
    correcting: bool = Field(description="whether the drawing is corrected: changes leave the photo as it is")
    edits_aside: bool = Field(description="whether edits were put aside for that; they are carried over in the end")
    unsettled: tuple[Unsettled, ...] = Field(description="edits that may no longer fit the corrections, largest first")
    keep_original: bool = Field(description="whether renders keep the photo where no edit has an effect")
    options: RenderOptions = Field(description="how the drawing is rendered")
    learning: Learning
    model: ModelInfo | None = Field(description="null until the first model is ready, a few seconds after an upload")
    snapshots: tuple[Snapshot, ...]
    timeline: Timeline
    animation: Animation


class ProjectList(Schema):
    """All projects, newest first."""

    projects: tuple[ProjectSummary, ...]


class FromSample(Schema):
    """Create a project from a sample."""

    sample: str = Field(max_length=40)
    edited: bool = Field(False, description="whether its edit is made, as the first of the history")


class ProjectChange(Schema):
    """Changes of a project; null leaves a field as it is."""

    name: Name | None = None
    keep_original: bool | None = None
    options: RenderOptions | None = Field(None, description="options that are not given stay as they are")
    timeline: TimelineSettings | None = Field(None, description="settings that are not given stay as they are")
    unsettled: tuple[()] | None = Field(None, description="empty: those edits were looked at")


class Learn(Schema):
    """Train, or continue training, for a number of minutes."""

    minutes: float = Field(2.0, gt=0, le=24 * 60)


class ResizedCanvas(Schema):
    """Make the canvas larger than the photo, or smaller again; its areas and lines continue beyond the borders."""

    margins: Margins = Field(
        description="beyond the photo's borders, in pixels of the drawing; 0: where the photo ends"
    )


class NewSnapshot(Schema):
    """Save the current drawing."""

    name: Name


class KeptPicture(Schema):
    """A picture that parts of the drawing can come from."""

    id: PictureId
    size: Size


class BroughtPicture(Schema):
    """A picture that was copied from another project."""

    id: PictureId


class BringPicture(Schema):
    """Copy a picture from another project."""

    project: ProjectId
    picture: PictureId | None = Field(description="null for its photo")


class Rectangle(Schema):
    """A rectangle of the drawing, in pixels."""

    x: int = Field(ge=0, le=65_535)
    y: int = Field(ge=0, le=65_535)
    width: Side
    height: Side


class Patch(Rectangle):
    """New pixels for a rectangle of one layer."""

    layer: LayerName
