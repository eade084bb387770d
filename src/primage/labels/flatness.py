"""Where a picture is flat, and whether its flat areas are exactly so, or noisy as after lossy compression."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, UInt8

#: Largest range per channel of what counts as flat in a noisy picture.
NOISE_LEVELS = 6
#: A picture is noisy if more than this share of its flat areas is not exactly flat.
_NOISY_SHARE = 0.03


def squares(mask: Bool[np.ndarray, "h w"], side: int) -> Bool[np.ndarray, "h w"]:
    """The pixels of all squares of a given side within a mask (its morphological opening).

    Args:
        mask: (H, W).
        side: in pixels.
    """
    return _spread(_folded(mask, side, np.logical_and), mask.shape, side)


def flat_squares(
    picture: UInt8[np.ndarray, "h w c"], live: Bool[np.ndarray, "h w"], side: int, tolerance: int
) -> Bool[np.ndarray, "h w"]:
    """The pixels of all squares of nearly one colour.

    Args:
        picture: (H, W, C) uint8.
        live: the pixels considered; a square with any other does not count.
        side: in pixels.
        tolerance: largest range of a channel within a square.

    Returns:
        (H, W) bool.
    """
    flat = _folded(live, side, np.logical_and)
    for channel in np.moveaxis(picture, 2, 0):
        # The maximum is never below the minimum, so that uint8 does not wrap around.
        flat = flat & (_folded(channel, side, np.maximum) - _folded(channel, side, np.minimum) <= tolerance)
    return _spread(flat, live.shape, side)


def is_noisy(rgb: UInt8[np.ndarray, "h w 3"], live: Bool[np.ndarray, "h w"]) -> bool:
    """Whether areas meant to be of one colour vary by a few levels, as in a JPEG.

    Args:
        rgb: (H, W, 3) uint8.
        live: the pixels considered.
    """
    near = int(flat_squares(rgb, live, 3, NOISE_LEVELS).sum())
    exact = int(flat_squares(rgb, live, 3, 0).sum())
    return near - exact > _NOISY_SHARE * near


def enlargement(rgb: UInt8[np.ndarray, "h w 3"]) -> int:
    """The factor by which a picture was enlarged by repeating pixels, at most 8; 1 if it was not.

    Args:
        rgb: (H, W, 3) uint8.

    Example:
        >>> enlargement(np.eye(3, dtype=np.uint8)[..., None].repeat(3, 2).repeat(4, 0).repeat(4, 1))
        4
    """
    height, width = rgb.shape[:2]
    for scale in range(8, 1, -1):
        if height % scale or width % scale:
            continue
        # Most pictures differ from a repeated one in their first rows.
        for part in (rgb[: 8 * scale], rgb):
            if not (part[::scale, ::scale].repeat(scale, 0).repeat(scale, 1) == part).all():
                break
        else:
            return scale
    return 1


def _folded(array: np.ndarray, side: int, fold: np.ufunc) -> np.ndarray:
    """Fold the values of each square; there are ``side`` - 1 rows and columns fewer of them."""
    for _ in range(2):
        length = max(len(array) - side + 1, 0)
        out = array[:length]
        for shift in range(1, side):
            out = fold(out, array[shift : shift + length])
        array = out.T
    return array


def _spread(squares: Bool[np.ndarray, "a b"], shape: tuple[int, ...], side: int) -> Bool[np.ndarray, "h w"]:
    """The pixels of squares, each given by its upper left one."""
    covered = np.zeros(shape, bool)
    height, width = squares.shape
    if not squares.any():
        return covered
    columns = np.zeros((height, shape[1]), bool)
    for x in range(side):
        columns[:, x : x + width] |= squares
    for y in range(side):
        covered[y : y + height] |= columns
    return covered
