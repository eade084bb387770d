"""All requests, responses and messages of the studio. The TypeScript client's types are generated from them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from primage.origin.transforms import Piece
from primage.synthesis.options import RenderOptions

#: Largest short side of a drawing; larger renders take too long for editing.
MAX_SIZE_PX = 1024
#: Longest side of a part of the result at the photo's size.
MAX_WINDOW_PX = 2048

ProjectId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="made by the server")]
SnapshotId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="made by the server")]
FileId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="made by the server")]
Kind = Literal["super", "edges", "segments", "paint"]
LayerName = Literal["segments", "edges", "colours", "marks", "sources", "origin"]
ExportedLayer = Literal["primitive", "segments", "edges", "colours", "origin"]
ResultSize = Literal["working", "full"]
#: Suffixes of the files that a result can be exported to. Those of a patch can be transparent.
ResultFormat = Literal["png", "jpg", "webp", "tif", "ora", "psd"]
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


class Problem(Schema):
    """Why a request was refused."""

    code: str = Field(description="machine-readable code: not_found, superseded, too_large, …")
    message: str = Field(description="one sentence for the user")


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
    projects: int


class Capabilities(Schema):
    """Optional features of this server."""

    people: bool = Field(description="whether parts of people can be detected")
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
    size_px: int = Field(256, ge=64, le=MAX_SIZE_PX, description="short side of the drawing; never above the photo's")
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


class Project(ProjectSummary):
    """All data of a project except pixels."""

    size: Size = Field(description="of the drawing and of a render")
    settings: ExtractSettings = Field(description="settings that the drawing was extracted with")
    layers: tuple[Layer, ...]
    labels: tuple[Label, ...]
    line_colour: Colour
    history: HistoryState
    correcting: bool = Field(description="whether the drawing is corrected: changes leave the photo as it is")
    keep_original: bool = Field(description="whether renders keep the photo where no edit has an effect")
    options: RenderOptions = Field(description="how the drawing is rendered")
    learning: Learning
    model: ModelInfo | None = Field(description="null until the first model is ready, a few seconds after an upload")
    snapshots: tuple[Snapshot, ...]


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


class Learn(Schema):
    """Train, or continue training, for a number of minutes."""

    minutes: float = Field(2.0, gt=0, le=24 * 60)


class NewSnapshot(Schema):
    """Save the current drawing."""

    name: Name


# --- messages of the WebSocket (see editor/API.md); a binary message is one of these headers, followed by pixels


class Rectangle(Schema):
    """A rectangle of the drawing, in pixels."""

    x: int = Field(ge=0, le=65_535)
    y: int = Field(ge=0, le=65_535)
    width: Side
    height: Side


class Patch(Rectangle):
    """New pixels for a rectangle of one layer."""

    layer: LayerName


class Edit(Schema):
    """One action of the user, undone as one. Client → server, binary: the pixels of the patches follow in order."""

    type: Literal["edit"] = "edit"
    id: int = Field(ge=0, description="chosen by the client; returned in the response")
    base: int = Field(ge=0, description="the highest revision the client has seen")
    title: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="shown in the history, e.g. Pencil")
    continues: int | None = Field(
        None,
        ge=0,
        description="id of an earlier edit: both are undone together if there was no other change in between",
    )
    patches: tuple[Patch, ...] = Field(max_length=64)
    pieces: tuple[Piece, ...] = Field((), max_length=4096, description="those that pixels of the origin refer to")
    labels: tuple[Label, ...] | None = Field(
        None, max_length=255, description="new names and colours, in the same number"
    )


class UndoRedo(Schema):
    """Undo or redo. Client → server, text."""

    type: Literal["undo", "redo"]
    id: int = Field(ge=0)


class Accepted(Schema):
    """An edit was applied. Server → its author, text."""

    type: Literal["accepted"] = "accepted"
    id: int
    history: HistoryState


class Refused(Schema):
    """A message was refused; nothing changed, and the client has to reload the drawing. Server → its author, text."""

    type: Literal["refused"] = "refused"
    id: int | None
    problem: Problem


class Changed(Schema):
    """The drawing was changed, but not by this client's own edit. Server → client, binary: pixels follow."""

    type: Literal["changed"] = "changed"
    id: int | None = Field(description="of the undo, redo or edit of this client that caused it, or null")
    cause: Literal["edit", "undo", "redo", "snapshot"]
    title: str
    history: HistoryState
    patches: tuple[Patch, ...]
    pieces: tuple[Piece, ...] = Field((), description="those that pixels of the origin refer to")
    labels: tuple[Label, ...] | None


class Render(Schema):
    """A rectangle of the newest render. Server → client, binary: width × height × 3 bytes RGB follow."""

    type: Literal["render"] = "render"
    revision: int = Field(description="of the drawing that was rendered")
    steps: int = Field(description="training steps of the network")
    seconds: float = Field(description="from the request to the result")
    rectangle: Rectangle | None = Field(description="null if no pixel changed; no pixels follow then")
    edited: Rectangle | None = Field(description="box of all that differs from the photo; null without edits")
    final: bool = Field(
        True, description="false if a polished picture of the same drawing follows, unless it is edited"
    )
    without_effect: tuple[Part, ...] = Field(
        (),
        description="edits that a polished picture does not show, largest first: left, top, right, bottom, in shares",
    )


class State(Schema):
    """All data except pixels; the first message, repeated after each change. Server → client, text."""

    type: Literal["state"] = "state"
    project: Project


class LearningChanged(Schema):
    """Progress of the training, about once a second. Server → client, text."""

    type: Literal["learning"] = "learning"
    learning: Learning


class Replaced(Schema):
    """The drawing was replaced by another one, or the project was deleted. Server → client, text."""

    type: Literal["replaced", "deleted"]


class Failure(Schema):
    """Something failed in the background, such as a worker process. Server → client, text."""

    type: Literal["failure"] = "failure"
    problem: Problem


class OriginFound(Schema):
    """Where the parts of an opened drawing come from is looked for, or was found. Server → client, text."""

    type: Literal["origin"] = "origin"
    state: Literal["looking", "found", "unknown", "cancelled"] = Field(
        description="unknown: the drawing is not an edit of this photo's; cancelled: it was edited meanwhile"
    )
    message: str = Field("", description="what was found, in one line")


class Extracted(Schema):
    """Header of the response to GET …/layers and POST …/extract; the pixels of the layers follow in order."""

    type: Literal["extracted"] = "extracted"
    revision: int | None = Field(None, description="revision of the edited drawing; null for other drawings")
    size: Size
    layers: tuple[Layer, ...]
    pieces: tuple[Piece, ...] = Field((), description="those that pixels of the origin refer to")
    labels: tuple[Label, ...]


class PhotoWindow(Schema):
    """Header of the response to GET …/window; width × height × 3 bytes RGB follow."""

    type: Literal["window"] = "window"
    revision: int = Field(description="of the drawing that is shown")
    rectangle: Rectangle = Field(description="in pixels of the photo")


#: No REST route uses them, so they are added to the OpenAPI document.
MESSAGES: tuple[type[Schema], ...] = (
    *(
        Edit,
        UndoRedo,
        Accepted,
        Refused,
        Changed,
        Render,
        State,
        LearningChanged,
        Replaced,
        Failure,
        OriginFound,
        Extracted,
        PhotoWindow,
        Problem,
    ),
)
