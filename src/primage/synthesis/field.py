"""Fields: the source of each pixel."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32


def at_sources(array: np.ndarray, field: Float32[np.ndarray, "h w 2"]) -> np.ndarray:
    """Look up the sources of pixels in an array, without interpolation.

    Args:
        array: (H', W', …), of the photo's size.
        field: (H, W, 2), (y, x) of the source of each pixel, in pixels; clipped to the array.

    Returns:
        (H, W, …).
    """
    height, width = array.shape[:2]
    y, x = np.moveaxis(np.rint(field).astype(np.intp), -1, 0)
    found: np.ndarray = array[y.clip(0, height - 1), x.clip(0, width - 1)]
    return found
