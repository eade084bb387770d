"""Colours of a photo at the origins of pixels."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float32, Float64, UInt8, UInt16
from torch.nn import functional as F

from primage.origin.transforms import Piece

#: A photo of 8 or 16 bits; another picture may have its opacity as the last channel.
Photo = UInt8[np.ndarray, "h w c"] | UInt16[np.ndarray, "h w c"]

#: Coordinates this close to whole pixels are whole: the pixel itself is copied.
_WHOLE_PX = 1e-3
#: Pixels that cover more than this many pixels of the photo in some direction are means over them.
_SHRINKS = 1.2
#: At most this many samples per direction are averaged.
_MAX_SAMPLES = 24
#: Number of points sampled at once.
_STRIP = 1 << 18
#: Bicubic interpolation reads this far.
_REACH_PX = 2


def piece_colours(
    photo: Photo, piece: Piece, points: Float64[np.ndarray, "n 2"], size: tuple[int, int]
) -> Float32[np.ndarray, "n c"]:
    """Copy pixels of a piece from the photo: bicubic, or the mean of what a pixel covers where the piece shrank.

    Args:
        photo: the photo, at any size.
        piece: where the pixels come from.
        points: (N, 2), (x, y) of the pixels' centres in the drawing, in shares of width and height.
        size: (height, width) of the picture that the pixels belong to.

    Returns:
        (N, C), in the photo's units. Exactly its values where pixels map to pixels: a piece that was only shifted is
        shifted by whole pixels of the photo.
    """
    out = np.zeros((len(points), photo.shape[2]), np.float32)
    for first in range(0, len(points), _STRIP):
        part = slice(first, first + _STRIP)
        out[part] = _colours(photo, piece, points[part], size)
    return out


def sample(photo: Photo, coords: Float64[np.ndarray, "n 2"], mode: str = "bicubic") -> Float32[np.ndarray, "n c"]:
    """Interpolate a photo.

    Args:
        photo: the photo.
        coords: (N, 2), (y, x) in pixels, 0 at the centre of the first; clamped to the photo.
        mode: "bicubic" or "bilinear".

    Returns:
        (N, C), in the photo's units.
    """
    if not len(coords):
        return np.zeros((0, photo.shape[2]), np.float32)
    limit = np.array(photo.shape[:2]) - 1
    at = np.clip(coords, 0, limit)
    whole = np.rint(at)
    if np.abs(at - whole).max() < _WHOLE_PX:
        rows, columns = whole.astype(int).T
        return np.asarray(photo[rows, columns], np.float32)
    low = np.maximum(np.floor(at.min(0)).astype(int) - _REACH_PX, 0)
    high = np.minimum(np.ceil(at.max(0)).astype(int) + _REACH_PX, limit)
    crop = photo[low[0] : high[0] + 1, low[1] : high[1] + 1]
    image = torch.from_numpy(crop.transpose(2, 0, 1).astype(np.float32))[None]
    side = np.maximum(np.array(crop.shape[:2]) - 1, 1)
    grid = torch.from_numpy((2 * (at - low) / side - 1)[:, ::-1].astype(np.float32))
    values = F.grid_sample(image, grid[None, None], mode=mode, padding_mode="border", align_corners=True)
    return np.asarray(values[0, :, 0].T.clamp(0, np.iinfo(photo.dtype).max).numpy())


def _colours(photo: np.ndarray, piece: Piece, points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    shape = np.array(photo.shape[:2])

    def coords(at: np.ndarray) -> np.ndarray:
        return np.asarray(piece(at)[:, ::-1] * shape - 0.5)

    if piece.shift is not None and tuple(shape) == size:
        # Whole pixels: a shifted piece is not resampled.
        shift = np.array(piece.shift[::-1]) * shape
        return sample(photo, coords(points) - shift + np.rint(shift))
    pixel = np.array([1.0 / size[1], 1.0 / size[0]])
    centre = coords(points)
    spans = [np.linalg.norm(coords(points + pixel * axis) - centre, axis=1) for axis in np.eye(2)]
    samples = [int(np.clip(np.ceil(np.percentile(span, 95) - _SHRINKS + 1), 1, _MAX_SAMPLES)) for span in spans]
    if samples == [1, 1]:
        return sample(photo, centre)
    total = np.zeros((len(points), photo.shape[2]), np.float64)
    for x in (np.arange(samples[0]) + 0.5) / samples[0] - 0.5:
        for y in (np.arange(samples[1]) + 0.5) / samples[1] - 0.5:
            total += sample(photo, coords(points + pixel * (x, y)), "bilinear")
    return np.asarray(total / (samples[0] * samples[1]), np.float32)
