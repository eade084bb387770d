"""Colours of label maps: known colours, blends of them, and nearest labels."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int16, Int32, UInt8, UInt32

#: Largest difference per channel between a colour and a linear blend.
FRINGE_LEVELS = 12
_CHUNK = 1 << 18


def pack(colours: UInt8[np.ndarray, "*n 3"] | Int32[np.ndarray, "*n 3"]) -> UInt32[np.ndarray, "*n"]:
    """Pack each colour into one integer, which is faster to sort and compare."""
    r, g, b = (colours[..., i].astype(np.uint32) for i in range(3))
    packed: UInt32[np.ndarray, "*n"] = (r << 16) | (g << 8) | b
    return packed


def positions(code: UInt32[np.ndarray, "*n"], palette: UInt32[np.ndarray, " p"]) -> Int16[np.ndarray, "*n"]:
    """The first index of each colour in ``palette``; -1 if it is not in it."""
    keys, first = np.unique(palette, return_index=True)
    at = np.searchsorted(keys, code).clip(max=len(keys) - 1)
    return np.where(keys[at] == code, first.astype(np.int16)[at], np.int16(-1))


def is_blend(rgb: Int32[np.ndarray, " n 3"], anchors: Int32[np.ndarray, " p 3"]) -> Bool[np.ndarray, " n"]:
    """Whether each colour is close to a linear blend of two anchors, as antialiasing produces."""
    blend = np.zeros(len(rgb), bool)
    ends = np.unique(anchors, axis=0).astype(np.float32)
    for i, start in enumerate(ends):
        for end in ends[i + 1 :]:
            remaining = np.flatnonzero(~blend)
            if not len(remaining):
                return blend
            direction = end - start
            offset = rgb[remaining] - start
            share = np.clip(offset @ direction / (direction @ direction), 0, 1)[:, None]
            blend[remaining] = np.abs(offset - share * direction).max(axis=1) <= FRINGE_LEVELS
    return blend


def give_nearest(
    rgb: UInt8[np.ndarray, "h w 3"],
    index: Int16[np.ndarray, "h w"],
    unknown: Bool[np.ndarray, "h w"],
    anchors: Int32[np.ndarray, " p 3"],
) -> None:
    """Write the label with the nearest colour into ``index``, chosen among labels within two pixels if possible."""
    around = np.pad(index, 2, constant_values=-1)
    infinity = np.iinfo(np.int64).max
    rows, columns = np.nonzero(unknown)
    for start in range(0, len(rows), _CHUNK):
        y, x = rows[start : start + _CHUNK], columns[start : start + _CHUNK]
        colour = rgb[y, x].astype(np.int32)
        best = np.full(len(y), infinity)
        for step in range(25):
            neighbour = around[y + step // 5, x + step % 5].astype(np.int64)
            # Sorted by distance, then by index: of equally near labels the lower wins.
            rank = ((colour - anchors[neighbour]) ** 2).sum(axis=1) * 1024 + neighbour
            np.minimum(best, np.where(neighbour < 0, infinity, rank), out=best)
        isolated = np.flatnonzero(best == infinity)
        for i, anchor in enumerate(anchors if len(isolated) else ()):
            rank = ((colour[isolated] - anchor) ** 2).sum(axis=1) * 1024 + i
            best[isolated] = np.minimum(best[isolated], rank)
        index[y, x] = best % 1024


def junction_colours(
    rgb: UInt8[np.ndarray, "h w 3"],
    index: Int16[np.ndarray, "h w"],
    unknown: Bool[np.ndarray, "h w"],
    anchors: Int32[np.ndarray, " p 3"],
) -> UInt32[np.ndarray, " j"]:
    """Unknown colours that occur only where three or more labels meet, and are blends of them."""
    around = np.pad(index, 2, constant_values=-1)
    rows, columns = np.nonzero(unknown)
    code = pack(rgb[rows, columns])
    blended = np.zeros(len(rows), bool)
    for start in range(0, len(rows), _CHUNK):
        y, x = rows[start : start + _CHUNK], columns[start : start + _CHUNK]
        neighbours = np.sort(np.stack([around[y + step // 5, x + step % 5] for step in range(25)], axis=1), axis=1)
        distinct = (np.diff(neighbours, axis=1) > 0).sum(axis=1) + (neighbours[:, 0] >= 0)
        labelled = (neighbours >= 0)[..., None]
        low = np.where(labelled, anchors[neighbours], 255).min(axis=1) - FRINGE_LEVELS
        high = np.where(labelled, anchors[neighbours], 0).max(axis=1) + FRINGE_LEVELS
        colour = rgb[y, x].astype(np.int32)
        blended[start : start + _CHUNK] = (distinct >= 3) & (colour >= low).all(axis=1) & (colour <= high).all(axis=1)
    return np.setdiff1d(code[blended], code[~blended])
