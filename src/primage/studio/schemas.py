"""Every request, answer and message of the studio. The TypeScript client's types are generated from this file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: Short side of the drawing. Beyond it a render takes longer than anybody waits for.
MAX_SIZE_PX = 1024

ProjectId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="made by the server")]
SnapshotId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="made by the server")]
Kind = Literal["super", "edges", "segments", "paint"]
LayerName = Literal["segments", "edges", "colours", "marks"]
Channel = Annotated[int, Field(ge=0, le=255)]
Colour = tuple[Channel, Channel, Channel]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Side = Annotated[int, Field(ge=1, le=65_535)]


class Schema(BaseModel):
    """Base of all schemas: a field nobody knows is an error, never dropped in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Problem(Schema):
    """Why a request was refused."""

    code: str = Field(description="for programs: not_found, superseded, too_large, …")
    message: str = Field(description="one sentence for people")


class Size(Schema):
    """Width and height in pixels."""

    width: Side
    height: Side


class Sample(Schema):
    """A photo that is at hand without uploading one."""

    id: str
    title: str
    credit: str
    size: Size


class Limits(Schema):
    """What the server takes at most."""

    upload_bytes: int
    photo_pixels: int
    size_px: int = MAX_SIZE_PX
    projects: int


class Capabilities(Schema):
    """What this server can do beyond the basics."""

    risk: bool = Field(description="whether networks made here can say where they are unsure: GET …/risk")


class Info(Schema):
    """What an editor wants to know first."""

    version: str
    capabilities: Capabilities
    limits: Limits
    samples: tuple[Sample, ...]


class ExtractSettings(Schema):
    """How a photo becomes a drawing. Ranges are those of `primage.config`."""

    kind: Kind = "super"
    size_px: int = Field(256, ge=64, le=MAX_SIZE_PX, description="short side of the drawing; never above the photo's")
    edge_sigma: float = Field(2.0, gt=0, le=20, description="blur before lines are looked for: more, fewer lines")
    edge_low: float = Field(0.04, ge=0, le=1, description="weaker lines are dropped")
    edge_high: float = Field(0.10, ge=0, le=1, description="stronger lines are always kept")
    edge_min_length_px: int = Field(14, ge=0, le=1000, description="shorter lines are dropped")
    regions: int = Field(12, ge=2, le=64)
    paint_colours: int = Field(12, ge=2, le=64)

    @model_validator(mode="after")
    def _ordered(self) -> ExtractSettings:
        if self.edge_low > self.edge_high:
            raise ValueError("edge_low is above edge_high")
        return self


class Label(Schema):
    """One label of the drawing: its value is its position in the list. Names and colours are for people only."""

    name: Annotated[str, Field(max_length=60)]
    colour: Colour


class Layer(Schema):
    """A layer of the drawing: width × height × channels bytes, row by row."""

    name: LayerName
    channels: Literal[1, 3]


class Learning(Schema):
    """How far the training is."""

    state: Literal["idle", "starting", "running", "pausing", "paused", "stopping", "failed"] = "idle"
    step: int = 0
    steps: int = Field(0, description="0 while nothing is planned, or steps are still being timed")
    seconds: float = Field(0.0, description="spent on this photo in all")
    seconds_left: float | None = None
    steps_per_second: float | None = None
    losses: dict[str, float] = {}
    preview: int | None = Field(None, description="the newest preview's step; GET …/preview")
    message: str | None = Field(None, description="why it failed, or what differs from the usual")


class ModelInfo(Schema):
    """The network that renders at the moment."""

    steps: int = Field(description="0: the shipped matcher, which has not learned this photo yet")
    published: float = Field(description="Unix time")


class Snapshot(Schema):
    """A state of the drawing to return to."""

    id: SnapshotId
    name: Name
    created: float = Field(description="Unix time")


class HistoryState(Schema):
    """Where in the edits one is."""

    revision: int = Field(description="grows with every change of the drawing, undo and redo included")
    undo: str | None = Field(None, description="what undo would take back; null if there is nothing")
    redo: str | None = None
    done: tuple[str, ...] = Field((), description="titles of the newest 40 edits, the oldest first")
    undone: tuple[str, ...] = Field((), description="titles of the next 40 that redo would do, the next first")


class ProjectSummary(Schema):
    """One project in the list."""

    id: ProjectId
    name: Name
    created: float
    updated: float
    photo: Size
    steps: int = Field(description="steps learned")


class Project(ProjectSummary):
    """Everything about one project but its pixels."""

    size: Size = Field(description="of the drawing and of a render")
    settings: ExtractSettings = Field(description="what the drawing was extracted with")
    layers: tuple[Layer, ...]
    labels: tuple[Label, ...]
    line_colour: Colour
    history: HistoryState
    keep_original: bool = Field(description="whether renders keep the untouched parts of the photo")
    learning: Learning
    model: ModelInfo | None = Field(description="null until the first one is ready, a few seconds after an upload")
    snapshots: tuple[Snapshot, ...]


class ProjectList(Schema):
    """All projects, the newest first."""

    projects: tuple[ProjectSummary, ...]


class FromSample(Schema):
    """Make a project from a sample."""

    sample: str = Field(max_length=40)


class ProjectChange(Schema):
    """What may be changed of a project; null leaves it."""

    name: Name | None = None
    keep_original: bool | None = None


class Learn(Schema):
    """Train, or train on, for some minutes."""

    minutes: float = Field(2.0, gt=0, le=24 * 60)


class NewSnapshot(Schema):
    """Keep the drawing as it is now."""

    name: Name


# --- messages of the WebSocket (see editor/API.md); a binary message is a header of these and pixels behind it


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
    """One action of a person, undone as one. Client → server, binary: the patches' pixels follow in order."""

    type: Literal["edit"] = "edit"
    id: int = Field(ge=0, description="chosen by the client; comes back in the answer")
    base: int = Field(ge=0, description="the highest revision the client has seen")
    title: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="shown by undo, e.g. Pencil")
    continues: int | None = Field(
        None, ge=0, description="the id of an earlier edit: both are one step to undo, if nothing came between"
    )
    patches: tuple[Patch, ...] = Field(max_length=64)
    labels: tuple[Label, ...] | None = Field(None, max_length=255, description="new names and colours, same number")


class Step(Schema):
    """Undo or redo. Client → server, text."""

    type: Literal["undo", "redo"]
    id: int = Field(ge=0)


class Accepted(Schema):
    """An edit was taken over. Server → its client, text."""

    type: Literal["accepted"] = "accepted"
    id: int
    history: HistoryState


class Refused(Schema):
    """A message was refused; nothing changed, and the client's drawing is to be loaded anew. Server → client, text."""

    type: Literal["refused"] = "refused"
    id: int | None
    problem: Problem


class Changed(Schema):
    """The drawing changed otherwise than by this client's last edit. Server → client, binary: pixels follow."""

    type: Literal["changed"] = "changed"
    id: int | None = Field(description="of the undo, redo or edit of this client that did it, or null")
    cause: Literal["edit", "undo", "redo", "snapshot"]
    title: str
    history: HistoryState
    patches: tuple[Patch, ...]
    labels: tuple[Label, ...] | None


class Render(Schema):
    """A rectangle of the newest picture changed. Server → client, binary: width × height × 3 bytes RGB follow."""

    type: Literal["render"] = "render"
    revision: int = Field(description="of the drawing that this is the picture of")
    steps: int = Field(description="steps the network had learned")
    seconds: float = Field(description="from asking to having it")
    rectangle: Rectangle | None = Field(description="null: nothing changed, no pixels follow")
    edited: Rectangle | None = Field(description="box of all that differs from the unedited photo; null without edits")


class State(Schema):
    """Everything but pixels, whenever any of it changes, and first of all. Server → client, text."""

    type: Literal["state"] = "state"
    project: Project


class LearningChanged(Schema):
    """How far the training is, about once a second. Server → client, text."""

    type: Literal["learning"] = "learning"
    learning: Learning


class Replaced(Schema):
    """The drawing was extracted anew, or the project is gone. Server → client, text."""

    type: Literal["replaced", "deleted"]


class Trouble(Schema):
    """Something failed that nobody asked for just now: a crashed worker. Server → client, text."""

    type: Literal["trouble"] = "trouble"
    problem: Problem


class Extracted(Schema):
    """Header of what GET …/layers and POST …/extract answer; the layers' pixels follow in order."""

    type: Literal["extracted"] = "extracted"
    revision: int | None = Field(
        None, description="of the edited drawing that these are the layers of; null for any other drawing"
    )
    size: Size
    layers: tuple[Layer, ...]
    labels: tuple[Label, ...]


#: Not reachable from any REST route, so the OpenAPI document is told of them.
MESSAGES: tuple[type[Schema], ...] = (
    *(Edit, Step, Accepted, Refused, Changed, Render, State, LearningChanged, Replaced, Trouble, Extracted, Problem),
)
