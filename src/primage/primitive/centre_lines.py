"""Centre lines of ink of any width, and the ink that is no line."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32
from scipy import ndimage

from primage.primitive.edges import thin

Mask = Bool[np.ndarray, "h w"]

#: Lines at least so wide have rough rims, which are smoothed over a sixth of their width before they are thinned.
_WIDE_PX, _SMOOTHING, _RIM_PX = 4, 6.0, 3
#: Ink wider than 4 lines is a filled area; it is also one above 10 %, and none below 4 %, of the short side.
_FILLED_LINES, _FILLED_SHARES = 4.0, (0.04, 0.1)


def centre_lines(mask: Mask) -> Mask:
    """Thin ink of any width to its centre lines.

    Args:
        mask: (H, W) bool, the ink.

    Returns:
        (H, W) bool, one pixel thin; lines of fewer than `_WIDE_PX` pixels are thinned as they are.
    """
    body = ndimage.binary_opening(mask, np.ones((_WIDE_PX, _WIDE_PX), bool))
    if not body.any():
        return thin(mask)
    lines = thin(mask)
    width = float(np.median(_width(mask)[lines & body])) if (lines & body).any() else _WIDE_PX
    smooth = ndimage.gaussian_filter(_without_pores(mask, width).astype(np.float32), width / _SMOOTHING) >= 0.5
    return thin(np.where(ndimage.maximum_filter(body, size=2 * _RIM_PX + 1), smooth, mask))


def filled_areas(mask: Mask, lines: Mask) -> Mask:
    """Which ink is no line but a filled area, many times as wide as the lines.

    Args:
        mask: (H, W) bool, the ink.
        lines: (H, W) bool, its centre lines.

    Returns:
        (H, W) bool, a part of ``lines``.
    """
    width = _width(mask)
    if not lines.any():
        return lines
    low, high = (share * min(mask.shape) for share in _FILLED_SHARES)
    return np.asarray(lines & (width > np.clip(_FILLED_LINES * np.median(width[lines]), low, high)))


def _width(mask: Mask) -> Float32[np.ndarray, "h w"]:
    """The width of lines in pixels, right in their middles."""
    distance = np.asarray(ndimage.distance_transform_edt(np.pad(mask, 1)), np.float32)[1:-1, 1:-1]
    return np.maximum(2 * distance - 1, 0)


def _without_pores(mask: Mask, width: float) -> Mask:
    """Fill holes that are small beside a line's width."""
    component, count = ndimage.label(~mask)
    small = np.bincount(component.ravel(), minlength=count + 1) <= width**2 / 8
    small[0] = True
    return np.asarray(small[component])
