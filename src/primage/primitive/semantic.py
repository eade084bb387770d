"""Label maps that know people: named regions of faces and persons, and unsupervised regions for the rest."""

from __future__ import annotations

import hashlib
import logging
from functools import cache

import numpy as np
from jaxtyping import Bool, Int, UInt8
from skimage.color import rgb2lab
from skimage.segmentation import slic

from primage.detection.interpreter import why_not
from primage.detection.regions import PERSON, find_regions
from primage.errors import ConfigError
from primage.image import from_nearest_outside, resize_image
from primage.labels.label_map import LabelMap
from primage.primitive.extraction_config import SegmentsConfig
from primage.primitive.segments import extract_segments, merge_regions, named_regions, superpixels

_log = logging.getLogger(__name__)

#: Area of the superpixels that hair and skin are made of, in pixels.
_SUPERPIXEL_PX = 64
#: Colour difference (ΔE) that keeps what is outside a mask from being merged with what is inside.
_OUTSIDE = 1e6
_Mask = Bool[np.ndarray, "h w"]
_LAST: dict[bytes, dict[str, np.ndarray]] = {}


def extract_labels(photo: UInt8[np.ndarray, "h w 3"], size: tuple[int, int], config: SegmentsConfig) -> LabelMap:
    """Segment a photo; the regions of people are named, if the settings say so and people are found.

    Args:
        photo: (H, W, 3) uint8 sRGB, at any size: faces are also found where the working size would be too small.
        size: (height, width), the working size.
        config: method, number of unsupervised regions, and whether people are looked for.

    Returns:
        Unsupervised regions, "region 1" …, in order of decreasing area; with people, "skin", "hair", "nose", "brows",
        "eyes", "irises", "lips" and "mouth", as far as they are found, then "person 1" … (clothes and what is held) and
        "background 1" …. All people share these labels.

    Raises:
        ConfigError, WeightsError: people must be looked for, and detection is not possible.
    """
    working = resize_image(photo, size)
    if config.semantic == "off":
        return extract_segments(working, config)
    if config.semantic == "auto" and (reason := why_not()) is not None:
        _say_once_that_nobody_looks(reason)
        return extract_segments(working, config)
    try:
        regions = dict(_regions(photo, working))
    except ConfigError as error:
        if config.semantic == "on":
            raise
        _say_once_that_nobody_looks(str(error))
        return extract_segments(working, config)
    if not regions:
        return extract_segments(working, config)
    start, features = superpixels(working, config), rgb2lab(working)
    named = np.logical_or.reduce(list(regions.values()))
    person = regions.pop(PERSON, np.zeros(size, bool))
    masks = dict(regions)  # first, because these are what a person looks for in the list of labels
    for title, mask in ((PERSON, person), ("background", ~named)):
        count = max(1, round(config.regions * mask.mean()))
        parts = _parts(start, features, mask, count, config.min_area)
        masks |= {f"{title} {n}" if len(parts) > 1 else title: part for n, part in enumerate(parts, 1)}
    index = np.full(size, -1)
    for number, mask in enumerate(masks.values()):
        index[mask] = number
    return named_regions(from_nearest_outside(index, index < 0), list(masks))


def _parts(
    start: Int[np.ndarray, "h w"], features: np.ndarray, mask: _Mask, count: int, min_area: float
) -> list[_Mask]:
    """Unsupervised regions of a part of the picture, in order of decreasing area; without specks alone in it."""
    inside = np.where(mask, start + 1, 0)
    index = np.unique(inside, return_inverse=True)[1].reshape(mask.shape)
    apart = np.where(mask[..., None], features, _OUTSIDE)
    merged = merge_regions(index, apart, count + (not mask.all()), min_area)
    areas = np.bincount(merged[mask]) if mask.any() else np.zeros(0, int)
    kept = [number for number in np.argsort(-areas, kind="stable") if areas[number] >= min_area * mask.size]
    return [mask & (merged == number) for number in kept if not (merged[~mask] == number).any()]


def _regions(
    photo: UInt8[np.ndarray, "h w 3"], working: UInt8[np.ndarray, "h2 w2 3"]
) -> dict[str, Bool[np.ndarray, "h2 w2"]]:
    """The regions of people; kept for the last photo, so that moving a slider of the studio does not look again."""
    key = hashlib.sha256(repr((photo.shape, working.shape)).encode() + photo.tobytes()).digest()
    if key not in _LAST:
        count = max(16, working.shape[0] * working.shape[1] // _SUPERPIXEL_PX)
        cells = slic(working, n_segments=count, compactness=8, start_label=0)
        found = find_regions(photo, working, np.asarray(cells))
        _LAST.clear()
        _LAST[key] = found
    return _LAST[key]


@cache
def _say_once_that_nobody_looks(why: str) -> None:
    _log.info("people in the photo are not named: %s", why)
