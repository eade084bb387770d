"""Small textures, in which every patch is unlike all others, and what the tests of the synthesis make of them."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from primage.synthesis.search import Query, features
from primage.synthesis.sources import Atlas, Plane, atlas, photo_plane


def texture(size: tuple[int, int] = (40, 48), seed: int = 0, smoothness_px: float = 1.2) -> np.ndarray:
    """(H, W, 3) uint8."""
    noise = np.random.default_rng(seed).standard_normal((*size, 3))
    smooth = ndimage.gaussian_filter(noise, (smoothness_px, smoothness_px, 0), mode="nearest")
    return (128 + 50 * smooth / max(float(smooth.std()), 1e-6)).clip(0, 255).astype(np.uint8)


def no_guides(size: tuple[int, int]) -> np.ndarray:
    return np.zeros((*size, 11), np.float32)


def plane(photo: np.ndarray, allowed: np.ndarray | None = None, multiple: int = 1) -> Plane:
    """A photo as the plane of patches, without guides."""
    size = photo.shape[:2]
    return photo_plane(photo, no_guides(size), np.ones(size, bool) if allowed is None else allowed, multiple)


def place(photo: np.ndarray, allowed: np.ndarray | None = None) -> Atlas:
    return atlas([plane(photo, allowed)])


def positions(size: tuple[int, int]) -> np.ndarray:
    """(H, W, 2), (y, x) of each pixel."""
    return np.moveaxis(np.indices(size, np.float32), 0, -1)


def query(picture: np.ndarray, prior: np.ndarray | None = None, pull: float = 0.0) -> Query:
    """All patches of a picture."""
    size = picture.shape[:2]
    return Query(
        features(picture.astype(np.float32) / 255, no_guides(size)),
        np.argwhere(np.ones(size, bool)).astype(np.int32),
        positions(size) if prior is None else prior,
        np.full(size, pull, np.float32),
    )


def random_field(where: Atlas, size: tuple[int, int], seed: int = 0) -> np.ndarray:
    """A field of random allowed matches."""
    centres = np.argwhere(where.sources.allowed).astype(np.int32)
    return centres[np.random.default_rng(seed).integers(0, len(centres), size)]
