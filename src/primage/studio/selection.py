"""Requests for the selection of objects, and their answers. Coordinates are in pixels of the drawing."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from primage.studio.schemas import Schema, Size

_Coordinate = Annotated[float, Field(ge=-65_535, le=2 * 65_535)]
Point = tuple[_Coordinate, _Coordinate]


class StrokeMark(Schema):
    """A click, or a scribble."""

    type: Literal["stroke"] = "stroke"
    points: tuple[Point, ...] = Field(min_length=1, max_length=4096, description="x, y; one for a click")
    add: bool = Field(True, description="whether it is in the object; otherwise it is outside")


class BoxMark(Schema):
    """A rectangle around an object."""

    type: Literal["box"] = "box"
    corners: tuple[Point, Point]
    add: bool = Field(True, description="whether its object is added; otherwise it is taken away")


class SelectObject(Schema):
    """Select what marks say. Without marks, the picture is prepared, so that the first click is as fast as others."""

    marks: tuple[Annotated[StrokeMark | BoxMark, Field(discriminator="type")], ...] = Field((), max_length=64)


class Selected(Schema):
    """A selection. The header of a frame: width × height bytes follow, 1 inside."""

    size: Size


class FollowEdge(Schema):
    """Find the path between two points that follows edges."""

    start: Point
    end: Point


class EdgePath(Schema):
    """A path along edges, both ends included."""

    points: tuple[Point, ...]
