"""Blending renders with the photo: the render is used at edits and at everything that moved with them."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from primage.origin.plane import FIRST, Origin

#: As shares of the shorter side: the distance around changed pixels within which the render is always used, and the
#: width of the transition to the photo.
_MARGIN = 0.035
_FEATHER = 0.025
#: Pixels that differ from the render of the training primitive by more than this (grey levels) are affected by edits.
_AFFECTED_LEVELS = 10
#: Around pieces, pixels may be mixed with theirs at the working size.
_BESIDE_PX = 2


def blend_mask(
    changed: Bool[np.ndarray, "h w"],
    image: UInt8[np.ndarray, "h w 3"],
    training_render: UInt8[np.ndarray, "h w 3"],
) -> Float32[np.ndarray, "h w"]:
    """Compute the weight of the render in the result.

    Inside a part that was moved by a few pixels, labels and lines are unchanged, but the photo is not. So the render is
    also used wherever it differs from that of the training primitive, if that region is connected to an edit.

    Args:
        changed: where the drawing differs from the training primitive.
        image: the render.
        training_render: the render of the training primitive by the same network.

    Returns:
        (H, W) in [0, 1]; 0 everywhere without edits.
    """
    if not changed.any():
        return np.zeros(changed.shape, np.float32)
    short = min(changed.shape)
    margin = ndimage.distance_transform_edt(~changed) <= max(3.0, _MARGIN * short)
    levels = np.abs(image.astype(np.float32) - training_render).max(axis=2)
    affected = ndimage.gaussian_filter(levels, 1.5) > _AFFECTED_LEVELS
    regions, _ = ndimage.label(margin | affected, structure=np.ones((3, 3), dtype=bool))
    edited = np.isin(regions, np.unique(regions[margin]))
    distance = ndimage.distance_transform_edt(~edited) / max(3.0, _FEATHER * short)
    ramp = np.clip(1 - distance, 0, 1).astype(np.float32)
    smooth: Float32[np.ndarray, "h w"] = ramp * ramp * (3 - 2 * ramp)
    return smooth


def blend(
    photo: UInt8[np.ndarray, "h w 3"], image: UInt8[np.ndarray, "h w 3"], mask: Float32[np.ndarray, "h w"]
) -> UInt8[np.ndarray, "h w 3"]:
    """Blend a render into a photo. Where the mask is 0 the photo is kept byte for byte.

    Args:
        photo: used where the mask is 0.
        image: used where the mask is 1.
        mask: in [0, 1].

    Returns:
        The blended picture.

    Example:
        >>> photo, image = (np.full((1, 2, 3), value, np.uint8) for value in (10, 20))
        >>> blend(photo, image, np.array([[0.0, 0.5]], np.float32))[..., 0]
        array([[10, 15]], dtype=uint8)
    """
    weight = mask[..., None]
    mixed: UInt8[np.ndarray, "h w 3"] = np.round(photo * (1 - weight) + image * weight).astype(np.uint8)
    return mixed


def changed_weight(
    image: UInt8[np.ndarray, "h w 3"], photo: UInt8[np.ndarray, "h w 3"], origin: Origin
) -> Float32[np.ndarray, "h w"]:
    """Where a result replaces the photo, apart from its pieces: where it differs, but not along their outlines.

    Args:
        image: the result.
        photo: the photo.
        origin: of the drawing; all three have the same size.

    Returns:
        (H, W), 0 or 1.
    """
    beside = ndimage.binary_dilation(origin.index >= FIRST, iterations=_BESIDE_PX)
    return np.asarray((image != photo).any(axis=2) & ~beside, np.float32)
