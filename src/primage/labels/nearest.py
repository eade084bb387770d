"""The nearest label of every pixel of a drawing that other programs have softened: JPEG, scaling, brushes, profiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int16, Int32, Int64, UInt8

from primage.labels.colours import pack, positions, unpack
from primage.labels.flatness import NOISE_LEVELS, enlargement, flat_squares, is_noisy, squares

#: A colour is clearly that of a label if it is no farther than this, and half as far as from any other.
_CLEAR_DISTANCE = 48.0
#: The same for a colour that fills an area of a drawing without noise: someone may have chosen it.
_AREA_DISTANCE = 24.0
#: Largest distance between a colour at a border and the blend of two labels; after lossy compression.
_BLEND_DISTANCE, _NOISY_BLEND_DISTANCE = 20.0, 56.0
#: Smooth scaling overshoots at borders by this share of the contrast.
_OVERSHOOT = 0.2
#: Pixels in doubt that fill a square of this side are no border; after lossy compression.
_AREA_SIDE, _NOISY_AREA_SIDE = 3, 5
#: As many pixels of exactly one colour, which no border explains, are a stroke of a new colour.
_STROKE_PX = 16
_CHUNK = 1 << 16
_NEAR = tuple((y, x) for y in range(-2, 3) for x in range(-2, 3) if (y, x) != (0, 0))
_FAR = tuple((y * r, x * r) for r in (3, 4, 6, 8) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0))


@dataclass(frozen=True)
class Nearest:
    """The nearest label of each pixel.

    Attributes:
        index: (H, W), positions of anchors; -1 for pixels that were not to be read.
        snapped: (H, W), pixels that have not exactly the colour of their label.
        doubtful: (H, W), areas and strokes whose colour is no label's, nor a blend of labels at a border.
        explained: share of the pixels read that have a label's colour, or nearly, or are a border's.
        noisy: whether flat areas vary by a few levels, as after lossy compression.
    """

    index: Int16[np.ndarray, "h w"]
    snapped: Bool[np.ndarray, "h w"]
    doubtful: Bool[np.ndarray, "h w"]
    explained: float
    noisy: bool


def nearest_labels(
    rgb: UInt8[np.ndarray, "h w 3"], anchors: Int32[np.ndarray, " n 3"], live: Bool[np.ndarray, "h w"], lines: int = 0
) -> Nearest:
    """Find the nearest label of every pixel.

    A pixel with exactly a label's colour has that label, and so has one whose colour is clearly nearest that label. At
    soft borders, blends of two labels get one of these two, even if the blend is nearest, or equal, to a third.

    Args:
        rgb: (H, W, 3) uint8.
        anchors: (N, 3), colours of the labels, then of lines drawn over them.
        live: the pixels to read; the others are lines.
        lines: how many of the anchors are colours of lines.
    """
    index = positions(pack(rgb), pack(anchors))
    exact = live & (index >= 0)
    unknown = live & ~exact
    nothing = np.zeros(live.shape, bool)
    if not unknown.any():
        return Nearest(np.where(live, index, np.int16(-1)), nothing, nothing, 1.0, noisy=False)
    noisy, scale = is_noisy(rgb, live), enlargement(rgb)
    side, tolerance = (_NOISY_AREA_SIDE, NOISE_LEVELS) if noisy else (_AREA_SIDE * scale, 0)
    nearest, first, second = _nearest_by_colour(rgb[unknown], anchors)
    areas = flat_squares(rgb, unknown, side, tolerance)[unknown]
    clear = (first <= np.where(areas & (not noisy), _AREA_DISTANCE, _CLEAR_DISTANCE)) & (2 * first <= second)
    index[unknown] = np.where(clear, nearest, np.int16(-1))
    index[~live] = len(anchors) - 1 if lines else -1
    fringe = _fringe(rgb, index, live, unknown, anchors)
    known = np.where(fringe, np.int16(-1), index)
    unsure = live & (known < 0)
    labels, distance = _from_neighbours(rgb, known, unsure, anchors)
    known[unsure] = np.where(labels < 0, _nearest_by_colour(rgb[unsure], anchors)[0], labels)
    known[~live] = -1
    odd = np.zeros(live.shape, bool)
    odd[unsure] = (labels < 0) | (distance > (_NOISY_BLEND_DISTANCE if noisy else _BLEND_DISTANCE))
    odd &= ~exact
    odd |= flat_squares(rgb, unsure & ~fringe, side, tolerance)  # a blend that fills an area is no border
    doubtful = _areas(rgb, odd, noisy, scale)
    known[doubtful] = _nearest_by_colour(rgb[doubtful], anchors)[0]
    explained = 1 - int(odd.sum()) / int(live.sum())
    return Nearest(known, unknown | (fringe & (known != index)), doubtful, explained, noisy)


def _nearest_by_colour(
    colours: UInt8[np.ndarray, "m 3"], anchors: Int32[np.ndarray, " n 3"]
) -> tuple[Int16[np.ndarray, " m"], Float64[np.ndarray, " m"], Float64[np.ndarray, " m"]]:
    """The nearest anchor of each colour, its distance, and that of the next one."""
    from scipy.spatial import cKDTree  # imported lazily: reading the table of kinds must not load SciPy

    different, position = np.unique(anchors, axis=0, return_index=True)
    packed, at = np.unique(pack(colours), return_inverse=True)
    distance, found = map(np.asarray, cKDTree(different).query(unpack(packed), k=2))
    first, second = distance.T
    # Of equally near labels the lower wins.
    nearest = np.where(first == second, found.min(axis=1), found[:, 0])
    return position[nearest].astype(np.int16)[at], first[at], second[at]


def _beside(mask: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    from scipy import ndimage

    return np.asarray(ndimage.maximum_filter(mask, size=3))


def _chunks(mask: Bool[np.ndarray, "h w"]) -> Iterator[tuple[slice, Int64[np.ndarray, " n"], Int64[np.ndarray, " n"]]]:
    rows, columns = np.nonzero(mask)
    for start in range(0, len(rows), _CHUNK):
        part = slice(start, start + _CHUNK)
        yield part, rows[part], columns[part]


def _fringe(
    rgb: UInt8[np.ndarray, "h w 3"],
    index: Int16[np.ndarray, "h w"],
    live: Bool[np.ndarray, "h w"],
    unknown: Bool[np.ndarray, "h w"],
    anchors: Int32[np.ndarray, " n 3"],
) -> Bool[np.ndarray, "h w"]:
    """Pixels that look like a label, but lie beside unknown colours and are blends of two others on either side."""
    sure = live & (index >= 0)
    solid = flat_squares(rgb, sure, 2, NOISE_LEVELS)
    candidates = sure & ~solid & _beside(unknown)
    fringe = np.zeros(index.shape, bool)
    around = np.pad(np.where(solid | ~live, index, np.int16(-1)), 8, constant_values=-1)
    for _, y, x in _chunks(candidates):
        own = index[y, x]
        near = _Neighbours(rgb[y, x], anchors)
        for dy, dx in (*_NEAR, *_FAR):
            other = around[y + 8 + dy, x + 8 + dx]
            near.add(np.where(other == own, np.int16(-1), other))
        for dy, dx in (*_NEAR, *_FAR):
            other = around[y + 8 + dy, x + 8 + dx]
            near.blend(np.where(other == own, np.int16(-1), other), overshoot=0.0)
        # As near to the blend as to the label: half-way between two labels there may be a third by chance.
        fringe[y, x] = near.two & (near.distance <= _BLEND_DISTANCE)
    return fringe


def _from_neighbours(
    rgb: UInt8[np.ndarray, "h w 3"],
    known: Int16[np.ndarray, "h w"],
    unsure: Bool[np.ndarray, "h w"],
    anchors: Int32[np.ndarray, " n 3"],
) -> tuple[Int16[np.ndarray, " m"], Float32[np.ndarray, " m"]]:
    """The label of each unsure pixel, chosen among its neighbours', and its distance from a blend of them; or -1."""
    around = np.pad(known, 8, constant_values=-1)
    count = int(unsure.sum())
    labels, distance = np.full(count, -1, np.int16), np.full(count, np.inf, np.float32)
    for part, y, x in _chunks(unsure):
        rest = np.arange(len(y))
        for offsets in (_NEAR, (*_NEAR, *_FAR)):
            near = _Neighbours(rgb[y[rest], x[rest]], anchors)
            for step in (near.add, near.blend):
                for dy, dx in offsets:
                    step(around[y[rest] + 8 + dy, x[rest] + 8 + dx])
            labels[part][rest], distance[part][rest] = near.label, near.explained
            rest = rest[near.explained > _BLEND_DISTANCE]
    return labels, distance


class _Neighbours:
    """Labels around some pixels: the nearest in colour, and how far the colour is from a blend of two, or of more."""

    def __init__(self, colours: UInt8[np.ndarray, "m 3"], anchors: Int32[np.ndarray, " n 3"]) -> None:
        self.colours = colours.astype(np.float32)
        # One more for "no label": infinitely far, and never on a segment.
        self.anchors = np.concatenate([anchors, [[-4096] * 3]]).astype(np.float32)
        self.label = np.full(len(colours), -1, np.int16)
        self.best = np.full(len(colours), np.inf, np.float32)
        self.distance = np.full(len(colours), np.inf, np.float32)
        self.two = np.zeros(len(colours), bool)
        self.low = np.full((len(colours), 3), 4096, np.float32)
        self.high = np.full((len(colours), 3), -4096, np.float32)
        self.first = np.full(len(colours), -1, np.int16)
        self.three = np.zeros(len(colours), bool)
        self._second = np.full(len(colours), -1, np.int16)

    def add(self, other: Int16[np.ndarray, " m"]) -> None:
        """Consider a neighbour's label."""
        anchor = self.anchors[other]
        distance = np.linalg.norm(self.colours - anchor, axis=1)
        better = (other >= 0) & ((distance < self.best) | ((distance == self.best) & (other < self.label)))
        self.best = np.where(better, distance, self.best)
        self.label = np.where(better, other, self.label)
        some = (other >= 0)[:, None]
        self.low = np.where(some, np.minimum(self.low, anchor), self.low)
        self.high = np.where(some, np.maximum(self.high, anchor), self.high)
        self.first = np.where((self.first < 0) & (other >= 0), other, self.first)
        new = (other >= 0) & (other != self.first)
        self.three |= new & (self._second >= 0) & (other != self._second)
        self._second = np.where((self._second < 0) & new, other, self._second)

    def blend(self, other: Int16[np.ndarray, " m"], overshoot: float = _OVERSHOOT) -> None:
        """Consider blends of a neighbour's label with the nearest one; to be called after all were added."""
        start = self.anchors[self.label]
        direction = self.anchors[other] - start
        offset = self.colours - start
        length = np.maximum((direction * direction).sum(axis=1), 1)
        share = np.clip((offset * direction).sum(axis=1) / length, -overshoot, 1 + overshoot)
        distance = np.linalg.norm(offset - share[:, None] * direction, axis=1)
        pair = (other >= 0) & (other != self.label) & (self.label >= 0)
        self.two |= pair
        self.distance = np.where(pair & (distance < self.distance), distance, self.distance)

    @property
    def explained(self) -> Float32[np.ndarray, " m"]:
        """Distance from a label, from a blend of two, or from the box of three and more."""
        outside = np.maximum(self.low - self.colours, self.colours - self.high).max(axis=1)
        box = np.where(self.three, np.maximum(outside, 0), np.inf)
        return np.minimum(np.minimum(self.best, self.distance), box).astype(np.float32)


def _areas(
    rgb: UInt8[np.ndarray, "h w 3"], odd: Bool[np.ndarray, "h w"], noisy: bool, scale: int
) -> Bool[np.ndarray, "h w"]:
    """The odd pixels that fill an area, or are a stroke of one colour; the others are specks."""
    side = _NOISY_AREA_SIDE if noisy else _AREA_SIDE * scale
    doubtful = squares(odd, side)
    if not noisy and odd.any():
        code = pack(rgb)
        colours, counts = np.unique(code[odd], return_counts=True)
        doubtful |= odd & np.isin(code, colours[counts >= _STROKE_PX * scale**2])
    return doubtful
