"""The strongest closed contour around a point."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from jaxtyping import Bool, Float32

_ANGLES = 180
_RADII = 96
#: Largest change of the radius between neighbouring angles, in steps, and its cost for each step.
_TURN, _TURN_COST = 3, 0.125
#: Additional cost outside the photo.
_OUTSIDE = 0.3
_SMALLEST_PX, _GROWTH, _BAND = 4.0, 1.6, 3.0


def contours_around(edges: Float32[np.ndarray, "h w"], x: int, y: int) -> Iterator[Bool[np.ndarray, "h w"]]:
    """The areas inside the strongest closed contours around a point, one for each range of sizes.

    Args:
        edges: (H, W) edge strength.
        x: column of the point.
        y: row of the point.

    Source:
        Shortest path in polar coordinates (Mishra, Aloimonos & Fah 2009).
    """
    size = float(max(edges.shape))
    radius = _SMALLEST_PX
    while radius < 0.6 * size:
        yield _contour(edges, x, y, radius, min(radius * _BAND, size))
        radius *= _GROWTH


def _contour(edges: np.ndarray, x: int, y: int, smallest_px: float, largest_px: float) -> np.ndarray:
    turn = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    radius = (smallest_px * (largest_px / smallest_px) ** np.linspace(0, 1, _RADII))[:, None]
    at_x, at_y = (x + radius * np.cos(turn)).astype(np.float32), (y + radius * np.sin(turn)).astype(np.float32)
    strength = cv2.remap(edges, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0.0)
    height, width = edges.shape
    outside = (at_x < 0) | (at_y < 0) | (at_x > width - 1) | (at_y > height - 1)
    path = _closed_path((1 - strength + _OUTSIDE * outside).astype(np.float32))
    angles = np.arange(_ANGLES)
    corners = np.rint(np.stack([at_x[path, angles], at_y[path, angles]], axis=1)).astype(np.int32)
    inside = np.zeros(edges.shape, np.uint8)
    cv2.fillPoly(inside, [corners], (1,))
    return inside > 0


def _closed_path(cost: np.ndarray) -> np.ndarray:
    """The cheapest row for each column: the second half of one lap and the first of the next, so that it closes."""
    rows, columns = cost.shape
    total = cost[:, 0].copy()
    own = np.arange(rows)
    came_from = np.zeros((2 * columns, rows), np.int32)
    for column in range(1, 2 * columns):
        best, origin = total.copy(), own.copy()
        for step in (s for s in range(-_TURN, _TURN + 1) if s):
            moved = np.full(rows, np.inf, np.float32)
            to, source = (
                (slice(step, None), slice(None, -step)) if step > 0 else (slice(None, step), slice(-step, None))
            )
            moved[to] = total[source] + _TURN_COST * abs(step)
            better = moved < best
            best[better], origin[better] = moved[better], (own - step)[better]
        total = best + cost[:, column % columns]
        came_from[column] = origin
    row = int(np.argmin(total))
    rows_of = np.zeros(2 * columns, int)
    for column in range(2 * columns - 1, -1, -1):
        rows_of[column] = row
        row = int(came_from[column, row])
    half = columns // 2
    return np.concatenate([rows_of[columns : columns + half], rows_of[half:columns]])
