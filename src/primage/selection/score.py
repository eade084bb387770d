"""How likely an area is the object that a person means."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64

from primage.selection.prepared import STEPS, PreparedPhoto

#: What is measured, in the order of the weights.
MEASURES = (
    "contour",  # mean edge strength along the contour
    "cut off",  # share of the contour that is the photo's border
    "depth",  # of the mark in the area, 1 in its deepest place
    "ring",  # difference of its colours from those just outside
    "area",  # logarithm of its share of the photo
    "roundness",  # logarithm of circumference² / area, 0 for a circle
    "rest",  # difference of its colours from those of the rest of the photo
    "inside",  # mean edge strength inside
    "outside",  # mean edge strength just outside
    "solidity",  # share of its convex hull
    "change depth",  # of the mark in what it changes
    "change contour",  # mean edge strength along the contour of what it changes
)
#: Weights of the measures, for the first mark and for a later one, with which the chosen candidates have the largest
#: IoU with their objects (benchmarks/selection_weights.py).
FIRST_WEIGHTS = np.array([0.38, -1.00, 0.06, 0.98, 0.04, -0.17, -0.46, -0.03, -0.34, -0.16, 0.06, 0.38])
LATER_WEIGHTS = np.array([0.27, -0.61, -0.01, 0.74, -0.02, 0.00, -0.21, -0.89, -0.93, 0.40, 0.23, 1.00])
#: Width of the ring around an area, as a share of its size.
_RING = 0.15
#: Areas are judged at about this many pixels along their longer side.
_SIDE_PX = 170
_SMALLEST_PX = 6
_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
_SQUARE = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Place:
    """A pixel at the working size."""

    x: int
    y: int


def measure(
    prepared: PreparedPhoto, area: Bool[np.ndarray, "h w"], mark: Place, change: Bool[np.ndarray, "h w"] | None
) -> Float64[np.ndarray, " measures"] | None:
    """Measure an area.

    Args:
        prepared: the photo.
        area: True inside; not empty.
        mark: where the newest mark is.
        change: what the mark changed; None for the first.

    Returns:
        The `MEASURES`; None if the area is too small to be judged.
    """
    height, width = area.shape
    top, bottom, left, right = bounds(area)
    ring_px = max(3, int(_RING * np.sqrt((bottom - top) * (right - left))))
    side = max(bottom - top, right - left) + 2 * ring_px
    level = min(len(STEPS) - 1, (side - 1) // _SIDE_PX)
    step, planes = STEPS[level], prepared.levels[level]
    top, left = max(0, top - ring_px) // step, max(0, left - ring_px) // step
    inside = np.ascontiguousarray(
        area[top * step : bottom + ring_px : step, left * step : right + ring_px : step]
    ).astype(np.uint8)
    count = int(inside.sum())
    if count < _SMALLEST_PX:
        return None
    rows, columns = inside.shape
    window = (slice(top, top + rows), slice(left, left + columns))
    outline, edges, words = planes.outline[window], planes.edges[window], planes.words[window]

    core = cv2.erode(np.pad(inside, 1, mode="edge"), _SQUARE)[1:-1, 1:-1] > 0
    contour = (inside > 0) & ~core
    radius = max(1, ring_px // step)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    ring = (cv2.dilate(inside, disc) > 0) & (inside == 0)
    sides = (
        (top == 0, inside[0]),
        (left == 0, inside[:, 0]),
        ((top + rows) * step >= height, inside[-1]),
        ((left + columns) * step >= width, inside[:, -1]),
    )
    cut_off = sum(int(line.sum()) for at_border, line in sides if at_border)
    length = int(contour.sum()) + cut_off
    kinds = len(prepared.similar)
    own, near = (np.bincount(words[where], minlength=kinds).astype(float) for where in (inside > 0, ring))
    rest = np.maximum(prepared.histogram / step**2 - own, 0)
    depth = _depth(inside, mark.x // step - left, mark.y // step - top)
    strength = _mean(outline[contour])
    change_depth, change_strength = depth, strength
    if change is not None:
        first, end, begin, last = bounds(change)
        changed = change[first:end, begin:last].astype(np.uint8)
        border = (changed > 0) & (cv2.erode(np.pad(changed, 1), _SQUARE)[1:-1, 1:-1] == 0)
        change_strength = _mean(prepared.levels[0].outline[first:end, begin:last][border])
        change_depth = _depth(changed, mark.x - begin, mark.y - first)
    corners = np.concatenate(cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0])
    hull = max(cv2.contourArea(cv2.convexHull(corners)), 1.0)
    return np.array(
        [
            strength,
            cut_off / max(length, 1),
            depth,
            _unlike(own, near, prepared.similar),
            np.log(count * step**2 / (height * width) + 1e-4),
            np.log(length**2 / (4 * np.pi * count) + 1e-3),
            _unlike(own, rest, prepared.similar),
            _mean(edges[core]),
            _mean(edges[ring]),
            min(1.2, count / hull),
            change_depth,
            change_strength,
        ]
    )


def score(measures: Float64[np.ndarray, " measures"], first: bool) -> float:
    """How likely an area is the object, compared with others for the same mark.

    Args:
        measures: from `measure`.
        first: whether there is one mark only.
    """
    return float(measures @ (FIRST_WEIGHTS if first else LATER_WEIGHTS))


def bounds(area: Bool[np.ndarray, "h w"]) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of an area that is not empty; bottom and right are exclusive.

    Args:
        area: True inside.
    """
    rows, columns = np.flatnonzero(area.any(axis=1)), np.flatnonzero(area.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _depth(inside: np.ndarray, x: int, y: int) -> float:
    if not (0 <= y < inside.shape[0] and 0 <= x < inside.shape[1]):
        return 0.0
    distance = cv2.distanceTransform(np.pad(inside, 1), cv2.DIST_L2, 3)
    return float(distance[y + 1, x + 1] / max(float(distance.max()), 1e-6))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else 0.0


def _unlike(a: np.ndarray, b: np.ndarray, similar: Float32[np.ndarray, "k k"]) -> float:
    a, b = (histogram / max(histogram.sum(), 1) @ similar for histogram in (a, b))
    return 1 - float(np.sqrt(a * b).sum())
