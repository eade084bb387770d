"""What a photo shows of people, and the lines to draw of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, UInt8

from primage.detection.bodies import Body, find_bodies
from primage.detection.crops import Crop
from primage.detection.faces import Face, find_faces
from primage.detection.hands import Hand, find_hands
from primage.detection.topology import BODY, FACE, FACE_OVAL, HAND, HEAD, Chain

#: A body's wrists, and the side of the squares around them that are searched for hands, as a share of its own square.
_WRISTS = (15, 16)
_WRIST_SHARE = 0.3
_SMALLEST_SQUARE_PX = 48
_NOSE = 0


@dataclass(frozen=True)
class People:
    """The faces, hands and bodies of a photo."""

    faces: tuple[Face, ...] = ()
    hands: tuple[Hand, ...] = ()
    bodies: tuple[Body, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.faces or self.hands or self.bodies)


@dataclass(frozen=True)
class Line:
    """Points that are joined one after the other.

    Attributes:
        name: what they are, different from that of every other line of the photo.
        points: (N, 2), (x, y) in pixels with (0, 0) at the photo's top left corner.
        closed: whether the last point is joined to the first.
    """

    name: str
    points: Float[np.ndarray, "n 2"]
    closed: bool


def find_people(photo: UInt8[np.ndarray, "h w 3"]) -> People:
    """Find the faces, hands and bodies in a photo.

    Args:
        photo: (H, W, 3) uint8 sRGB.

    Raises:
        ConfigError: the interpreter's package is not installed.
        WeightsError: the weights are not available.
    """
    bodies = find_bodies(photo)
    squares = [
        Crop((float(body.points[wrist, 0]), float(body.points[wrist, 1])), body.crop.side * _WRIST_SHARE)
        for body in bodies
        for wrist in _WRISTS
        if body.visible[wrist] and body.crop.side * _WRIST_SHARE >= _SMALLEST_SQUARE_PX
    ]
    return People(find_faces(photo), find_hands(photo, squares), bodies)


def lines(people: People) -> tuple[Line, ...]:
    """The lines to draw: contours of faces, fingers, limbs.

    Args:
        people: what was found.

    Returns:
        Lines of two or more points; where a point of a body is not visible, its line is interrupted.
    """
    found: list[Line] = []
    for number, face in enumerate(people.faces, 1):
        found += _lines(f"face {number}", FACE, face.points)
    for number, hand in enumerate(people.hands, 1):
        found += _lines(f"hand {number}", HAND, hand.points)
    for number, body in enumerate(people.bodies, 1):
        chains = BODY if has_face(body, people) else (*HEAD, *BODY)
        found += _lines(f"body {number}", chains, body.points, body.visible)
    return tuple(found)


def _has(face: Face, body: Body) -> bool:
    """Whether a face is that of a body: it contains the body's nose."""
    low, high = (reduce(face.points[list(FACE_OVAL)], axis=0) for reduce in (np.min, np.max))
    return bool(((body.points[_NOSE] >= low) & (body.points[_NOSE] <= high)).all())


def _lines(
    owner: str,
    chains: Sequence[Chain],
    points: Float[np.ndarray, "n 2"],
    visible: Bool[np.ndarray, " n"] | None = None,
) -> Iterator[Line]:
    for chain in chains:
        for run in visible_runs(chain, np.ones(len(points), bool) if visible is None else visible):
            yield Line(f"{owner} {run.name}", points[list(run.points)], run.closed)


def visible_runs(chain: Chain, visible: Bool[np.ndarray, " n"]) -> Iterator[Chain]:
    """The parts of a chain that can be drawn: it is interrupted where a point is not visible.

    Args:
        chain: the chain.
        visible: (N,), of the points that it refers to.

    Yields:
        Chains of two or more points; the chain itself if all are visible.
    """
    numbers = list(chain.points)
    shown = visible[numbers]
    if shown.all():
        yield chain
        return
    if chain.closed:
        numbers.append(numbers[0])
        shown = np.append(shown, shown[0])
    ends = np.flatnonzero(~np.append(shown, False))
    bounds = zip([0, *(ends[:-1] + 1)], ends, strict=True)
    parts = [tuple(numbers[start:end]) for start, end in bounds if end - start > 1]
    for number, part in enumerate(parts, 1):
        yield Chain(f"{chain.name} {number}" if len(parts) > 1 else chain.name, part)


def has_face(body: Body, people: People) -> bool:
    """Whether the face of a body was found as a face, too.

    Args:
        body: one of the people's.
        people: what was found.
    """
    return any(_has(face, body) for face in people.faces)
