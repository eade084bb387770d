"""Edits as small replayable records. Coordinates are shares of the width and height, so they fit any size."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from primage.errors import PrimitiveError
from primage.settings import Frozen

#: (x, y), each a share of the primitive's width or height; 0, 0 is the top left corner.
Point = tuple[float, float]


class Rectangle(Frozen):
    """An upright rectangle."""

    shape: Literal["rectangle"] = "rectangle"
    top_left: Point
    bottom_right: Point


class Ellipse(Frozen):
    """An upright ellipse."""

    shape: Literal["ellipse"] = "ellipse"
    centre: Point
    radii: Point


class Polygon(Frozen):
    """A closed polygon."""

    shape: Literal["polygon"] = "polygon"
    points: tuple[Point, ...] = Field(min_length=3)


class LabelRegion(Frozen):
    """All pixels of some labels, by their positions in the palette."""

    shape: Literal["labels"] = "labels"
    labels: tuple[int, ...] = Field(min_length=1)


Region = Annotated[Rectangle | Ellipse | Polygon | LabelRegion, Field(discriminator="shape")]


class Move(Frozen):
    """Move a region; what it leaves behind is filled from around it."""

    op: Literal["move"] = "move"
    region: Region
    by: Point


class Copy(Frozen):
    """Put a copy of a region elsewhere."""

    op: Literal["copy"] = "copy"
    region: Region
    by: Point


class Scale(Frozen):
    """Scale a region about its centre."""

    op: Literal["scale"] = "scale"
    region: Region
    factor: Annotated[float, Field(gt=0.05, le=20)]


class Flip(Frozen):
    """Mirror a region within its bounding box."""

    op: Literal["flip"] = "flip"
    region: Region
    axis: Literal["horizontal", "vertical"] = "horizontal"


class Swap(Frozen):
    """Exchange two regions: each moves to the other's centre; what is left open is filled from around it."""

    op: Literal["swap"] = "swap"
    region: Region
    other: Region


class Handle(Frozen):
    """A point that a person drags, and where to."""

    source: Point
    target: Point


class Warp(Frozen):
    """Bend the whole drawing by dragging points of it; the border is pinned unless ``pin_border`` is off."""

    op: Literal["warp"] = "warp"
    handles: tuple[Handle, ...] = Field(min_length=1, max_length=256)
    pin_border: bool = True


class Erase(Frozen):
    """Empty a region: no lines, labels and colours filled from around it."""

    op: Literal["erase"] = "erase"
    region: Region


class Fill(Frozen):
    """Give a region one label (its position in the palette); lines inside go."""

    op: Literal["fill"] = "fill"
    region: Region
    label: int = Field(ge=0)


class Paint(Frozen):
    """Draw a stroke: of a label, or a line one pixel thin where no label is named."""

    op: Literal["paint"] = "paint"
    points: tuple[Point, ...] = Field(min_length=1)
    label: int | None = Field(None, ge=0)
    radius: float = Field(0.01, gt=0, le=1, description="of a label's stroke, as a share of the width")


Edit = Annotated[Move | Copy | Scale | Flip | Swap | Warp | Erase | Fill | Paint, Field(discriminator="op")]
_EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(tuple[Edit, ...])


def edits_from_json(text: str, where: str = "edits") -> tuple[Edit, ...]:
    """Read a list of edits.

    Args:
        text: a JSON list of records, each with its ``op``.
        where: named in the message.

    Returns:
        The edits in order.

    Raises:
        PrimitiveError: it is not such a list.

    Example:
        >>> edits_from_json('[{"op": "erase", "region": {"shape": "labels", "labels": [3]}}]')
        (Erase(op='erase', region=LabelRegion(shape='labels', labels=(3,))),)
    """
    try:
        return _EDITS.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "list"
        raise PrimitiveError(f"{where}: {place}: {first['msg']}") from error


def edits_to_json(edits: tuple[Edit, ...]) -> str:
    """Write edits as JSON that `edits_from_json` reads back."""
    return _EDITS.dump_json(edits, indent=2).decode()
