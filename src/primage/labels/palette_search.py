"""The labels of a drawing in flat colours that nobody listed: the colours that fill areas, and are no blends."""

from __future__ import annotations

from functools import cache

import numpy as np
from jaxtyping import Bool, Int16, Int32, Int64, UInt8, UInt32

from primage.labels.colours import pack, positions, unpack
from primage.labels.flatness import NOISE_LEVELS, enlargement, flat_squares, squares

#: A label covers at least this many pixels, and this share of the drawing.
_MIN_PX, _MIN_SHARE = 9, 0.0002
#: A label fills a square of this side somewhere; in a noisy drawing.
_AREA_SIDE, _NOISY_AREA_SIDE = 3, 5
#: In a noisy drawing, colours within this distance are the same label.
_SAME_LABEL = 12.0
#: A drawing is soft if more than this share of its pixels has none of the colours that fill areas.
_SOFT_SHARE = 0.002
#: In a soft drawing, colours that fill no square of this side are no labels if they are borders: blends (up to this
#: distance) of two labels that lie within this many pixels of nearly all of their pixels.
_BORDER_SIDE, _BLEND_DISTANCE, _BESIDE_PX, _BESIDE_SHARE = 6, 12.0, 3, 0.8
#: An enlarged drawing has fewer colours that fill a square of a few enlarged pixels only, unless it is soft.
_MANY_SHADES = 8
_MOST_CANDIDATES, _MOST_COLOURS = 256, 128


def area_colours(
    rgb: UInt8[np.ndarray, "h w 3"],
    live: Bool[np.ndarray, "h w"],
    line_colours: Int32[np.ndarray, " m 3"],
    noisy: bool,
) -> Int32[np.ndarray, " n 3"]:
    """The colours of a drawing's labels, in the order of their first pixels.

    Args:
        rgb: (H, W, 3) uint8.
        live: the pixels considered; the others are lines.
        line_colours: (M, 3), colours of the lines drawn over the labels.
        noisy: whether flat areas vary by a few levels (`primage.labels.flatness.is_noisy`).

    Returns:
        (N, 3); empty if no colour fills an area. Colours of lines are not among them.
    """
    code = pack(rgb)
    flat = flat_squares(rgb, live, _NOISY_AREA_SIDE if noisy else _AREA_SIDE, NOISE_LEVELS if noisy else 0)
    scale = enlargement(rgb)
    if scale > 1 and not noisy:
        large = flat_squares(rgb, live, _AREA_SIDE * scale, 0)
        shades = len(np.unique(code[flat])) - len(np.unique(code[large]))
        # Enlarged after it was made soft: the shades of its borders fill squares, too.
        flat = large if shades > _MANY_SHADES else flat
    if noisy:
        colours, counts = _merged(*np.unique(code[flat], return_counts=True))
    else:
        colours, counts = np.unique(code[live], return_counts=True)
        areas = np.isin(colours, np.unique(code[flat]))
        colours, counts = colours[areas], counts[areas]
    many = (counts >= max(_MIN_PX, _MIN_SHARE * int(live.sum()))) & ~np.isin(colours, pack(line_colours))
    colours = colours[many][np.argsort(-counts[many], kind="stable")][:_MOST_CANDIDATES]
    index = _index(rgb, live, colours, noisy)
    if len(colours) <= _MOST_COLOURS and (index[live] < 0).mean() > _SOFT_SHARE:
        colours = colours[~_borders(index, ~live, unpack(colours), line_colours, scale)]
        index = _index(rgb, live, colours, noisy)
    seen, first = np.unique(index, return_index=True)
    in_order = seen[np.argsort(first)]
    return unpack(colours[in_order[in_order >= 0]])


def _merged(
    colours: UInt32[np.ndarray, " n"], counts: Int64[np.ndarray, " n"]
) -> tuple[UInt32[np.ndarray, " m"], Int64[np.ndarray, " m"]]:
    """The most frequent colours, each with those near it, and the pixels of these."""
    from scipy.spatial import cKDTree  # imported lazily: reading the table of kinds must not load SciPy

    if not len(colours):
        return colours, counts
    points = unpack(colours)
    tree = cKDTree(points)
    free = np.ones(len(colours), bool)
    chosen: list[int] = []
    total: list[int] = []
    for i in np.argsort(-counts, kind="stable"):
        if free[i] and len(chosen) < _MOST_CANDIDATES:
            near = np.array(tree.query_ball_point(points[i], _SAME_LABEL))
            near = near[free[near]]
            free[near] = False
            chosen.append(int(i))
            total.append(int(counts[near].sum()))
    return colours[chosen], np.array(total)


def _index(
    rgb: UInt8[np.ndarray, "h w 3"], live: Bool[np.ndarray, "h w"], colours: UInt32[np.ndarray, " n"], noisy: bool
) -> Int16[np.ndarray, "h w"]:
    """The position of each pixel's colour, -1 for none; in a noisy drawing, that of one near it."""
    if not len(colours):
        return np.full(live.shape, -1, np.int16)
    if not noisy:
        return np.where(live, positions(pack(rgb), colours), np.int16(-1))
    from scipy.spatial import cKDTree

    packed, at = np.unique(pack(rgb), return_inverse=True)
    distance, found = cKDTree(unpack(colours)).query(unpack(packed))
    index = np.where(distance <= _SAME_LABEL, found, -1).astype(np.int16)[at].reshape(live.shape)
    return np.where(live, index, np.int16(-1))


def _borders(
    index: Int16[np.ndarray, "h w"],
    lines: Bool[np.ndarray, "h w"],
    colours: Int32[np.ndarray, " n 3"],
    line_colours: Int32[np.ndarray, " m 3"],
    scale: int,
) -> Bool[np.ndarray, " n"]:
    """Which colours, the most frequent first, are but blends of others at borders."""
    from scipy import ndimage

    @cache
    def near(end: int) -> Bool[np.ndarray, "h w"]:
        mask = index == end if end < len(colours) else lines
        return np.asarray(ndimage.maximum_filter(mask, size=2 * _BESIDE_PX * scale + 1))

    ends = np.concatenate([colours, line_colours])
    # Colours that are no blends at all, the lines, and those found to be labels.
    possible_end = np.array([not len(_pairs_around(colour, ends)) for colour in ends])
    possible_end[len(colours) :] = True
    border = np.zeros(len(colours), bool)
    for i, colour in enumerate(colours):
        own = index == i
        if possible_end[i] or squares(own, _BORDER_SIDE * scale).any():
            possible_end[i] = True
            continue
        possible = np.flatnonzero(possible_end)
        pairs = possible[_pairs_around(colour, ends[possible])]
        border[i] = any((near(a) & near(b))[own].mean() >= _BESIDE_SHARE for a, b in pairs.tolist())
        possible_end[i] = not border[i]
    return border


def _pairs_around(colour: Int32[np.ndarray, " 3"], ends: Int32[np.ndarray, " n 3"]) -> Int64[np.ndarray, "m 2"]:
    """Pairs of colours that a colour is a blend of."""
    first, second = np.triu_indices(len(ends), 1)
    direction, offset = ends[second] - ends[first], colour - ends[first]
    share = (offset * direction).sum(axis=1) / np.maximum((direction * direction).sum(axis=1), 1)
    distance = np.linalg.norm(offset - share[:, None] * direction, axis=1)
    blended = (share > 0) & (share < 1) & (distance <= _BLEND_DISTANCE)
    return np.asarray(np.stack([first, second], axis=1)[blended])
