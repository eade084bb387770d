"""Training pictures with segmentations: photos, and dead leaves with textures, nested parts and symmetry."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, UInt8
from scipy.ndimage import gaussian_filter
from skimage.draw import disk, polygon2mask
from skimage.transform import resize

from primage.primitive.extraction_config import SegmentsConfig
from primage.primitive.segments import extract_segments


@dataclass(frozen=True)
class Picture:
    """A picture with its segmentation.

    Attributes:
        photo: (H, W, 3) uint8.
        index: (H, W) the region of each pixel, 0 … N-1.
        colours: (N, 3) mean colour of each region, in [-1, 1].
    """

    photo: UInt8[np.ndarray, "h w 3"]
    index: Int[np.ndarray, "h w"]
    colours: Float[np.ndarray, "n 3"]


def segmented_photo(photo: UInt8[np.ndarray, "h w 3"], regions: int) -> Picture:
    """A photo with its unsupervised segmentation.

    Args:
        photo: (H, W, 3) uint8.
        regions: number of regions.

    Returns:
        The picture; a photo with little detail may have fewer regions.
    """
    index = extract_segments(photo, SegmentsConfig(regions=regions)).index.astype(np.int64)
    return _picture(photo, index)


def _picture(photo: UInt8[np.ndarray, "h w 3"], index: Int[np.ndarray, "h w"]) -> Picture:
    _, index = np.unique(index, return_inverse=True)
    index = index.reshape(photo.shape[:2])
    count = np.bincount(index.ravel())
    sums = np.stack([np.bincount(index.ravel(), photo[..., c].ravel()) for c in range(3)], axis=1)
    return Picture(photo, index, (sums / count[:, None] / 127.5 - 1).astype(np.float32))


def synthetic_picture(side: int, rng: np.random.Generator) -> Picture:
    """Draw overlapping shapes; some are parts of others, some come in pairs.

    Args:
        side: size of the square in pixels.
        rng: random source.

    Returns:
        The picture; the same for the same state of ``rng``.

    Source:
        Lee, Mumford & Huang 2001 (dead leaves).
    """
    photo = _texture(side, rng)
    index = np.zeros((side, side), np.int64)
    classes = int(rng.integers(2, 14))
    ground = gaussian_filter(rng.standard_normal((side, side)), side / 8)
    if rng.random() < 0.4:  # a second ground, such as a table or the sky
        second = ground > np.quantile(ground, rng.uniform(0.3, 0.7))
        photo[second], index[second] = _texture(side, rng)[second], 1
    for size in np.sort(rng.pareto(1.3, int(rng.integers(5, 32))) * 0.03 + 0.025)[::-1]:
        radius = min(float(size), 0.35) * side
        centre = rng.uniform(-0.05, 1.05, 2) * side
        mask = _shape(side, centre, radius, rng)
        labelled = rng.random() < 0.65
        name: int | None = int(rng.integers(2, 2 + classes))
        surface = _texture(side, rng)
        _put(photo, index, mask, surface, name if labelled else None)
        for _ in range(int(rng.integers(0, 4)) if radius > 0.1 * side else 0):  # parts, some of them in pairs
            offset = rng.uniform(-0.6, 0.6, 2) * radius
            part = _shape(side, centre + offset, radius * rng.uniform(0.12, 0.4), rng)
            surface = _texture(side, rng)
            name = int(rng.integers(2, 2 + classes)) if rng.random() < 0.4 else None
            _put(photo, index, part & mask, surface, name)
            if rng.random() < 0.5:
                axis = int(2 * round(centre[1]))
                columns = axis - np.arange(side)
                inside = (columns >= 0) & (columns < side)
                mirrored = np.zeros_like(part)
                mirrored[:, inside] = part[:, columns[inside]]
                _put(photo, index, mirrored & mask, surface, name)
    if rng.random() < 0.5:  # light from one side
        y, x = np.mgrid[:side, :side] / side - 0.5
        photo *= (1 + rng.uniform(-0.5, 0.5) * x + rng.uniform(-0.5, 0.5) * y)[..., None]
    photo = gaussian_filter(photo, (0.6, 0.6, 0)) + rng.standard_normal(photo.shape) * rng.uniform(0, 0.02)
    return _picture((photo.clip(0, 1) * 255).astype(np.uint8), index)


def _put(
    photo: Float[np.ndarray, "h w 3"],
    index: Int[np.ndarray, "h w"],
    mask: Bool[np.ndarray, "h w"],
    surface: Float[np.ndarray, "h w 3"],
    name: int | None,
) -> None:
    photo[mask] = surface[mask]
    if name is not None:
        index[mask] = name


def _texture(side: int, rng: np.random.Generator) -> Float[np.ndarray, "h w 3"]:
    """A surface: one colour with up to two layers of noise or wavy stripes."""
    colour = rng.uniform(0.05, 0.95, 3)
    out = np.broadcast_to(colour, (side, side, 3)).copy()
    for _ in range(int(rng.integers(0, 3))):
        scale = float(np.exp(rng.uniform(np.log(2), np.log(side / 3))))
        cells = max(2, round(side / scale))
        noise = resize(rng.standard_normal((cells, cells)), (side, side), order=1, mode="reflect")
        if rng.random() < 0.4:
            angle = rng.uniform(0, np.pi)
            y, x = np.mgrid[:side, :side] / scale
            noise = np.sin(2 * (x * np.cos(angle) + y * np.sin(angle)) + 1.5 * noise)
        out += noise[..., None] * rng.uniform(0.02, 0.14) * rng.uniform(0.3, 1.0, 3)
    return out


def _shape(side: int, centre: Float[np.ndarray, 2], radius: float, rng: np.random.Generator) -> Bool[np.ndarray, "h w"]:
    """A mask: a blob, an ellipse, a polygon or a stroke."""
    kind = rng.integers(4)
    if kind == 3:
        mask = np.zeros((side, side), bool)
        at, direction = centre.copy(), rng.uniform(0, 2 * np.pi)
        for _ in range(int(rng.integers(8, 40))):
            rows, columns = disk((at[0], at[1]), max(1.2, radius * 0.15), shape=mask.shape)
            mask[rows, columns] = True
            direction += rng.normal(0, 0.25)
            at += np.array([np.sin(direction), np.cos(direction)]) * max(1.0, radius * 0.12)
        return mask
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    reach = np.full(48, radius)
    if kind == 0:
        for frequency in range(2, 7):
            reach = reach * (
                1 + rng.normal(0, 0.25 / frequency**0.5) * np.sin(frequency * angles + rng.uniform(0, 6.3))
            )
    elif kind == 2:
        angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 8))))
        reach = radius * rng.uniform(0.6, 1.2, len(angles))
    flat, turn = rng.uniform(0.4, 1.0), rng.uniform(0, np.pi)
    points = np.stack([reach * np.sin(angles) * flat, reach * np.cos(angles)], axis=1)
    turned = points @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.asarray(polygon2mask((side, side), turned + centre))
