"""Colours as integers, as tuples and as text, and their positions in a palette."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int16, Int32, UInt8, UInt32

#: Red, green and blue, 0 to 255.
RGB = tuple[int, int, int]
NO_COLOURS: Int32[np.ndarray, "0 3"] = np.zeros((0, 3), np.int32)


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


def as_rgb(colour: UInt8[np.ndarray, " 3"] | Int32[np.ndarray, " 3"]) -> RGB:
    """One colour of an array."""
    red, green, blue = colour.tolist()
    return red, green, blue


def hex_colour(colour: RGB) -> str:
    """A colour as it is written on the command line and in messages.

    Args:
        colour: red, green and blue, 0 to 255.

    Example:
        >>> hex_colour((255, 0, 128))
        '#ff0080'
    """
    return "#{:02x}{:02x}{:02x}".format(*colour)
