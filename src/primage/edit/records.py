"""Recorded edits. Coordinates are shares of width and height, so that edits apply at any size."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import FailFast, Field, TypeAdapter, ValidationError, model_validator

from primage.errors import PrimitiveError
from primage.primitive.margins import Margins
from primage.settings import Frozen

#: (x, y), each a share of the primitive's width or height; 0, 0 is the top left corner.
Point = tuple[float, float]
#: What is added to a side of the canvas, a share of the width or height.
Added = Annotated[float, Field(ge=0, le=1)]


_Factor = Annotated[float, Field(ge=0.05, le=5)]
#: Parts of landmarks that can be opened and closed.
OPENING = ("lips", "eyes", "right eye", "left eye")


class Rectangle(Frozen):
    """An axis-aligned rectangle."""

    shape: Literal["rectangle"] = "rectangle"
    top_left: Point
    bottom_right: Point


class Ellipse(Frozen):
    """An axis-aligned ellipse."""

    shape: Literal["ellipse"] = "ellipse"
    centre: Point
    radii: Point


class Polygon(Frozen):
    """A closed polygon."""

    shape: Literal["polygon"] = "polygon"
    points: tuple[Point, ...] = Field(min_length=3)


class LabelRegion(Frozen):
    """All pixels with certain labels, given as indices into the palette."""

    shape: Literal["labels"] = "labels"
    labels: tuple[int, ...] = Field(min_length=1)


Region = Annotated[Rectangle | Ellipse | Polygon | LabelRegion, Field(discriminator="shape")]


class Move(Frozen):
    """Move a region; the uncovered area is filled from its surroundings."""

    op: Literal["move"] = "move"
    region: Region
    by: Point


class Copy(Frozen):
    """Copy a region to another position."""

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
    """Exchange two regions: each moves to the other's centre; uncovered areas are filled from their surroundings."""

    op: Literal["swap"] = "swap"
    region: Region
    other: Region


class Handle(Frozen):
    """A dragged point: its source and its target."""

    source: Point
    target: Point


class Warp(Frozen):
    """Bend the whole primitive by dragging points; the border is pinned unless ``pin_border`` is off."""

    op: Literal["warp"] = "warp"
    handles: tuple[Handle, ...] = Field(min_length=1, max_length=256)
    pin_border: bool = True


#: Parts of people that landmarks know, as they are named in records. Left and right are those of the person.
LandmarkPart = Literal[
    "face",
    "brows",
    "right brow",
    "left brow",
    "eyes",
    "right eye",
    "left eye",
    "irises",
    "right iris",
    "left iris",
    "nose",
    "lips",
    "outer lips",
    "inner lips",
    "face oval",
    "hand",
    "thumb",
    "index finger",
    "middle finger",
    "ring finger",
    "little finger",
    "body",
    "left arm",
    "right arm",
    "left leg",
    "right leg",
]


class Landmarks(Frozen):
    """Bend the primitive with a part of every face, hand or body that is found in the photo.

    Lengths are in sizes of the face (forehead to chin), hand (wrist to the root of the middle finger) or body (its
    torso, or what is shown of it if that is not in the photo), and its own axes count, so that a tilted head is edited
    like an upright one.
    """

    op: Literal["landmarks"] = "landmarks"
    part: LandmarkPart
    person: int | None = Field(None, ge=1, description="number of the one to edit, from the left; all if not given")
    by: Point = Field((0.0, 0.0), description="shift: to the right as seen, and towards the chin")
    scale: tuple[_Factor, _Factor] | _Factor = Field(1.0, description="width and height, about the part's middle")
    turn: float = Field(0.0, ge=-180, le=180, description="degrees clockwise; limbs and fingers about their root")
    open: float = Field(1.0, ge=0, le=4, description="of lips and eyes: 0 closes them, 2 opens them twice as wide")
    yaw: float = Field(
        0.0, ge=-40, le=40, description="of the face: degrees by which the head turns to the right as seen"
    )
    pitch: float = Field(0.0, ge=-40, le=40, description="of the face: degrees by which it looks down")

    @model_validator(mode="after")
    def _can(self) -> Landmarks:
        if self.open != 1 and self.part not in OPENING:
            raise ValueError(f"open is for {', '.join(OPENING)}, not for the {self.part}")
        if (self.yaw or self.pitch) and self.part != "face":
            raise ValueError(f"yaw and pitch are for the face, not for the {self.part}")
        return self


class Erase(Frozen):
    """Erase a region: lines are removed, labels and colours filled from its surroundings."""

    op: Literal["erase"] = "erase"
    region: Region


class Fill(Frozen):
    """Give a region one label (an index into the palette) and remove its lines."""

    op: Literal["fill"] = "fill"
    region: Region
    label: int = Field(ge=0)


class Paint(Frozen):
    """Draw a stroke with a label; without one, draw a line one pixel thin."""

    op: Literal["paint"] = "paint"
    points: tuple[Point, ...] = Field(min_length=1)
    label: int | None = Field(None, ge=0)
    radius: float = Field(0.01, gt=0, le=1, description="of a label's stroke, as a share of the width")


class Extend(Frozen):
    """Enlarge the canvas: areas and lines go on beyond the borders. Later edits are in shares of the larger canvas.

    Attributes:
        left, top, right, bottom: what is added, in shares of the width and height before.
    """

    op: Literal["extend"] = "extend"
    left: Added = 0
    top: Added = 0
    right: Added = 0
    bottom: Added = 0

    @model_validator(mode="after")
    def _is_larger(self) -> Extend:
        if not (self.left or self.top or self.right or self.bottom):
            raise ValueError("say what to add: left, top, right or bottom, in shares of the width or height")
        return self

    def margins(self, size: tuple[int, int]) -> Margins:
        """What is added, in pixels.

        Args:
            size: (height, width) of the canvas before.
        """
        height, width = size
        return Margins(
            left=round(self.left * width),
            top=round(self.top * height),
            right=round(self.right * width),
            bottom=round(self.bottom * height),
        )


#: Edits that need nothing but the drawing.
DrawingEdit = Move | Copy | Scale | Flip | Swap | Warp | Erase | Fill | Paint | Extend
Edit = Annotated[DrawingEdit | Landmarks, Field(discriminator="op")]
#: Of which the first mistake is reported, so that nothing after it needs to be read.
Edits = Annotated[tuple[Edit, ...], FailFast()]
_EDITS: TypeAdapter[tuple[Edit, ...]] = TypeAdapter(Edits)


def edits_from_json(text: str, where: str = "edits") -> tuple[Edit, ...]:
    """Read a list of edits.

    Args:
        text: a JSON list of records, each with its ``op``.
        where: name of the file in the error message.

    Returns:
        The edits in order.

    Raises:
        PrimitiveError: the text is not such a list.

    Example:
        >>> edits_from_json('[{"op": "erase", "region": {"shape": "labels", "labels": [3]}}]')
        (Erase(op='erase', region=LabelRegion(shape='labels', labels=(3,))),)
    """
    try:
        return _EDITS.validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "list"
        raise PrimitiveError(f"{where}: {field}: {first['msg']}") from error


def read_edits(path: Path) -> tuple[Edit, ...]:
    """Read a file of edits.

    Args:
        path: a JSON file.

    Raises:
        PrimitiveError: the file cannot be read, or is not a list of edits.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PrimitiveError(f"{path}: cannot be read ({error}); give a JSON list of edits") from error
    return edits_from_json(text, str(path))


def edits_to_json(edits: tuple[Edit, ...]) -> str:
    """Write edits as JSON, to be read back with `edits_from_json`.

    Args:
        edits: the edits in order.

    Returns:
        A JSON list of records, indented by two spaces.
    """
    return _EDITS.dump_json(edits, indent=2).decode()
