"""Colours as integers, and their positions in a palette."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int16, Int32, UInt8, UInt32


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


def unpack(code: UInt32[np.ndarray, " n"]) -> Int32[np.ndarray, " n 3"]:
    """The colours that `pack` packed."""
    return np.stack([code >> 16, code >> 8 & 255, code & 255], axis=1).astype(np.int32)
