"""The faces, hands and bodies of a photo as points to drag: how they are joined, and which are offered first.

Coordinates are shares of the photo's width and height, so that they mean the same at any size.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float, UInt8
from pydantic import Field

from primage.detection.people import People, find_people, has_face, visible_runs
from primage.detection.topology import BODY, FACE, HAND, HEAD, KEY_POINTS, NOSE_TIP, PARTS, Chain
from primage.settings import Frozen

Kind = Literal["face", "hand", "body"]
_Coordinate = Annotated[float, Field(ge=-16, le=16)]
_Number = Annotated[int, Field(ge=0, lt=512)]
#: Coordinates are rounded: to a hundredth of a pixel of a photo of 1000 px.
_DECIMALS = 5


class Curve(Frozen):
    """Points of a figure that are joined one after the other.

    Attributes:
        name: what it shows, such as "outer lips".
        part: curves of one part are dragged together, such as both lips.
        points: their numbers in the figure.
        at: where each of them is along the part, from 0 to 1, which is 0 again: points close to each other follow one
            another.
        closed: whether the last point is joined to the first.
    """

    name: str
    part: str
    points: tuple[_Number, ...] = Field(min_length=2)
    at: tuple[Annotated[float, Field(ge=0, le=1)], ...]
    closed: bool


class Handle(Frozen):
    """A point that is offered for dragging.

    Attributes:
        point: its number in the figure.
        name: what it is, such as "right corner of the mouth".
    """

    point: _Number
    name: str


class Figure(Frozen):
    """A face, a hand or a body.

    Attributes:
        kind: which of these.
        name: different from that of every other figure of the photo.
        points: (x, y) of each, in shares of the photo's width and height.
        depths: of each, in shares of the photo's width, smaller towards the camera; none if they are not known.
        curves: how they are joined.
        handles: every point once, the most useful first.
        turning: number of the point that the head is turned by.
    """

    kind: Kind
    name: str
    points: tuple[tuple[_Coordinate, _Coordinate], ...] = Field(max_length=512)
    depths: tuple[_Coordinate, ...] = ()
    curves: tuple[Curve, ...]
    handles: tuple[Handle, ...]
    turning: _Number | None = None


def find_figures(photo: UInt8[np.ndarray, "h w 3"]) -> tuple[Figure, ...]:
    """Find the faces, hands and bodies in a photo.

    Args:
        photo: (H, W, 3) uint8 sRGB.

    Raises:
        ConfigError: the interpreter's package is not installed.
        WeightsError: the weights are not available.
    """
    return figures(find_people(photo), (photo.shape[0], photo.shape[1]))


def figures(people: People, size: tuple[int, int]) -> tuple[Figure, ...]:
    """What was found in a photo, as figures.

    Args:
        people: faces, hands and bodies.
        size: (height, width) of the photo that their points refer to.

    Returns:
        The faces, then the hands, then the bodies. Points of a body that are not visible are left out.
    """
    found: list[Figure | None] = []
    for number, face in enumerate(people.faces, 1):
        found.append(_figure("face", number, FACE, face.points, size, face.depths))
    for number, hand in enumerate(people.hands, 1):
        found.append(_figure("hand", number, HAND, hand.points, size))
    for number, body in enumerate(people.bodies, 1):
        chains = BODY if has_face(body, people) else (*HEAD, *BODY)
        runs = [run for chain in chains for run in visible_runs(chain, body.visible)]
        found.append(_figure("body", number, runs, body.points, size))
    return tuple(figure for figure in found if figure is not None)


def _figure(
    kind: Kind,
    number: int,
    chains: Sequence[Chain],
    points: Float[np.ndarray, "n 2"],
    size: tuple[int, int],
    depths: Float[np.ndarray, " n"] | None = None,
) -> Figure | None:
    """A figure of those points that are on curves; None if there are none."""
    used = sorted({point for chain in chains for point in chain.points})
    if not used:
        return None
    position = {point: index for index, point in enumerate(used)}
    shares = np.round(points[used] / [size[1], size[0]], _DECIMALS)
    return Figure(
        kind=kind,
        name=f"{kind} {number}",
        points=tuple((float(x), float(y)) for x, y in shares),
        depths=() if depths is None else tuple(np.round(depths[used] / size[1], _DECIMALS).tolist()),
        curves=tuple(_curve(chain, position) for chain in chains),
        handles=tuple(
            Handle(point=position[point], name=name) for point, name in _handles(kind, chains) if point in position
        ),
        turning=position.get(NOSE_TIP) if kind == "face" else None,
    )


def _curve(chain: Chain, position: dict[int, int]) -> Curve:
    part, at = PARTS.get(chain.name, (chain.name, None))
    count = len(chain.points)
    if at is None:  # a closed curve comes back to where it began; the others go half the way
        at = tuple(np.round(np.arange(count) / (count if chain.closed else 2 * (count - 1)), _DECIMALS).tolist())
    return Curve(
        name=chain.name, part=part, points=tuple(position[point] for point in chain.points), at=at, closed=chain.closed
    )


def _handles(kind: Kind, chains: Sequence[Chain]) -> Iterator[tuple[int, str]]:
    """All points, with their names: the most useful ones, then every other one, then the rest."""
    offered: set[int] = set()

    def new(point: int, name: str) -> Iterator[tuple[int, str]]:
        if point not in offered:
            offered.add(point)
            yield point, name

    for point, name in KEY_POINTS[kind]:
        yield from new(point, name)
    for step in (2, 1):
        for chain in chains:
            for index in range(0, len(chain.points), step):
                yield from new(chain.points[index], f"{chain.name}, point {index + 1} of {len(chain.points)}")
