"""Edge strength of a photo: high between two different areas, low inside a texture."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32

#: Half the distance of the two places that are compared, in pixels, per scale.
_RADII_PX = (1.5, 4.0)
_DIRECTIONS = 4
#: Variance of Lab colours that counts as noise.
_NOISE = 12.0
#: Difference, in standard deviations, that gives a strength of one half.
_HALF = 2.0


def edge_strength(lab: Float32[np.ndarray, "h w 3"]) -> Float32[np.ndarray, "h w"]:
    """How different the two sides of each pixel are, compared with how different each side is within itself.

    Args:
        lab: (H, W, 3) float32, CIE Lab.

    Returns:
        (H, W) float32 in [0, 1).

    Source:
        Fisher's criterion, |difference of means|² / sum of variances, in the best of four directions, as mean over
        two scales.
    """
    total = np.zeros(lab.shape[:2], np.float32)
    for radius in _RADII_PX:
        mean = cv2.GaussianBlur(lab, (0, 0), 0.6 * radius)
        variance = np.maximum(cv2.GaussianBlur(lab * lab, (0, 0), 0.6 * radius) - mean * mean, 0)
        best = np.zeros(lab.shape[:2], np.float32)
        for number in range(_DIRECTIONS):
            turn = np.pi * number / _DIRECTIONS
            x, y = radius * np.cos(turn), radius * np.sin(turn)
            difference = _shifted(mean, x, y) - _shifted(mean, -x, -y)
            spread = _shifted(variance, x, y) + _shifted(variance, -x, -y)
            best = np.maximum(best, np.square(difference).sum(axis=2) / (spread.sum(axis=2) + _NOISE))
        total += np.sqrt(best) / len(_RADII_PX)
    return np.asarray(total / (total + _HALF), np.float32)


def _shifted(planes: np.ndarray, x: float, y: float) -> np.ndarray:
    size = (planes.shape[1], planes.shape[0])
    shift = np.array([[1, 0, x], [0, 1, y]], np.float32)
    return cv2.warpAffine(planes, shift, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
