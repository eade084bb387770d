"""Puts the border of an area where the photo has it: GrabCut at the working size, a watershed at a larger one."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Bool, UInt8

from primage.selection.score import bounds

#: Half the width of the band in which the border is looked for.
_BAND_PX = 3
#: How much of the surroundings, as a share of the area's size, says what is not the object.
_SURROUNDINGS = 0.25
_LEAST_PX = 8
_BOX_ROUNDS = 3


def refine(
    photo: UInt8[np.ndarray, "h w 3"],
    area: Bool[np.ndarray, "h w"],
    inside: Bool[np.ndarray, "h w"],
    outside: Bool[np.ndarray, "h w"],
) -> Bool[np.ndarray, "h w"]:
    """Move an area's border by a few pixels to where colours change.

    Args:
        photo: (H, W, 3) uint8 sRGB.
        area: True inside.
        inside: pixels that stay inside.
        outside: pixels that stay outside.

    Source:
        GrabCut (Rother, Kolmogorov & Blake 2004).
    """
    area = (area | inside) & ~outside
    if not area.any() or area.all():
        return area
    window = _window(area)
    own = area[window].astype(np.uint8)
    sure, possible = _eroded(own, _BAND_PX), cv2.dilate(own, _disc(_BAND_PX))
    known = np.where(own > 0, cv2.GC_PR_FGD, np.where(possible > 0, cv2.GC_PR_BGD, cv2.GC_BGD))
    known[(sure > 0) | inside[window]] = cv2.GC_FGD
    known[outside[window]] = cv2.GC_BGD
    return _cut(photo, area, window, known, 1)


def in_box(photo: UInt8[np.ndarray, "h w 3"], box: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """What differs inside a box from what is around it.

    Args:
        photo: (H, W, 3) uint8 sRGB.
        box: True inside.

    Returns:
        The box itself if there is nothing around it, or nothing in it that differs.
    """
    if box.all():
        return box
    window = _window(box)
    known = np.where(box[window], cv2.GC_PR_FGD, cv2.GC_BGD)
    found = _cut(photo, np.zeros_like(box), window, known, _BOX_ROUNDS)
    return found if found.any() else box


def enlarge(area: Bool[np.ndarray, "h w"], photo: UInt8[np.ndarray, "h2 w2 3"]) -> Bool[np.ndarray, "h2 w2"]:
    """An area for the photo at its own size, its border along the edges seen there.

    Args:
        area: True inside, at the working size.
        photo: (H, W, 3) uint8 sRGB.

    Source:
        Watershed (Meyer 1992) from the sure inside and the sure outside.
    """
    height, width = photo.shape[:2]
    if area.shape == (height, width):
        return area
    large = cv2.resize(area.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    inside = large > 0.5
    if not inside.any() or inside.all():
        return np.asarray(inside)
    window = _window(inside)
    own = inside[window].astype(np.uint8)
    radius = max(1, int(np.ceil(max(height / area.shape[0], width / area.shape[1]))))
    seeds = np.where(_eroded(own, radius) > 0, 2, np.where(cv2.dilate(own, _disc(radius)) > 0, 0, 1)).astype(np.int32)
    if not (seeds == 2).any() or not (seeds == 1).any():
        return np.asarray(inside)
    # Pixels between two basins, and those at the picture's border, get -1: they keep their side.
    basin = cv2.watershed(np.ascontiguousarray(photo[window]), seeds)
    inside[window] = np.where(basin < 0, own > 0, basin == 2)
    return np.asarray(inside)


def _cut(
    photo: np.ndarray, area: np.ndarray, window: tuple[slice, slice], known: np.ndarray, rounds: int
) -> np.ndarray:
    known = known.astype(np.uint8)
    is_object = (known == cv2.GC_FGD) | (known == cv2.GC_PR_FGD)
    # Without both, there is nothing to learn the colours from.
    if is_object.any() and not is_object.all():
        cv2.setRNGSeed(1)
        models = np.zeros((1, 65)), np.zeros((1, 65))
        cv2.grabCut(np.ascontiguousarray(photo[window]), known, (0, 0, 1, 1), *models, rounds, cv2.GC_INIT_WITH_MASK)
        is_object = (known == cv2.GC_FGD) | (known == cv2.GC_PR_FGD)
    out = area.copy()
    out[window] = is_object
    return out


def _window(area: np.ndarray) -> tuple[slice, slice]:
    top, bottom, left, right = bounds(area)
    margin = int(max(_LEAST_PX, _SURROUNDINGS * np.sqrt((bottom - top) * (right - left))))
    return slice(max(0, top - margin), bottom + margin), slice(max(0, left - margin), right + margin)


def _disc(radius: int) -> np.ndarray:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))


def _eroded(own: np.ndarray, radius: int) -> np.ndarray:
    """The photo's border is no border of the area."""
    return cv2.erode(np.pad(own, radius, mode="edge"), _disc(radius))[radius:-radius, radius:-radius]
