"""Bicubic interpolation at scattered places of a large photo, of 8 or 16 bits."""

from __future__ import annotations

from typing import no_type_check

import numpy as np
from jaxtyping import Float32, Real
from numba import prange

from primage.synthesis.kernel import kernel
from primage.synthesis.threads import contiguous, torch_threads


def sample(photo: np.ndarray, coords: Real[np.ndarray, "n 2"]) -> Float32[np.ndarray, "n 3"]:
    """Interpolate a photo.

    Args:
        photo: (H, W, 3) uint8, uint16 or float32.
        coords: (N, 2), (y, x) in pixels, 0 at the centre of the first; clamped to the photo.

    Returns:
        (N, 3), in the photo's units, not clipped; the photo's own values at whole pixels.

    Source:
        Keys 1981, with a = -0.5.
    """
    out = np.empty((len(coords), 3), np.float32)
    with torch_threads():
        _sample(*contiguous(photo, np.asarray(coords, np.float64)), out)
    return out


@kernel()
@no_type_check
def add_colour(photo: np.ndarray, y: float, x: float, out: np.ndarray, weight: float) -> None:
    """Add the weighted colour at a place, by Catmull-Rom interpolation."""
    height, width = photo.shape[:2]
    y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
    iy, ix = int(y), int(x)
    fy, fx = y - iy, x - ix
    if fy == 0 and fx == 0:
        for c in range(3):
            out[c] += weight * photo[iy, ix, c]
        return
    for i in range(-1, 3):
        wy = _spline(fy - i)
        if wy == 0:
            continue
        sy = min(max(iy + i, 0), height - 1)
        for j in range(-1, 3):
            w = weight * wy * _spline(fx - j)
            sx = min(max(ix + j, 0), width - 1)
            for c in range(3):
                out[c] += w * photo[sy, sx, c]


@kernel()
@no_type_check
def _spline(t: float) -> float:
    t = abs(t)
    if t < 1:
        return 1 + t * t * (1.5 * t - 2.5)
    return 2 + t * (-4 + t * (2.5 - 0.5 * t)) if t < 2 else 0.0


@kernel(parallel=True)
@no_type_check
def _sample(photo: np.ndarray, coords: np.ndarray, out: np.ndarray) -> None:
    for i in prange(len(coords)):
        out[i] = 0
        add_colour(photo, coords[i, 0], coords[i, 1], out[i], 1.0)
