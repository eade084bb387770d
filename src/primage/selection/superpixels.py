"""Superpixels, and the few colours ("words") by which regions are compared."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32, Int32
from skimage.segmentation import watershed

#: Number of superpixels that is aimed at.
_COUNT = 1200
_SMALLEST_PX = 4.0
_COMPACTNESS = 5e-4
_WORDS = 24
#: Number of pixels that the words are chosen from.
_SAMPLE = 4000
#: Difference of Lab colours that counts as another colour.
_SIMILAR = 12.0


def superpixels(edges: Float32[np.ndarray, "h w"]) -> Int32[np.ndarray, "h w"]:
    """Divide a photo into small regions whose borders follow edges.

    Args:
        edges: (H, W) edge strength.

    Returns:
        (H, W) numbers 0 … n-1.

    Source:
        Compact watershed (Neubert & Protzel 2014) from the weakest pixel in the middle of each cell of a grid.
    """
    height, width = edges.shape
    step = max(_SMALLEST_PX, float(np.sqrt(height * width / _COUNT)))
    smooth = cv2.GaussianBlur(edges, (0, 0), 1.0)
    half = int(step / 3)
    seeds = np.zeros((height, width), np.int32)
    count = 0
    for y in np.arange(step / 2, max(height, step / 2 + 1), step).astype(int).clip(0, height - 1):
        for x in np.arange(step / 2, max(width, step / 2 + 1), step).astype(int).clip(0, width - 1):
            top, left = max(0, y - half), max(0, x - half)
            window = smooth[top : y + half + 1, left : x + half + 1]
            dy, dx = np.unravel_index(np.argmin(window), window.shape)
            count += 1
            seeds[top + dy, left + dx] = count
    found = np.asarray(watershed(edges, seeds, compactness=_COMPACTNESS))
    return np.unique(found, return_inverse=True)[1].reshape(height, width).astype(np.int32)


def colour_words(
    lab: Float32[np.ndarray, "h w 3"],
) -> tuple[Int32[np.ndarray, "h w"], Float32[np.ndarray, "k k"]]:
    """Give each pixel the nearest of a few colours of the photo.

    Args:
        lab: (H, W, 3) float32, CIE Lab.

    Returns:
        (H, W) numbers 0 … k-1, and a (k, k) matrix that spreads a histogram over similar colours; its rows sum to 1.
    """
    smooth = cv2.GaussianBlur(lab, (0, 0), 1.0).reshape(-1, 3)
    sample = np.ascontiguousarray(smooth[:: max(1, len(smooth) // _SAMPLE)])
    count = min(_WORDS, len(np.unique(sample.round(), axis=0)))
    cv2.setRNGSeed(1)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 15, 0.5)
    centres = cv2.kmeans(sample, count, np.empty((0, 1), np.int32), criteria, 1, cv2.KMEANS_PP_CENTERS)[2]
    nearest = np.zeros(len(smooth), np.int32)
    smallest = np.full(len(smooth), np.inf, np.float32)
    for number, centre in enumerate(centres):
        distance = np.square(smooth - centre).sum(axis=1)
        closer = distance < smallest
        nearest[closer], smallest[closer] = number, distance[closer]
    between = np.square(centres[:, None] - centres[None]).sum(axis=2)
    spread = np.exp(-between / _SIMILAR**2)
    spread = (spread / spread.sum(axis=1, keepdims=True)).astype(np.float32)
    return nearest.reshape(lab.shape[:2]), spread
