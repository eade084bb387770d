"""Requests and answers of the API."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from primage.http.media_types import ResultFormat
from primage.render.quality import DEFAULT_QUALITY
from primage.synthesis.options import RenderOptions

Output = Literal["render", "photo", "patch"]
#: Formats with the photo as a layer, whatever is asked for.
LAYERED = ("ora", "psd")


class Schema(BaseModel):
    """Base of all schemas: an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RenderQuery(RenderOptions):
    """How a drawing is rendered, in the query of the request: the options of `primage render`.

    Attributes:
        format: of the result.
        quality: 1 to 100, of JPEG and WebP.
        output: "render" for the picture as it was rendered; "photo" for the photo with only that replaced which was
            edited; "patch" for these pixels alone, on a transparent canvas.
        full_size: paint at the size of the photo's file, which the server must have, or be sent.
        size: short side of a render, in pixels; that of training if None.
        snap: map colours that the run does not know to the nearest label.
        infer_origin: find moved, copied and removed parts by comparing with the training drawing.
    """

    format: ResultFormat = "png"
    quality: int = Field(DEFAULT_QUALITY, ge=1, le=100)
    output: Output = "render"
    full_size: bool = False
    size: int | None = Field(None, ge=32, le=4096)
    snap: bool = False
    infer_origin: bool = True

    @property
    def options(self) -> RenderOptions:
        """What the synthesis needs to know."""
        return RenderOptions(**{name: getattr(self, name) for name in RenderOptions.model_fields})


class Size(Schema):
    """Width and height in pixels."""

    width: int
    height: int


class Label(Schema):
    """A label that drawings of a model may have."""

    name: str
    colour: tuple[int, int, int]


class ModelInfo(Schema):
    """A model that is served."""

    name: str
    primitive: str = Field(description="kind of drawing: super, edges, segments, …")
    layers: tuple[str, ...]
    labels: tuple[Label, ...]
    size: Size = Field(description="working size")
    full_size: Size | None = Field(description="size of the photo's file, if the server has it")
    preset: str
    steps: int
    weights_sha256: str
    photo_sha256: str


class Models(Schema):
    """All models that are served."""

    models: tuple[ModelInfo, ...]


class Health(Schema):
    """Whether the server works."""

    status: Literal["ok", "loading", "stopping"]
    workers: int = Field(description="number of worker processes that run")
    waiting: int = Field(description="requests that are received or wait for a worker")
    running: int = Field(description="requests that are rendered")
