"""Continuous tones, as in photos and shading: what tells them from flat colours, whatever compression did to these."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from primage.labels.flatness import squares

#: Side to which a picture is reduced, by leaving out rows and columns, before it is judged.
_JUDGED_PX = 384
#: Areas contain squares whose side is this share of the short side, wider than any pen, and so many pixels at least: in
#: less, compression leaves no colour as it was.
_AREA_SHARE, _AREA_PX = 0.1, 24
#: Colours are counted in bins of 4 levels. A flat colour stays within the 3³ bins around it, also after compression:
#: of the pixels in the 9³ bins around a tone, less than half are that near.
_BIN, _NEAR, _AROUND, _FLAT_SHARE = 4, 3, 9, 0.5
#: Removes borders and the noise of compression beside them.
_MEDIAN_PX = 5
#: Measured on scikit-image's photos on white, and on figures of 3 to 60 flat colours as JPEGs of qualities 50 to 90: of
#: the areas of photos in colour, at least 79 % are tones, of those of figures at most 50 %.
_TONED_SHARE = 0.65
#: So many areas do not count.
_MIN_AREA = 0.005


def toned_share(rgb: UInt8[np.ndarray, "h w 3"], drawn: Bool[np.ndarray, "h w"]) -> float:
    """The share of a picture's drawn areas that are covered by continuous tones instead of flat colours.

    Args:
        rgb: (H, W, 3) uint8.
        drawn: what stands out from the ground.

    Returns:
        0 to 1; 0 if no areas are drawn, but lines only.

    Example:
        >>> ramp = np.arange(0, 256, 2, dtype=np.uint8)[None, :, None].repeat(128, 0).repeat(3, 2)
        >>> everywhere = np.ones((128, 128), bool)
        >>> toned_share(ramp, everywhere) > 0.9, toned_share(ramp // 128 * 255, everywhere)
        (True, 0.0)
    """
    from scipy import ndimage  # imported lazily: reading the table of kinds must not load SciPy

    step = max(1, min(drawn.shape) // _JUDGED_PX)
    rgb, drawn = rgb[::step, ::step], drawn[::step, ::step]
    areas = squares(drawn, max(_AREA_PX, round(_AREA_SHARE * min(drawn.shape))))
    if areas.mean() < _MIN_AREA:
        return 0.0
    smooth = np.stack([ndimage.median_filter(rgb[..., channel], size=_MEDIAN_PX) for channel in range(3)], axis=-1)
    return float((_concentration(smooth[areas]) < _FLAT_SHARE).mean())


def is_toned(rgb: UInt8[np.ndarray, "h w 3"], drawn: Bool[np.ndarray, "h w"]) -> bool:
    """Whether a picture's drawn areas have continuous tones, as in a photo.

    Args:
        rgb: (H, W, 3) uint8.
        drawn: what stands out from the ground.
    """
    return toned_share(rgb, drawn) >= _TONED_SHARE


def _concentration(colours: UInt8[np.ndarray, "n 3"]) -> Float32[np.ndarray, " n"]:
    """How much of what is roughly of each pixel's colour is nearly of that colour."""
    from scipy import ndimage

    bins = tuple(colours.T // _BIN)
    counts = np.zeros((256 // _BIN,) * 3, np.float32)
    np.add.at(counts, bins, 1)
    near, around = (ndimage.uniform_filter(counts, side, mode="constant")[bins] * side**3 for side in (_NEAR, _AROUND))
    return np.asarray(near / np.maximum(around, 1), np.float32)
