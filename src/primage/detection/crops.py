"""Turned squares of a photo: cutting them out, and bringing points back.

Points are (x, y) in pixels with (0, 0) at the top left *corner* of the photo, so that a crop's corners are those of its
outer pixels. Angles are in radians, clockwise as seen, because y points down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image

#: A crop that is reduced by more than this is averaged first, since sampling alone would alias.
_ALIASING = 1.5


@dataclass(frozen=True)
class Crop:
    """A turned square.

    Attributes:
        centre: (x, y) in pixels.
        side: length of a side in pixels.
        angle: by which its upright is turned clockwise, in radians.
    """

    centre: tuple[float, float]
    side: float
    angle: float = 0.0

    def to_photo(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """Bring points into the photo.

        Args:
            points: (N, 2) in the crop, (0, 0) at its top left and (1, 1) at its bottom right corner.

        Returns:
            (N, 2) in pixels of the photo.
        """
        return np.asarray((np.asarray(points, float) - 0.5) * self.side @ _turn(self.angle).T + self.centre)

    def to_crop(self, points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n 2"]:
        """The inverse of `to_photo`."""
        return np.asarray((np.asarray(points, float) - self.centre) @ _turn(self.angle) / self.side + 0.5)

    def cut(
        self, photo: UInt8[np.ndarray, "h w 3"], size: tuple[int, int], replicate: bool = False
    ) -> Float32[np.ndarray, "h2 w2 3"]:
        """Cut the square out of a photo.

        Args:
            photo: (H, W, 3) uint8.
            size: (height, width) of the result.
            replicate: continue the photo's border outside it; False for black.

        Returns:
            (height, width, 3) float32 in [0, 1].
        """
        corners = self.to_photo(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]))
        low = np.clip(np.floor(corners.min(axis=0)) - 2, 0, [photo.shape[1] - 1, photo.shape[0] - 1]).astype(int)
        high = np.clip(np.ceil(corners.max(axis=0)) + 2, low + 1, [photo.shape[1], photo.shape[0]]).astype(int)
        part = photo[low[1] : high[1], low[0] : high[0]]
        shrink = self.side / max(size)
        scale = np.ones(2)
        if shrink > _ALIASING:
            new = [max(1, round(side / shrink)) for side in part.shape[:2]]
            scale = np.array([new[1] / part.shape[1], new[0] / part.shape[0]])
            part = reduced(part, (new[0], new[1]))
        y, x = np.mgrid[: size[0], : size[1]]
        inside = np.stack([(x.ravel() + 0.5) / size[1], (y.ravel() + 0.5) / size[0]], axis=1)
        position = (self.to_photo(inside) - low) * scale - 0.5
        sampled = sample(part.astype(np.float32) / 255, position, replicate)
        return sampled.reshape(*size, 3)


def reduced(photo: UInt8[np.ndarray, "h w 3"], size: tuple[int, int]) -> UInt8[np.ndarray, "h2 w2 3"]:
    """Reduce a photo.

    Args:
        photo: (H, W, 3) uint8.
        size: (height, width) of the result.

    Returns:
        (height, width, 3) uint8. Of a large photo, the means of squares are resized, which is several times as fast as
        `primage.image.resize_image` and looks the same.
    """
    picture = Image.fromarray(photo).resize((size[1], size[0]), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return np.asarray(picture)


def sample(
    image: Float32[np.ndarray, "h w c"], positions: Float[np.ndarray, "n 2"], replicate: bool = False
) -> Float32[np.ndarray, "n c"]:
    """Sample a picture at points, bilinearly.

    Args:
        image: (H, W, C) float32.
        positions: (N, 2), (x, y) with (0, 0) at the *centre* of the top left pixel.
        replicate: continue the border; False for zero where a point is further than half a pixel outside.

    Returns:
        (N, C) float32.
    """
    limit = np.array([image.shape[1] - 1, image.shape[0] - 1])
    near = np.clip(positions, 0, limit)
    first = np.minimum(near.astype(int), np.maximum(limit - 1, 0))
    second = np.minimum(first + 1, limit)
    wx, wy = (near - first).astype(np.float32).T[..., None]
    top = image[first[:, 1], first[:, 0]] * (1 - wx) + image[first[:, 1], second[:, 0]] * wx
    bottom = image[second[:, 1], first[:, 0]] * (1 - wx) + image[second[:, 1], second[:, 0]] * wx
    values = np.asarray(top * (1 - wy) + bottom * wy, np.float32)
    if not replicate:
        values[(np.abs(positions - near) > 0.5).any(axis=1)] = 0
    return values


def whole(size: tuple[int, int]) -> Crop:
    """The smallest upright square around a photo.

    Args:
        size: (height, width).
    """
    return Crop((size[1] / 2, size[0] / 2), float(max(size)))


def tiles(size: tuple[int, int], side: float) -> list[Crop]:
    """Upright squares that cover a photo; neighbours overlap by half or more.

    Args:
        size: (height, width) of the photo.
        side: of the squares; the photo is larger.

    Example:
        >>> [tile.centre for tile in tiles((100, 200), 100.0)]
        [(50.0, 50.0), (100.0, 50.0), (150.0, 50.0)]
    """

    def centres(length: int) -> list[float]:
        if length <= side:
            return [length / 2]
        count = int(np.ceil((length - side) / (side / 2))) + 1
        return [float(each) for each in np.linspace(side / 2, length - side / 2, count)]

    return [Crop((x, y), side) for y in centres(size[0]) for x in centres(size[1])]


def around(points: Float[np.ndarray, "n 2"], angle: float, margin: float) -> Crop:
    """The turned square around points.

    Args:
        points: (N, 2) in pixels.
        angle: of the square.
        margin: its side, as a multiple of the longer side of the points' turned bounding box.
    """
    turned = points @ _turn(angle)
    low, high = turned.min(axis=0), turned.max(axis=0)
    x, y = (low + high) / 2 @ _turn(angle).T
    return Crop((float(x), float(y)), float(max(high - low)) * margin, angle)


def direction(start: Float[np.ndarray, " 2"], end: Float[np.ndarray, " 2"]) -> float:
    """The angle of a vector: 0 to the right, clockwise as seen."""
    return float(np.arctan2(end[1] - start[1], end[0] - start[0]))


def _turn(angle: float) -> Float[np.ndarray, "2 2"]:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
