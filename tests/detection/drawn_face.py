"""A face whose points are known, for tests that need no networks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from primage.detection.faces import Face
from primage.detection.topology import (
    FACE_OVAL,
    INNER_LIPS,
    LEFT_BROW,
    LEFT_EYE,
    LEFT_IRIS,
    NOSE_BASE,
    NOSE_BRIDGE,
    OUTER_LIPS,
    RIGHT_BROW,
    RIGHT_EYE,
    RIGHT_IRIS,
)

#: Width and height of the face, from forehead to chin, at scale 1.
WIDTH, HEIGHT = 80.0, 100.0


def drawn_face(centre: tuple[float, float], scale: float = 1.0, angle: float = 0.0) -> Face:
    """A symmetric face with an open mouth.

    Args:
        centre: (x, y) of its middle, in pixels.
        scale: of its size.
        angle: by which it is turned clockwise, in radians.
    """
    mesh, depths = np.zeros((478, 2)), np.zeros(478)

    def ellipse(numbers: Sequence[int], x: float, y: float, width: float, height: float, start: float) -> None:
        angles = start + np.arange(len(numbers)) * 2 * np.pi / len(numbers)
        mesh[list(numbers)] = np.stack([x + width / 2 * np.cos(angles), y + height / 2 * np.sin(angles)], axis=1)

    ellipse(FACE_OVAL, 0, 0, WIDTH, HEIGHT, -np.pi / 2)
    depths[list(FACE_OVAL)] = 10
    for side, eye, iris, brow in ((-1, RIGHT_EYE, RIGHT_IRIS, RIGHT_BROW), (1, LEFT_EYE, LEFT_IRIS, LEFT_BROW)):
        ellipse(eye, side * 18, -10, side * 16, 8, np.pi)
        mesh[list(eye), 1] = -20 - mesh[list(eye), 1]  # the lower lid comes first
        ellipse(iris, side * 18, -10, 6, 6, 0.0)
        along = side * np.linspace(28, 8, 5)
        mesh[list(brow[:5])] = np.stack([along, np.full(5, -24.0)], axis=1)
        mesh[list(brow[5:])] = np.stack([along[::-1], np.full(5, -20.0)], axis=1)
    for lips, width, height in ((OUTER_LIPS, 36, 22), (INNER_LIPS, 28, 12)):
        ellipse(lips, 0, 26, width, height, np.pi)
        mesh[list(lips), 1] = 52 - mesh[list(lips), 1]
    mesh[list(NOSE_BRIDGE)] = np.stack([np.zeros(6), np.linspace(-10, 8, 6)], axis=1)
    depths[list(NOSE_BRIDGE)] = np.linspace(-4, -14, 6)
    mesh[list(NOSE_BASE)] = np.stack([np.linspace(-8, 8, 9), np.full(9, 12.0)], axis=1)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return Face(mesh @ turn.T * scale + centre, 1.0, depths * scale)
