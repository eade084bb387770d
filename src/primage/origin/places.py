"""Where places of the photo are in an edited drawing: the way back through its origin."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64
from scipy import ndimage
from scipy.spatial import KDTree

from primage.origin.plane import DRAWN, UNMOVED, Origin
from primage.origin.transforms import Piece

#: Step of the differences that replace derivatives, and largest distance from a place at which it counts as found: in
#: pixels of the drawing.
_STEP_PX, _FOUND_PX = 0.5, 0.75
_ROUNDS = 8
#: Strokes that are not wider than twice this hide nothing.
_STROKE_PX = 4


def places_of(origin: Origin, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
    """Find places of the photo in a drawing.

    Args:
        origin: where the drawing's pixels come from.
        points: (N, 2), (x, y) in shares of the photo's width and height; may be outside the photo.

    Returns:
        (N, 2), where they are in the drawing, in shares of its width and height; NaN where the drawing does not show
        them. A place that is shown several times is found where nothing was moved, else in the first piece.

    Example:
        >>> places_of(Origin.unmoved((4, 4)), np.array([[0.5, 0.25]])).tolist()
        [[0.5, 0.25]]
    """
    points = origin.on_canvas(points)
    size = np.array([origin.size[1], origin.size[0]], float)
    index = _without_strokes(origin)
    found = np.full(points.shape, np.nan)
    for value in sorted(origin.sources, key=lambda value: value != UNMOVED):
        left = np.flatnonzero(np.isnan(found[:, 0]))
        if not len(left):
            break
        where, piece = index == value, origin.piece(value)
        if value == UNMOVED:
            placed, close = points[left], np.ones(len(left), bool)
        else:
            placed, close = _inverted(piece, origin.places(where), points[left], size)
        pixels = np.clip(np.floor(placed * size), 0, size - 1).astype(int)
        close &= where[pixels[:, 1], pixels[:, 0]]
        found[left[close]] = placed[close]
    return found


def _without_strokes(origin: Origin) -> np.ndarray:
    """The origin's values; a line that was drawn over a part of the photo does not hide where that part is."""
    drawn = origin.index == DRAWN
    if not drawn.any() or drawn.all():
        return origin.index
    distance, (rows, columns) = ndimage.distance_transform_edt(drawn, return_indices=True)
    return np.asarray(np.where(distance <= _STROKE_PX, origin.index[rows, columns], origin.index))


def _inverted(
    piece: Piece, shown: np.ndarray, points: np.ndarray, size: np.ndarray
) -> tuple[Float64[np.ndarray, "n 2"], np.ndarray]:
    """Newton's method from the pixel of the piece that comes from the nearest place; and where that has led there."""
    _, nearest = KDTree(piece(shown) * size).query(points * size)
    at = shown[nearest]
    for _ in range(_ROUNDS):
        here = piece(at)
        right, below = (piece(at + step) for step in np.diag(_STEP_PX / size))
        slopes = np.stack([right - here, below - here], axis=2) * size / _STEP_PX
        slopes[np.abs(np.linalg.det(slopes)) < 1e-3] = np.eye(2)
        at = at - np.linalg.solve(slopes, (here - points)[..., None])[..., 0]
    off = np.hypot(*((piece(at) - points) * size).T)
    return at, off < _FOUND_PX
