"""The magnetic lasso: the path between two points that follows the photo's edges."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float64

from primage.selection.prepared import PreparedPhoto
from primage.selection.selecting import SelectionError

#: Thresholds of the Canny edge detector.
_WEAK, _STRONG = 32, 100
#: Gradients as large as this are all equally good, so that the path is not drawn away by a stronger edge nearby.
_LARGEST_GRADIENT = 200


class LiveWire:
    """Paths along the edges of a photo.

    Args:
        prepared: the photo.

    Source:
        Intelligent scissors (Mortensen & Barrett 1995).
    """

    def __init__(self, prepared: PreparedPhoto) -> None:
        rows, columns = prepared.edges.shape
        height, width = prepared.size
        self._size = prepared.size
        self._scale = np.array([columns / width, rows / height])
        self._from: tuple[int, int] | None = None
        # The detector needs a border of one pixel inside the picture.
        self._small = min(rows, columns) < 3
        self._scissors = cv2.segmentation.IntelligentScissorsMB()
        self._scissors.setEdgeFeatureCannyParameters(_WEAK, _STRONG)
        self._scissors.setGradientMagnitudeMaxLimit(_LARGEST_GRADIENT)
        if not self._small:
            self._scissors.applyImage(prepared.photo)

    def path(self, start: tuple[float, float], end: tuple[float, float]) -> Float64[np.ndarray, "n 2"]:
        """The best path; fast when the last one began at the same point.

        Args:
            start: (x, y) in pixels of the photo.
            end: likewise.

        Returns:
            (N, 2) points (x, y) in pixels of the photo; the first is ``start``, the last ``end``.

        Raises:
            SelectionError: a point is outside the photo.
        """
        ends = np.array([start, end], float)
        height, width = self._size
        if not np.isfinite(ends).all() or not ((ends >= 0) & (ends <= (width, height))).all():
            raise SelectionError(f"the point is outside the photo, which has {width} × {height} pixels")
        limit = np.rint(np.array([width, height]) * self._scale).astype(int) - 1
        corners = np.minimum(ends * self._scale, limit).astype(int).tolist()
        first, last = ((x, y) for x, y in corners)
        if self._small or first == last:
            return ends
        if self._from != first:
            self._scissors.buildMap(first)
            self._from = first
        found = np.asarray(self._scissors.getContour(last)).reshape(-1, 2)
        along = (found[1:-1] + 0.5) / self._scale
        return np.concatenate([ends[:1], along, ends[1:]])
