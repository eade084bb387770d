"""Edits that had no effect on the picture."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, UInt8
from scipy import ndimage

from primage.primitive.primitive import Primitive, visible_difference

#: Parts of a drawing that changed within this distance of each other are one edit, in pixels.
_TOGETHER_PX = 6
#: Smaller changes are noise of a drawing's borders.
_MIN_PIXELS = 12
#: An edit had an effect where the picture, smoothed, differs from the photo by more than this (grey levels) …
_LEVELS = 6.0
#: … in this share of the edit's area.
_SHARE = 0.03


def edits_without_effect(
    primitive: Primitive,
    training: Primitive,
    image: UInt8[np.ndarray, "h w 3"],
    photo: UInt8[np.ndarray, "h w 3"],
    line_colour: tuple[int, int, int] = (0, 0, 0),
) -> Float32[np.ndarray, "n 4"]:
    """Find the parts of an edited drawing that the picture does not show.

    Args:
        primitive: the edited drawing.
        training: the training drawing.
        image: the picture of the edited drawing.
        photo: the training photo; all four have the same size.
        line_colour: of lines over labels, unlike that of any label.

    Returns:
        (N, 4), a box for each part, largest first: left, top, right and bottom, in shares of width and height.
    """
    changed = visible_difference(primitive, training, line_colour)
    if not changed.any():
        return np.zeros((0, 4), np.float32)
    levels = np.abs(image.astype(np.float32) - photo).max(axis=2)
    visible = ndimage.gaussian_filter(levels, 1.0) > _LEVELS
    together = ndimage.distance_transform_edt(~changed) <= _TOGETHER_PX
    edits, count = ndimage.label(together, np.ones((3, 3), bool))
    numbers = np.arange(1, count + 1)
    drawn = ndimage.sum_labels(changed, edits, numbers)
    shown = ndimage.mean(visible, edits, numbers)
    boxes = ndimage.find_objects(edits)
    silent = [i for i in np.argsort(-drawn, kind="stable") if drawn[i] >= _MIN_PIXELS and shown[i] < _SHARE]
    height, width = changed.shape
    out = [
        (boxes[i][1].start / width, boxes[i][0].start / height, boxes[i][1].stop / width, boxes[i][0].stop / height)
        for i in silent
    ]
    return np.array(out, np.float32).reshape(-1, 4)
