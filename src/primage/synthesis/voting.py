"""Voting: the picture that the patches of a nearest-neighbour field make."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from jaxtyping import Float32, Int32
from numba import prange

from primage.synthesis.kernel import kernel
from primage.synthesis.search import RADIUS
from primage.synthesis.threads import contiguous, torch_threads


@kernel(parallel=True)
@no_type_check
def _vote(colours: np.ndarray, field: np.ndarray, weight: np.ndarray, pixels: np.ndarray, out: np.ndarray) -> None:
    height, width = field.shape[:2]
    for i in prange(len(pixels)):
        y, x = pixels[i, 0], pixels[i, 1]
        total = np.float32(0)
        r, g, b = np.float32(0), np.float32(0), np.float32(0)
        for dy in range(-RADIUS, RADIUS + 1):
            qy = y + dy
            if qy < 0 or qy >= height:
                continue
            for dx in range(-RADIUS, RADIUS + 1):
                qx = x + dx
                if qx < 0 or qx >= width:
                    continue
                w = weight[qy, qx] / np.float32(1 + 0.5 * (dy * dy + dx * dx))
                sy, sx = field[qy, qx, 0] - dy, field[qy, qx, 1] - dx
                total += w
                r += w * colours[sy, sx, 0]
                g += w * colours[sy, sx, 1]
                b += w * colours[sy, sx, 2]
        out[y, x, 0], out[y, x, 1], out[y, x, 2] = r / total, g / total, b / total


def weights(cost: Float32[np.ndarray, "h w"], sigma: float) -> Float32[np.ndarray, "h w"]:
    """The weights of patches by their cost, never 0.

    Args:
        cost: of each match.
        sigma: cost at which the weight has fallen to 1 / e.
    """
    weight: Float32[np.ndarray, "h w"] = (np.exp(-cost / sigma) + 1e-4).astype(np.float32)
    return weight


@torch_threads()
def vote(
    colours: Float32[np.ndarray, "h2 w2 3"],
    field: Int32[np.ndarray, "h w 2"],
    cost: Float32[np.ndarray, "h w"],
    pixels: Int32[np.ndarray, "n 2"],
    picture: Float32[np.ndarray, "h w 3"],
    sigma: float = 0.3,
) -> Float32[np.ndarray, "h w 3"]:
    """Colour pixels with the weighted mean of what the patches around them show.

    Args:
        colours: of the array of sources.
        field: (H, W, 2), (y, x) in that array.
        cost: (H, W) of each match; similar patches and near ones weigh more.
        pixels: (N, 2), (y, x) of the pixels to colour.
        picture: (H, W, 3), the other pixels.
        sigma: cost at which the weight has fallen to 1 / e.

    Returns:
        The picture with the pixels coloured.

    Source:
        Wexler, Shechtman & Irani 2007, eq. 4.
    """
    out = picture.copy()
    _vote(*contiguous(colours, field, weights(cost, sigma), pixels), out)
    return out
