"""Objects of a drawing: parts that were placed and can be placed anew, from their original pixels, at any time.

The drawing that is rendered, exported and learned always contains them already. Beside it, the server keeps what the
editor needs to place them anew: the pixels of each object before any transform, and what lies below them all. Both are
contents, which never change: an edit that changes pixels of an object gives it another content. So a message or a step
of the history has only the contents that the other side lacks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field, model_validator

from primage.http.errors import RefusalError
from primage.origin.transforms import Piece
from primage.studio.schemas import LayerName, Schema, Side

#: Objects of a drawing. Each may cover all of it.
MAX_OBJECTS = 64

ObjectId = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="made by the editor; no file is named by it")]
Point = tuple[float, float]


class Content(Schema):
    """Pixels that never change: first a mask (one byte per pixel, 0 or 1), then the layers, whose pixels follow."""

    id: ObjectId
    x: int = Field(ge=-65_535, le=65_535, description="where the pixels were when they became a content")
    y: int = Field(ge=-65_535, le=65_535)
    width: Side
    height: Side
    layers: tuple[LayerName, ...] = Field(max_length=6)
    pieces: tuple[Piece, ...] = Field((), max_length=4096, description="those that pixels of the origin refer to")

    @model_validator(mode="after")
    def _each_once(self) -> Content:
        if len(set(self.layers)) != len(self.layers):
            raise ValueError("a layer is listed twice")
        return self


class PlacedObject(Schema):
    """One object: its content and the transform that places it."""

    id: ObjectId
    name: Annotated[str, Field(min_length=1, max_length=60)]
    content: ObjectId
    visible: bool = True
    matrix: tuple[float, float, float, float, float, float] = Field(
        description="from the content's places to the drawing's, in pixels: x' = a·x + c·y + e, y' = b·x + d·y + f"
    )
    pivot: Point = Field((0.5, 0.5), description="what it turns about, in shares of its box")
    warp: tuple[tuple[Point, Point], ...] = Field(
        (),
        max_length=256,
        description="handles: where they are in the content, and where they lead; replaces the matrix",
    )


class Objects(Schema):
    """The objects of a drawing, from the bottom to the top, and the content that lies below them all."""

    placed: tuple[PlacedObject, ...] = Field((), max_length=MAX_OBJECTS)
    below: ObjectId | None = Field(None, description="null if they cover nothing")

    def contents(self) -> set[str]:
        """The ids of the contents that they refer to."""
        below = () if self.below is None else (self.below,)
        return {*below, *(placed.content for placed in self.placed)}


@dataclass(frozen=True)
class Kept:
    """A content with its pixels.

    Attributes:
        content: describes the pixels.
        pixels: the mask and the layers.
    """

    content: Content
    pixels: bytes


@dataclass(frozen=True)
class Stack:
    """Objects with all contents that they refer to.

    Attributes:
        objects: the objects.
        contents: by id.
    """

    objects: Objects = field(default_factory=Objects)
    contents: Mapping[str, Kept] = field(default_factory=dict)

    def changed(self, objects: Objects, contents: Mapping[str, Kept]) -> Stack:
        """The stack after a change.

        Args:
            objects: the new objects.
            contents: those that are new; those of this stack are known.

        Raises:
            RefusalError: a content is missing.
        """
        used = objects.contents()
        known = {**contents, **self.contents}  # a content never changes
        if not used <= known.keys():
            raise RefusalError(422, "invalid", "an object refers to pixels that are missing from the message")
        return Stack(objects, {one: known[one] for one in sorted(used)})

    def beyond(self, other: Stack) -> dict[str, Kept]:
        """The contents that another stack lacks.

        Args:
            other: the other stack.
        """
        return {one: kept for one, kept in self.contents.items() if one not in other.contents}


def length_of(content: Content, channels: Mapping[str, int]) -> int:
    """The number of bytes of a content's pixels.

    Args:
        content: the content.
        channels: bytes per pixel of each layer.
    """
    return content.width * content.height * (1 + sum(channels[layer] for layer in content.layers))


def split(
    contents: Iterable[Content], pixels: bytes | memoryview, channels: Mapping[str, int]
) -> tuple[dict[str, Kept], int]:
    """Take contents from the end of a message.

    Args:
        contents: in order.
        pixels: all of the message.
        channels: bytes per pixel of each layer that contents can have.

    Returns:
        The contents by id, and the number of bytes before them.

    Raises:
        RefusalError: pixels are missing, or there is no such layer.
    """
    listed = tuple(contents)
    for content in listed:
        if unknown := set(content.layers) - channels.keys():
            raise RefusalError(422, "invalid", f"an object has no layer '{sorted(unknown)[0]}' in this drawing")
    start = first = len(pixels) - sum(length_of(content, channels) for content in listed)
    if first < 0:
        raise RefusalError(422, "invalid", "pixels are missing from the message")
    found = {}
    for content in listed:
        end = start + length_of(content, channels)
        found[content.id] = Kept(content, bytes(pixels[start:end]))
        start = end
    return found, first


def joined(contents: Sequence[Kept]) -> list[bytes]:
    """The pixels of contents in order, as a message ends with them.

    Args:
        contents: the contents.
    """
    return [kept.pixels for kept in contents]
