"""Arithmetic on the colours of label maps: which are known, which are blends, which label is nearest."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Int16, Int32, UInt8, UInt32

#: How far a colour may be from a straight blend, per channel.
FRINGE_LEVELS = 12
_CHUNK = 1 << 18


def pack(colours: UInt8[np.ndarray, "*n 3"] | Int32[np.ndarray, "*n 3"]) -> UInt32[np.ndarray, "*n"]:
    """One number for each colour, which sorts and compares faster than three."""
    r, g, b = (colours[..., i].astype(np.uint32) for i in range(3))
    packed: UInt32[np.ndarray, "*n"] = (r << 16) | (g << 8) | b
    return packed


def positions(code: UInt32[np.ndarray, "*n"], known: UInt32[np.ndarray, " p"]) -> Int16[np.ndarray, "*n"]:
    """Where each colour stands in ``known``, the first place if there are several; -1 if nowhere."""
    keys, first = np.unique(known, return_index=True)
    at = np.searchsorted(keys, code).clip(max=len(keys) - 1)
    return np.where(keys[at] == code, first.astype(np.int16)[at], np.int16(-1))


def is_blend(rgb: Int32[np.ndarray, " n 3"], anchors: Int32[np.ndarray, " p 3"]) -> Bool[np.ndarray, " n"]:
    """Whether each colour lies near a straight line between two known ones, as antialiasing makes them."""
    blend = np.zeros(len(rgb), bool)
    ends = np.unique(anchors, axis=0).astype(np.float32)
    for i, start in enumerate(ends):
        for end in ends[i + 1 :]:
            rest = np.flatnonzero(~blend)
            if not len(rest):
                return blend
            along = end - start
            away = rgb[rest] - start
            share = np.clip(away @ along / (along @ along), 0, 1)[:, None]
            blend[rest] = np.abs(away - share * along).max(axis=1) <= FRINGE_LEVELS
    return blend


def give_nearest(
    rgb: UInt8[np.ndarray, "h w 3"],
    index: Int16[np.ndarray, "h w"],
    unknown: Bool[np.ndarray, "h w"],
    anchors: Int32[np.ndarray, " p 3"],
) -> None:
    """Write the nearest label into ``index``: of those within two pixels if there are any, else of all."""
    around = np.pad(index, 2, constant_values=-1)
    far = np.iinfo(np.int64).max
    rows, columns = np.nonzero(unknown)
    for start in range(0, len(rows), _CHUNK):
        y, x = rows[start : start + _CHUNK], columns[start : start + _CHUNK]
        colour = rgb[y, x].astype(np.int32)
        best = np.full(len(y), far)
        for step in range(25):
            near = around[y + step // 5, x + step % 5].astype(np.int64)
            # Distance first, position second: of equally near labels the lower wins.
            rank = ((colour - anchors[near]) ** 2).sum(axis=1) * 1024 + near
            np.minimum(best, np.where(near < 0, far, rank), out=best)
        alone = np.flatnonzero(best == far)
        for place, anchor in enumerate(anchors if len(alone) else ()):
            rank = ((colour[alone] - anchor) ** 2).sum(axis=1) * 1024 + place
            best[alone] = np.minimum(best[alone], rank)
        index[y, x] = best % 1024


def junction_colours(
    rgb: UInt8[np.ndarray, "h w 3"],
    index: Int16[np.ndarray, "h w"],
    unknown: Bool[np.ndarray, "h w"],
    anchors: Int32[np.ndarray, " p 3"],
) -> UInt32[np.ndarray, " j"]:
    """Unknown colours that occur only where three labels or more meet, and lie between them: blends of them all."""
    around = np.pad(index, 2, constant_values=-1)
    rows, columns = np.nonzero(unknown)
    code = pack(rgb[rows, columns])
    blended = np.zeros(len(rows), bool)
    for start in range(0, len(rows), _CHUNK):
        y, x = rows[start : start + _CHUNK], columns[start : start + _CHUNK]
        near = np.sort(np.stack([around[y + step // 5, x + step % 5] for step in range(25)], axis=1), axis=1)
        kinds = (np.diff(near, axis=1) > 0).sum(axis=1) + (near[:, 0] >= 0)
        there = (near >= 0)[..., None]
        low = np.where(there, anchors[near], 255).min(axis=1) - FRINGE_LEVELS
        high = np.where(there, anchors[near], 0).max(axis=1) + FRINGE_LEVELS
        colour = rgb[y, x].astype(np.int32)
        blended[start : start + _CHUNK] = (kinds >= 3) & (colour >= low).all(axis=1) & (colour <= high).all(axis=1)
    return np.setdiff1d(code[blended], code[~blended])
