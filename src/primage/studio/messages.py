"""Messages of the studio: those of the WebSocket (see editor/API.md), and headers of binary responses.

A binary message is one of them, followed by pixels.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from primage.http.errors import Problem
from primage.origin.transforms import Piece
from primage.primitive.margins import NO_MARGINS, Margins
from primage.studio.objects import Content, Objects
from primage.studio.schemas import (
    Animation,
    HistoryState,
    KeptPicture,
    Label,
    Layer,
    Learning,
    Part,
    Patch,
    Project,
    Rectangle,
    Schema,
    Size,
)


class Edit(Schema):
    """One action of the user, undone as one. Client → server, binary: pixels of patches, then of contents follow."""

    type: Literal["edit"] = "edit"
    id: int = Field(ge=0, description="chosen by the client; returned in the response")
    base: int = Field(ge=0, description="the highest revision the client has seen")
    title: Annotated[str, Field(min_length=1, max_length=60)] = Field(description="shown in the history, e.g. Pencil")
    continues: int | None = Field(
        None,
        ge=0,
        description="id of an earlier edit: both are undone together if there was no other change in between",
    )
    margins: Margins = Field(NO_MARGINS, description="of the canvas that it was made on")
    patches: tuple[Patch, ...] = Field(max_length=64)
    pieces: tuple[Piece, ...] = Field((), max_length=4096, description="those that pixels of the origin refer to")
    labels: tuple[Label, ...] | None = Field(
        None, max_length=255, description="new names and colours, in the same number"
    )
    objects: Objects | None = Field(None, description="the new objects; null if they stay as they are")
    contents: tuple[Content, ...] = Field((), max_length=128, description="contents that the server lacks")


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
    """The drawing was changed, but not by this client's own edit. Server → client, binary: pixels as for an edit."""

    type: Literal["changed"] = "changed"
    id: int | None = Field(description="of the undo, redo or edit of this client that caused it, or null")
    cause: Literal["edit", "undo", "redo", "snapshot"]
    title: str
    history: HistoryState
    patches: tuple[Patch, ...]
    pieces: tuple[Piece, ...] = Field((), description="those that pixels of the origin refer to")
    labels: tuple[Label, ...] | None
    objects: Objects | None = Field(None, description="the new objects; null if they stay as they are")
    contents: tuple[Content, ...] = Field((), description="contents that the objects did not refer to before")


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


class AnimationChanged(Schema):
    """Progress of the frames of the timeline. Server → client, text."""

    type: Literal["animation"] = "animation"
    animation: Animation


class Replaced(Schema):
    """The drawing was replaced or resized, or the project was deleted. Server → client, text."""

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
    """Header of the response to GET …/layers and POST …/extract; pixels of the layers, then of contents follow."""

    type: Literal["extracted"] = "extracted"
    revision: int | None = Field(None, description="revision of the edited drawing; null for other drawings")
    size: Size
    margins: Margins = Field(NO_MARGINS, description="what the drawing has beyond the photo's borders, in its pixels")
    layers: tuple[Layer, ...]
    pieces: tuple[Piece, ...] = Field((), description="those that pixels of the origin refer to")
    labels: tuple[Label, ...]
    objects: Objects = Field(Objects(), description="objects that the drawing contains")
    contents: tuple[Content, ...] = Field((), description="all contents that the objects refer to")
    picture: KeptPicture | None = Field(None, description="what was drawn, if that was not the project's photo")


class PhotoWindow(Schema):
    """Header of the response to GET …/window; width × height × 3 bytes RGB follow."""

    type: Literal["window"] = "window"
    revision: int = Field(description="of the drawing that is shown")
    rectangle: Rectangle = Field(description="in pixels of the canvas at the photo's own size")


#: No REST route uses them, so they are added to the OpenAPI document.
MESSAGES: tuple[type[BaseModel], ...] = (
    *(
        Edit,
        UndoRedo,
        Accepted,
        Refused,
        Changed,
        Render,
        State,
        LearningChanged,
        AnimationChanged,
        Replaced,
        Failure,
        OriginFound,
        Extracted,
        PhotoWindow,
        Problem,
    ),
)
