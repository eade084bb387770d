"""Incoherence: how unlike the photo a picture is, patch by patch.

A patch that the photo contains nowhere was invented or torn by the renderer. No truth and no training is needed.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float32, UInt8
from scipy import ndimage

from primage.synthesis.pyramid import halve, padded
from primage.synthesis.search import RADIUS, Query, Sources, features, search

_PASSES = 6
_SIDE = 2 * RADIUS + 1


def incoherence(
    picture: UInt8[np.ndarray, "h w 3"],
    photo: UInt8[np.ndarray, "h2 w2 3"] | Sources,
    field: Float32[np.ndarray, "h w 2"] | None = None,
) -> Float32[np.ndarray, "h w"]:
    """Compute the distance of each patch of a picture to the most similar one of a photo.

    Args:
        picture: (H, W, 3).
        photo: (H', W', 3), at the same scale, or its `patches`.
        field: (H, W, 2), (y, x) in pixels of the photo, where pixels were copied from; the search starts there.

    Returns:
        (H, W), squared difference of the colours in [0, 1], summed over the channels, mean over a patch of 7 × 7 pixels
        at half the size.
    """
    size = picture.shape[:2]
    if field is None:
        field = np.moveaxis(np.indices(size, np.float32), 0, -1)
    start = (padded(field, 2)[::2, ::2] / 2).astype(np.float32)
    sources = photo if isinstance(photo, Sources) else patches(photo)
    return _doubled(_nearest_distance(_halved(picture), sources, start) / _SIDE**2, size)


def patches(photo: UInt8[np.ndarray, "h w 3"]) -> Sources:
    """The patches of a photo that `incoherence` searches, at half the size.

    Args:
        photo: (H, W, 3).
    """
    small = _halved(photo)
    bordered = np.pad(small, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge")
    allowed = np.pad(np.ones(small.shape[:2], bool), RADIUS)
    to_photo = np.zeros((*allowed.shape, 2), np.float32)  # not used: nothing is expected at a certain place
    return Sources(features(bordered), allowed, to_photo, np.eye(2, 3, dtype=np.float32)[None])


def _halved(picture: UInt8[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h2 w2 3"]:
    return halve(padded(picture.astype(np.float32) / 255, 2))


def _doubled(values: Float32[np.ndarray, "h2 w2"], size: tuple[int, int]) -> Float32[np.ndarray, "h w"]:
    return np.ascontiguousarray(np.repeat(np.repeat(values, 2, 0), 2, 1)[: size[0], : size[1]])


def _nearest_distance(picture: np.ndarray, sources: Sources, start: np.ndarray) -> Float32[np.ndarray, "h w"]:
    height, width = picture.shape[:2]
    last = np.array(sources.allowed.shape) - 2 * RADIUS - 1
    centres = np.argwhere(np.ones((height, width), bool)).astype(np.int32)
    none = np.zeros((height, width), np.float32)
    query = Query(features(picture), centres, np.zeros((height, width, 2), np.float32), none)
    field = (np.rint(start).clip(0, last) + RADIUS).astype(np.int32)
    return search(sources, query, field, _PASSES, seed=0)[1]


def patch_variance(picture: UInt8[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w"]:
    """Variance of the colours in each patch of `incoherence`, summed over the channels."""
    small = _halved(picture)
    window = (_SIDE, _SIDE, 0)
    mean = ndimage.uniform_filter(small, window)
    variance = (ndimage.uniform_filter(small * small, window) - mean * mean).sum(-1)
    return _doubled(variance, (picture.shape[0], picture.shape[1]))
