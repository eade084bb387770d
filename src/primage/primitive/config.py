"""Settings of primitives: the kind, and how its layers are extracted from a photo."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from primage.primitive.extraction_config import EdgesConfig, PaintConfig, SegmentsConfig
from primage.primitive.kinds import KINDS
from primage.settings import Frozen


def _known_kind(name: str) -> str:
    if name not in KINDS:
        raise ValueError(f"there is no primitive '{name}'; choose one of {', '.join(map(repr, KINDS))}")
    return name


#: The name of a kind of primitive, one of `primage.primitive.kinds.KINDS`.
PrimitiveKind = Annotated[str, AfterValidator(_known_kind), WithJsonSchema({"type": "string", "enum": list(KINDS)})]


class PrimitiveConfig(Frozen):
    """The kind of primitive, and the extraction of layers that are not given as files."""

    kind: PrimitiveKind = "super"
    edges: EdgesConfig = EdgesConfig()
    segments: SegmentsConfig = SegmentsConfig()
    paint: PaintConfig = PaintConfig()
    encoding: Literal["channels", "boundaries", "rgb", "pix2pixhd"] = Field(
        "channels",
        description="one-hot labels and edge distance; the same, with the boundaries of a label map without lines as "
        "its lines; the drawn RGB picture; or as pix2pixHD: a label map one-hot, with its boundaries, any other "
        "drawing as RGB",
    )
