"""Clicks as a person makes them who sees what is selected and what is meant."""

from __future__ import annotations

import cv2
import numpy as np

from primage.selection.selecting import Stroke


def next_click(selected: np.ndarray, truth: np.ndarray) -> Stroke | None:
    """The deepest place of the largest connected error; None if nothing is wrong. The first is in the object itself."""
    missing, missing_px = _largest(truth & ~selected)
    extra, extra_px = _largest(selected & ~truth)
    if not missing_px and not extra_px:
        return None
    add = missing_px >= extra_px
    x, y = _deepest(missing if add else extra)
    return Stroke(((x + 0.5, y + 0.5),), add)


def _largest(area: np.ndarray) -> tuple[np.ndarray, int]:
    count, parts, stats, _ = cv2.connectedComponentsWithStats(area.astype(np.uint8), connectivity=4)
    if count < 2:
        return area, 0
    number = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return parts == number, int(stats[number, cv2.CC_STAT_AREA])


def _deepest(area: np.ndarray) -> tuple[int, int]:
    distance = cv2.distanceTransform(np.pad(area, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    y, x = np.unravel_index(np.argmax(distance), distance.shape)
    return int(x), int(y)


def iou(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union."""
    return float((a & b).sum() / max(1, (a | b).sum()))
