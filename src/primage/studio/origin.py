"""The origin layer of a drawing: two bytes per pixel, little-endian, which say where in the photo it comes from.

The values are those of `primage.origin.plane`. From `FIRST` on, they are numbers of pieces. Such a number means
something only together with the list it refers to. Each message, file and entry of the history contains the pieces of
its own pixels, so tabs that add pieces at the same time cannot mix them up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import UInt8, UInt16

from primage.http.errors import RefusalError
from primage.origin.plane import DRAWN, FIRST, MAX_PIECES, UNMOVED
from primage.origin.transforms import Piece

#: Layers that do not show anything of the drawing.
_NOT_SHOWN = ("marks", "sources", "origin")

Index = UInt16[np.ndarray, "..."]


def index_of(layer: UInt8[np.ndarray, "h w 2"]) -> UInt16[np.ndarray, "h w"]:
    """The values of an origin layer.

    Args:
        layer: its bytes.
    """
    return np.ascontiguousarray(layer).view("<u2")[..., 0].astype(np.uint16)


def layer_of(index: UInt16[np.ndarray, "h w"]) -> UInt8[np.ndarray, "h w 2"]:
    """The inverse of `index_of`.

    Args:
        index: the values.
    """
    return index[..., None].astype("<u2").view(np.uint8)


def renumbered(index: Index, pieces: Sequence[Piece], onto: Sequence[Piece]) -> tuple[Index, tuple[Piece, ...]]:
    """Let values refer to another list of pieces, to which missing ones are appended.

    Args:
        index: the values.
        pieces: the list they refer to.
        onto: the other list, without repetitions.

    Returns:
        The new values and the list they refer to.

    Raises:
        RefusalError: the list would be too long.
    """
    table = {piece: number for number, piece in enumerate(onto)}
    numbers = np.arange(FIRST + len(pieces))
    for number in np.flatnonzero(np.bincount(index.ravel(), minlength=FIRST)[FIRST:]):
        numbers[FIRST + number] = FIRST + table.setdefault(pieces[int(number)], len(table))
    if len(table) > MAX_PIECES:
        raise RefusalError(409, "full", f"an edited drawing consists of at most {MAX_PIECES} pieces")
    return numbers[index].astype(np.uint16), tuple(table)


def inferred(layers: Mapping[str, np.ndarray], training: Mapping[str, np.ndarray]) -> UInt16[np.ndarray, "h w"]:
    """The origin of a drawing that has none: pixels are where they are in the photo unless the drawing was changed.

    Args:
        layers: of the drawing.
        training: layers of the unedited drawing, of the same size.

    Returns:
        `UNMOVED` or `DRAWN`.
    """
    return np.where(differing(layers, training), DRAWN, UNMOVED).astype(np.uint16)


def differing(layers: Mapping[str, np.ndarray], others: Mapping[str, np.ndarray]) -> np.ndarray:
    """Where two drawings show something different.

    Args:
        layers: of one.
        others: of the other, of the same size.

    Returns:
        (H, W) bool.
    """
    shown = [name for name in layers if name not in _NOT_SHOWN]
    height, width = layers[shown[0]].shape[:2]
    changed = [(layers[name] != others[name]).reshape(height, width, -1).any(axis=2) for name in shown]
    return np.asarray(np.any(changed, axis=0))
