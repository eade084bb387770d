"""What is computed once for a photo, before the first click."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32, UInt8
from scipy import ndimage

from primage.selection.contours import contours_around
from primage.selection.edges import edge_strength
from primage.selection.hierarchy import LARGEST_SHARE, Hierarchy, build_hierarchy
from primage.selection.superpixels import colour_words, superpixels

#: The longer side of the picture that objects are searched in.
WORKING_SIDE = 512
#: Weight of colours and power of sizes of each hierarchy. They merge in different orders, so that one of them has the
#: object as a region.
_ORDERS = ((1.0, 0.3), (0.3, 0.5), (2.0, 0.15))
#: Without an edge as strong as this, a photo shows one thing.
_VISIBLE = 0.15
#: Number of places whose regions are remembered.
_REMEMBERED = 12
#: Steps of the coarser pictures that regions are judged in.
STEPS = (1, 2, 3, 4)


@dataclass(frozen=True)
class Level:
    """Every second, third … pixel of a photo.

    Attributes:
        outline: edge strength, the largest of the pixels that are left out.
        edges: edge strength.
        words: colour words.
    """

    outline: Float32[np.ndarray, "h w"]
    edges: Float32[np.ndarray, "h w"]
    words: Int32[np.ndarray, "h w"]


@dataclass(frozen=True, eq=False)
class PreparedPhoto:
    """A photo, ready for the selection of objects.

    Attributes:
        size: (height, width) of the photo that was given.
        photo: at the working size: the longer side is at most `WORKING_SIDE`.
        edges: edge strength.
        levels: one for each of `STEPS`.
        similar: (k, k), spreads a histogram of colour words over similar colours.
        histogram: (k,), of the colour words.
        hierarchies: regions of every size.
        regions: (h, w), the regions of a drawing, or None.
    """

    size: tuple[int, int]
    photo: UInt8[np.ndarray, "h w 3"]
    edges: Float32[np.ndarray, "h w"]
    levels: tuple[Level, ...]
    similar: Float32[np.ndarray, "k k"]
    histogram: Float64[np.ndarray, " k"]
    hierarchies: tuple[Hierarchy, ...]
    regions: Int32[np.ndarray, "h w"] | None
    _around: OrderedDict[tuple[int, int], list[np.ndarray]] = field(default_factory=OrderedDict, repr=False)

    @property
    def is_flat(self) -> bool:
        """Whether nothing in it can be told apart."""
        return bool(self.edges.max() < _VISIBLE)

    def around(self, x: int, y: int) -> list[Bool[np.ndarray, "h w"]]:
        """Areas that may be the object at a pixel: regions of the hierarchies and of the drawing, and areas inside
        closed contours; without holes.

        Args:
            x: column, at the working size.
            y: row.
        """
        if (x, y) not in self._around:
            found = [region for hierarchy in self.hierarchies for region in hierarchy.around(x, y)]
            if self.regions is not None:
                part = ndimage.label(self.regions == self.regions[y, x])[0]
                found.append(np.asarray(part == part[y, x]))
            found += contours_around(self.levels[0].outline, x, y)
            filled = [without_holes(area) for area in found]
            self._around[x, y] = [area for area in filled if area.mean() <= LARGEST_SHARE]
            while len(self._around) > _REMEMBERED:
                self._around.popitem(last=False)
        return self._around[x, y]

    def without_memory(self) -> PreparedPhoto:
        """The same, with no area remembered from earlier marks: for measuring times."""
        return replace(self, _around=OrderedDict())


def prepare(photo: UInt8[np.ndarray, "h w 3"], regions: UInt8[np.ndarray, "h2 w2"] | None = None) -> PreparedPhoto:
    """Compute what every selection in a photo needs.

    Args:
        photo: (H, W, 3) uint8 sRGB, of any size.
        regions: label map of a drawing of it; its regions are likely objects.
    """
    height, width = photo.shape[:2]
    factor = min(1.0, WORKING_SIDE / max(height, width))
    columns, rows = max(1, round(width * factor)), max(1, round(height * factor))
    small = photo if factor == 1 else cv2.resize(photo, (columns, rows), interpolation=cv2.INTER_AREA)
    small = np.ascontiguousarray(small)
    lab = cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    edges = edge_strength(lab)
    words, similar = colour_words(lab)
    cells = superpixels(edges)
    count, kinds = int(cells.max()) + 1, len(similar)
    histograms = np.bincount((cells * kinds + words).ravel(), minlength=count * kinds).reshape(count, kinds)
    histograms = histograms.astype(np.float32) @ similar
    levels = []
    for step in STEPS:
        window = max(3, 2 * step - 1)
        outline = cv2.dilate(edges, np.ones((window, window), np.uint8))
        levels.append(Level(*(np.ascontiguousarray(plane[::step, ::step]) for plane in (outline, edges, words))))
    own = None
    if regions is not None:
        own = cv2.resize(regions, (columns, rows), interpolation=cv2.INTER_NEAREST).astype(np.int32)
    return PreparedPhoto(
        size=(height, width),
        photo=small,
        edges=edges,
        levels=tuple(levels),
        similar=similar,
        histogram=np.bincount(words.ravel(), minlength=kinds).astype(np.float64),
        hierarchies=tuple(build_hierarchy(cells, edges, histograms, *order) for order in _ORDERS),
        regions=own,
    )


def without_holes(area: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """An area with its holes filled.

    Args:
        area: True inside.
    """
    padded = np.pad(area.astype(np.uint8), 1)
    cv2.floodFill(padded, None, (0, 0), (2,))
    return np.asarray(padded[1:-1, 1:-1] != 2)
