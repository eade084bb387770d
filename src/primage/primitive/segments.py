"""Unsupervised segmentation into a requested number of regions; deterministic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int, UInt8
from skimage.color import rgb2lab
from skimage.segmentation import felzenszwalb, relabel_sequential, slic

from primage.labels.distinct_colours import distinct_colours
from primage.labels.label_map import Label, LabelMap, Palette
from primage.primitive.extraction_config import SegmentsConfig

#: Factor by which merging small regions is cheaper.
_SMALL_BONUS = 1e-3


def extract_segments(photo: UInt8[np.ndarray, "h w 3"], config: SegmentsConfig) -> LabelMap:
    """Segment a photo and merge neighbouring regions down to the requested number.

    Args:
        photo: (H, W, 3) uint8 sRGB, at the working size.
        config: method and number of regions.

    Returns:
        Labels in order of decreasing area, with distinct colours; fewer than ``config.regions`` if the initial
        segmentation has fewer.

    Source:
        Initial segmentation: Felzenszwalb & Huttenlocher 2004 or SLIC (Achanta 2012). Merging: Ward's criterion.
    """
    merged = merge_regions(superpixels(photo, config), rgb2lab(photo), config.regions, config.min_area)
    areas = np.bincount(merged.ravel())
    order = np.argsort(-areas, kind="stable")
    position = np.empty_like(order)
    position[order] = np.arange(len(order))
    names = [f"region {number}" for number in range(1, len(order) + 1)]
    return named_regions(position[merged], names)


def named_regions(index: Int[np.ndarray, "h w"], names: Sequence[str]) -> LabelMap:
    """A label map of regions that were found in a photo, in distinct colours.

    Args:
        index: (H, W) positions in ``names``.
        names: of all labels.
    """
    colours = distinct_colours(len(names))
    labels = tuple(
        Label(id=number, colour=colour, name=name)
        for number, (name, colour) in enumerate(zip(names, colours, strict=True))
    )
    return LabelMap(index=index.astype(np.uint8), palette=Palette(labels=labels, source="made"))


def superpixels(photo: UInt8[np.ndarray, "h w 3"], config: SegmentsConfig) -> Int[np.ndarray, "h w"]:
    """The initial segmentation, of many small regions.

    Args:
        photo: (H, W, 3) uint8 sRGB, at the working size.
        config: its method.

    Returns:
        (H, W) region numbers 0 … n-1.
    """
    if config.method == "slic":
        start = slic(photo, n_segments=max(200, 8 * config.regions), compactness=8, start_label=0)
    else:
        side = min(photo.shape[:2])
        start = felzenszwalb(
            photo, scale=max(20.0, side / 4), sigma=0.8, min_size=max(8, photo.shape[0] * photo.shape[1] // 3000)
        )
    index, _, _ = relabel_sequential(np.asarray(start) + 1)
    return np.asarray(index - 1)


def merge_regions(
    index: Int[np.ndarray, "h w"], features: np.ndarray, regions: int, min_area: float
) -> Int[np.ndarray, "h w"]:
    """Merge neighbouring regions, the cheapest pair first.

    Args:
        index: (H, W) region numbers 0 … n-1.
        features: (H, W, K) features of the pixels (Lab colours).
        regions: number of regions to stop at.
        min_area: regions below this share of the picture are merged first, independent of their features.

    Returns:
        (H, W) region numbers 0 … m-1, m <= max(regions, connected components).

    Source:
        Ward 1963: merging a and b costs |a||b| / (|a| + |b|) · ‖mean a − mean b‖².
    """
    count = int(index.max()) + 1
    area = np.bincount(index.ravel(), minlength=count).astype(np.float64)
    mean = np.stack(
        [np.bincount(index.ravel(), features[..., k].ravel(), count) / area for k in range(features.shape[2])],
        axis=1,
    )
    neighbour = _adjacency(index, count)
    smallest = min_area * index.size
    alive = count
    target = np.arange(count)
    cost = np.full((count, count), np.inf)
    for a, b in np.argwhere(np.triu(neighbour)):
        cost[a, b] = _ward(mean, area, int(a), np.array([b]), smallest)[0]
    while True:
        a, b = np.unravel_index(np.argmin(cost), cost.shape)
        small = area[target == np.arange(count)].min() < smallest
        if not np.isfinite(cost[a, b]) or (alive <= regions and not small) or alive <= 2:
            break
        if alive <= regions and min(area[a], area[b]) >= smallest:
            break
        mean[a] = (mean[a] * area[a] + mean[b] * area[b]) / (area[a] + area[b])
        area[a] += area[b]
        target[target == b] = a
        neighbour[a] |= neighbour[b]
        neighbour[:, a] |= neighbour[:, b]
        neighbour[b] = False
        neighbour[:, b] = False
        neighbour[a, a] = False
        cost[b], cost[:, b], cost[a], cost[:, a] = np.inf, np.inf, np.inf, np.inf
        others = np.flatnonzero(neighbour[a])
        new = _ward(mean, area, int(a), others, smallest)
        cost[np.minimum(a, others), np.maximum(a, others)] = new
        alive -= 1
    return np.asarray(np.unique(target, return_inverse=True)[1][index])


def _ward(mean: np.ndarray, area: np.ndarray, a: int, others: np.ndarray, smallest: float) -> np.ndarray:
    distance = np.square(mean[others] - mean[a]).sum(axis=1)
    cost = area[a] * area[others] / (area[a] + area[others]) * distance
    return np.asarray(np.where(np.minimum(area[a], area[others]) < smallest, cost * _SMALL_BONUS, cost))


def _adjacency(index: np.ndarray, count: int) -> np.ndarray:
    neighbour = np.zeros((count, count), dtype=bool)
    for a, b in ((index[:, :-1], index[:, 1:]), (index[:-1], index[1:])):
        neighbour[a.ravel(), b.ravel()] = True
        neighbour[b.ravel(), a.ravel()] = True
    np.fill_diagonal(neighbour, val=False)
    return neighbour
