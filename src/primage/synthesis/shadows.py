"""Cast shadows: what a removed thing leaves on its surroundings, and nobody selects with it."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from primage.labels.label_map import LabelMap
from primage.origin.plane import FIRST, UNMOVED, Origin

#: Luminance of red, green and blue (ITU-R BT.601).
_LUMINANCE = (0.299, 0.587, 0.114)
#: Size of the box filter that leaves shadows and takes away texture, in pixels.
_TEXTURE_PX = 7
#: A shadow lies within the first distance of what casts it, and is compared with what lies between the two (shares of
#: the shorter side).
_REACH = 0.08
_AROUND = 0.25
#: It is darker than this share of its surroundings, and than their mean by more than this many grey levels.
_SHARE = 0.99
_LEVELS = 8.0
#: Width of its penumbra, and of the gap between a thing's border and its shadow, in pixels.
_PENUMBRA_PX = 4
_GAP_PX = 4
#: A shadow has at least this share of the area of what cast it.
_AREA = 0.1
#: Fewer pixels of the surroundings tell nothing.
_FEW = 50
#: Something was put in the place of a thing if pieces make up this share of what surrounds the place.
_TAKEN = 0.1


def cast_shadows(
    photo: UInt8[np.ndarray, "h w 3"],
    origin: Origin,
    labels: LabelMap | None,
) -> Bool[np.ndarray, "h w"]:
    """Find the shadows that removed things cast on what stays.

    A shadow touches the place of the thing, and is darker than the same region around it. Where another piece took that
    place, or the thing itself in another shape, the shadow stays.

    Args:
        photo: the training photo, of the origin's size.
        origin: of the drawing.
        labels: of the drawing; None if it has none.

    Returns:
        (H, W), some of the pixels that stay as they are.
    """
    removed, fixed = _bare(origin), origin.index == UNMOVED
    found = np.zeros_like(removed)
    if not removed.any():
        return found
    side = min(removed.shape)
    around_px = round(_AROUND * side)
    box = ndimage.find_objects(removed.astype(np.int8))[0]
    part = tuple(slice(max(0, s.start - around_px), s.stop + around_px) for s in box)
    index = np.zeros_like(removed, np.uint8) if labels is None else labels.index
    found[part] = _shadows(photo[part], removed[part], fixed[part], index[part], side)
    return found


def _bare(origin: Origin) -> Bool[np.ndarray, "h w"]:
    """Where something was removed and nothing was put in its place."""
    parts, count = ndimage.label(origin.removed, np.ones((3, 3), bool))
    border = ndimage.maximum_filter(parts, 3)
    outside = ~origin.removed & (border > 0)
    if not outside.any():
        return origin.removed
    taken = ndimage.mean(origin.index[outside] >= FIRST, border[outside], np.arange(1, count + 1))
    return np.asarray(np.isin(parts, 1 + np.flatnonzero(taken < _TAKEN)))


def _shadows(
    photo: UInt8[np.ndarray, "h w 3"],
    removed: Bool[np.ndarray, "h w"],
    fixed: Bool[np.ndarray, "h w"],
    index: UInt8[np.ndarray, "h w"],
    side: int,
) -> Bool[np.ndarray, "h w"]:
    """`cast_shadows` in a part of a picture whose shorter side is ``side``."""
    distance = ndimage.distance_transform_edt(~removed)
    near = fixed & (distance <= _REACH * side)
    around = fixed & (distance > _REACH * side) & (distance <= _AROUND * side)
    luminance = _mean(photo @ np.array(_LUMINANCE, np.float32), fixed, _TEXTURE_PX)
    dark = np.zeros_like(removed)
    for label in np.unique(index[near]):
        surroundings = around & (index == label)
        if np.count_nonzero(surroundings) < _FEW:
            continue
        darkness = _mean(luminance, surroundings, 2 * round(_AROUND * side) + 1) - luminance
        usual = float(np.quantile(darkness[surroundings], _SHARE))
        dark |= near & (index == label) & (darkness > max(usual, _LEVELS))
    dark = ndimage.binary_opening(dark)
    touching = ndimage.binary_propagation(dark & (distance <= _GAP_PX), mask=dark)
    if touching.sum() < _AREA * removed.sum():
        return np.zeros_like(removed)
    return np.asarray(ndimage.binary_dilation(touching, iterations=_PENUMBRA_PX) & fixed)


def _mean(
    values: Float32[np.ndarray, "h w"], where: Bool[np.ndarray, "h w"], size_px: int
) -> Float32[np.ndarray, "h w"]:
    """Mean of some pixels in a square around each pixel; 0 where there is none."""
    weight = ndimage.uniform_filter(where.astype(np.float32), size_px, mode="constant")
    total = ndimage.uniform_filter(np.where(where, values, 0).astype(np.float32), size_px, mode="constant")
    return np.asarray(np.where(weight > 1e-6, total / np.maximum(weight, 1e-6), 0), np.float32)
