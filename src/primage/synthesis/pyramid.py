"""Halving arrays: the levels of a synthesis."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32


def padded(array: np.ndarray, multiple: int) -> np.ndarray:
    """Extend an array to sides that are multiples of a number, repeating its last row and column.

    Args:
        array: (H, W, …).
        multiple: of both sides.
    """
    height, width = array.shape[:2]
    more = ((0, -height % multiple), (0, -width % multiple), *[(0, 0)] * (array.ndim - 2))
    return np.pad(array, more, mode="edge")


def halve(array: Float32[np.ndarray, "h w *c"]) -> Float32[np.ndarray, "h2 w2 *c"]:
    """Average blocks of 2 × 2 pixels.

    Args:
        array: (H, W, …), H and W even.
    """
    quarter: Float32[np.ndarray, "h2 w2 *c"] = 0.25 * (
        array[0::2, 0::2] + array[1::2, 0::2] + array[0::2, 1::2] + array[1::2, 1::2]
    )
    return quarter
