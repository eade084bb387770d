"""Edge layers: extraction, thinning to one pixel, and the distance to the nearest line.

The distance is computed at every training step, so it is our own: a few passes over small integer arrays, twice as fast
at 256² as an exact transform without a cut-off.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int, UInt8
from scipy import ndimage
from skimage.color import rgb2gray
from skimage.feature import canny
from skimage.morphology import skeletonize
from torch import Tensor

from primage.grid import resample
from primage.primitive.extraction_config import EdgesConfig

#: Distances are exact up to here and cut off beyond: the closeness exp(-d / 4 px) is 0.02 by then.
MAX_DISTANCE_PX = 16
#: Warped pixels closer than this to a line of the source are on the line, which is then thinned to one pixel.
_LINE_REACH_PX = 0.75
_EIGHT = np.ones((3, 3), dtype=bool)


def extract_edges(photo: UInt8[np.ndarray, "h w 3"], config: EdgesConfig) -> Bool[np.ndarray, "h w"]:
    """Canny edges of a photo; by default one pixel thin, and without specks.

    Args:
        photo: (H, W, 3) uint8 sRGB, at the working size.
        config: sigma, thresholds, thinning and minimum length.

    Returns:
        (H, W) bool, True on a line.

    Source:
        Canny 1986; paper §3.3. Deviations: thinning and the removal of short edges, which the settings switch off.
    """
    grey = rgb2gray(photo)
    lines = canny(grey, sigma=config.sigma, low_threshold=config.low, high_threshold=config.high, mode="nearest")
    return remove_small(thin(lines) if config.thin else lines, config.min_length_px)


def remove_small(lines: Bool[np.ndarray, "h w"], min_length_px: int) -> Bool[np.ndarray, "h w"]:
    """Drop short lines: 8-connected components of few pixels.

    Args:
        lines: (H, W) bool.
        min_length_px: components of fewer pixels are dropped; 0 or 1 keeps all.

    Returns:
        (H, W) bool, a new array.
    """
    if min_length_px <= 1:
        return lines.copy()
    component, count = ndimage.label(lines, structure=_EIGHT)
    sizes = np.bincount(component.ravel(), minlength=count + 1)
    sizes[0] = 0
    return np.asarray(sizes[component] >= min_length_px)


def draw_edges(lines: Bool[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 3"]:
    """Black lines on white, as the paper draws them.

    Args:
        lines: (H, W) bool.

    Returns:
        (H, W, 3) uint8.
    """
    return np.repeat(np.where(lines, np.uint8(0), np.uint8(255))[..., None], 3, axis=2)


def resize_edges(lines: Bool[np.ndarray, "h w"], size: tuple[int, int]) -> Bool[np.ndarray, "h2 w2"]:
    """Resize lines, keeping them one pixel thin and unbroken.

    Args:
        lines: (H, W) bool.
        size: (height, width).

    Returns:
        (height, width) bool.
    """
    height, width = lines.shape
    if (height, width) == size:
        return lines.copy()
    # Where a side shrinks, every line pixel marks its cell; nearest neighbour would lose some.
    rows, columns = min(size[0], height), min(size[1], width)
    small = np.zeros((rows, columns), dtype=bool)
    y, x = np.nonzero(lines)
    small[(y * 2 + 1) * rows // (2 * height), (x * 2 + 1) * columns // (2 * width)] = True
    y = (np.arange(size[0]) * 2 + 1) * rows // (2 * size[0])
    x = (np.arange(size[1]) * 2 + 1) * columns // (2 * size[1])
    return thin(small[np.ix_(y, x)])


def thin(lines: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Thin lines to one pixel without breaking or joining them.

    Args:
        lines: (H, W) bool.

    Returns:
        (H, W) bool, a subset of ``lines`` with the same 8-connected components.

    Source:
        Zhang & Suen 1984; scikit-image's implementation.
    """
    return np.asarray(skeletonize(lines), dtype=bool)


def distance_to_edges(lines: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w"]:
    """Euclidean distance to the nearest line, exact below `MAX_DISTANCE_PX` and cut off there.

    Args:
        lines: (H, W) bool.

    Returns:
        (H, W) float32 in pixels, 0 on a line.

    Source:
        Felzenszwalb & Huttenlocher 2012, §2: one pass per dimension. With a cut-off, the second is a few shifted
        minima.
    """
    limit = MAX_DISTANCE_PX
    height, width = lines.shape
    column = np.minimum(_distance_along_columns(lines), limit).astype(np.int16) ** 2
    squared = np.full((height, width), limit * limit, dtype=np.int16)
    np.minimum(squared, column, out=squared)
    for shift in range(1, min(limit, width)):
        cost = column + np.int16(shift * shift)
        np.minimum(squared[:, shift:], cost[:, :-shift], out=squared[:, shift:])
        np.minimum(squared[:, :-shift], cost[:, shift:], out=squared[:, :-shift])
    return np.sqrt(squared, dtype=np.float32)


def _distance_along_columns(lines: Bool[np.ndarray, "h w"]) -> Int[np.ndarray, "h w"]:
    """Distance to the nearest line in the same column; large where there is none."""
    height = lines.shape[0]
    large = 4 * (height + MAX_DISTANCE_PX)
    rows = np.arange(height, dtype=np.int32)[:, None]
    above = np.maximum.accumulate(np.where(lines, rows, -large), axis=0)
    below = np.minimum.accumulate(np.where(lines, rows, large)[::-1], axis=0)[::-1]
    return np.minimum(rows - above, below - rows)


def warp_edges(
    distance: Float[Tensor, "1 1 h w"], grid: Float[Tensor, "1 h2 w2 2"], thinned: bool = True
) -> Bool[np.ndarray, "h2 w2"]:
    """Warp lines.

    Args:
        distance: of each pixel to the nearest line (`distance_to_edges`).
        grid: sampling grid (`primage.grid`), within [-1, 1]; it may have discontinuities.
        thinned: whether to thin the lines to one pixel.

    Returns:
        (H', W') bool; not thinned, lines are one or two pixels wide.
    """
    # The spacing is clamped, because across a discontinuity of the grid (cutmix) there is no line to preserve.
    spacing = torch.ones(grid.shape[1:3])
    x = grid[0, ..., 0] * (0.5 * (distance.shape[3] - 1))
    y = grid[0, ..., 1] * (0.5 * (distance.shape[2] - 1))
    for part, dim in ((spacing[:, 1:], 1), (spacing[1:], 0)):
        torch.maximum(part, x.diff(dim=dim).square_() + y.diff(dim=dim).square_(), out=part)
    spacing = spacing.clamp_(max=4).sqrt_()
    lines = near_edge(resample(distance, grid)[0, 0].numpy(), spacing.numpy())
    return thin(lines) if thinned else lines


def near_edge(distance: Float[np.ndarray, "h w"], spacing_px: Float[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Which warped pixels are on a line, before thinning.

    Where a warp shrinks the picture, neighbouring pixels are further apart in the source and could miss a line between
    them. Thresholding the sampled distance by that spacing keeps lines unbroken.

    Args:
        distance: to the nearest line, sampled at each pixel's source.
        spacing_px: distance between the sources of neighbouring pixels, 1 or more.

    Returns:
        (H, W) bool.
    """
    return np.asarray(distance < _LINE_REACH_PX * spacing_px)
