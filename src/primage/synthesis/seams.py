"""Seams: what was synthesised meets what was kept without a step in colour."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, Int32
from scipy import ndimage

#: Distance from the border at which an offset has fallen to about 1 / e.
_REACH_PX = 4.0
#: Pixels further inside keep their colours.
_BAND_PX = 12
#: Larger steps, in [0, 1], are edges of what is shown, not seams.
_MAX_STEP = 0.12
_ITERATIONS = 40


def without_seams(
    image: Float32[np.ndarray, "h w 3"],
    hole: Bool[np.ndarray, "h w"],
    matches: Int32[np.ndarray, "h w 2"],
    colours: Float32[np.ndarray, "h2 w2 3"],
) -> Float32[np.ndarray, "h w 3"]:
    """Add offsets to synthesised pixels, so that they differ from kept neighbours as their sources from theirs.

    Args:
        image: (H, W, 3), in [0, 1].
        hole: (H, W), what was synthesised.
        matches: (H, W, 2), (y, x) in the array of sources, at least one pixel from its borders.
        colours: of the array of sources.

    Returns:
        The picture; offsets are smooth and fade with the distance from the border of the hole.

    Source:
        Pérez, Gangnet & Blake 2003, eq. 8, with a term that pulls offsets to 0; solved by Jacobi iterations.
    """
    depth = ndimage.distance_transform_edt(np.pad(hole, 1, constant_values=True))[1:-1, 1:-1]
    band = hole & (depth <= _BAND_PX)
    pixels = np.argwhere(band)
    if hole.all() or not len(pixels):
        return image
    # Two places more: pixels that were kept, and those deeper inside or beyond the picture.
    kept, nothing = len(pixels), len(pixels) + 1
    number = np.full((hole.shape[0] + 2, hole.shape[1] + 2), nothing)
    number[1:-1, 1:-1] = np.where(hole, nothing, kept)
    number[1:-1, 1:-1][band] = np.arange(kept)
    steps, count = np.zeros((kept, 3), np.float32), np.full((kept, 1), _REACH_PX**-2, np.float32)
    neighbours = []
    source = matches[band]
    for shift in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        places = pixels + shift
        each = number[places[:, 0] + 1, places[:, 1] + 1]
        border = each == kept
        here, there, near = source[border], source[border] + shift, places[border]
        wanted = colours[there[:, 0], there[:, 1]] - colours[here[:, 0], here[:, 1]]
        step = image[near[:, 0], near[:, 1]] - image[band][border] - wanted
        step[np.abs(step).max(axis=1) > _MAX_STEP] = 0
        steps[border] += step
        count[each != nothing] += 1
        neighbours.append(each)
    offsets = np.zeros((kept + 2, 3), np.float32)
    for _ in range(_ITERATIONS):
        offsets[:kept] = (steps + sum(offsets[each] for each in neighbours)) / count
    out = image.copy()
    out[band] = (image[band] + offsets[:kept]).clip(0, 1)
    return out
