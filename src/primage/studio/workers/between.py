"""Drawings between two drawings of the studio: the frames of the timeline."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from primage.edit.apply import Edited
from primage.edit.morphing import morphed, way_between
from primage.origin.plane import DRAWN, Origin
from primage.studio.drawing import Drawing
from primage.studio.origin import layer_of, renumbered
from primage.studio.resizing import origin_on
from primage.studio.workers.loaded_model import LoadedModel

#: From this share of the way on, what was pasted from another picture is as in the second drawing.
_SWITCH = 0.5
#: The newest two drawings, and where the pixels of the second one are in the first one: one frame follows the other.
_newest: list[tuple[tuple[int, int], Drawing, Drawing, Origin | None]] = []


def drawing_between(loaded: LoadedModel, first: Drawing, second: Drawing, share: float) -> Drawing:
    """A drawing between two drawings (`primage.edit.morphing.morphed`).

    Args:
        loaded: the model.
        first: the one; without marks, of the photo's size.
        second: the other one, likewise.
        share: of the way from the first to the second, 0 to 1.

    Returns:
        The drawing. At the ends, it is that which was given.

    Raises:
        PrimitiveError: everything was moved away.
    """
    if share <= 0 or share >= 1:
        return first if share <= 0 else second
    before, after = _edited(loaded, first), _edited(loaded, second)
    way = _way(loaded, first, second, before, after)
    if way is None:
        return first
    found = morphed(before, after, way, share)
    origin = _with_pictures(found.origin, origin_on(first if share < _SWITCH else second))
    layers = {**second.layers, **found.primitive.to_arrays(), "origin": layer_of(origin.index)}
    return Drawing(layers, origin.pieces)


def _edited(loaded: LoadedModel, drawing: Drawing) -> Edited:
    return Edited(loaded.primitive(drawing), origin_on(drawing).without_pictures)


def _way(loaded: LoadedModel, first: Drawing, second: Drawing, before: Edited, after: Edited) -> Origin | None:
    if _newest and _newest[0][0] == loaded.version and _same(_newest[0][1], first) and _same(_newest[0][2], second):
        return _newest[0][3]
    way = way_between(loaded.model.primitive, before, after)
    _newest[:] = [(loaded.version, first, second, way)]
    return way


def _same(one: Drawing, other: Drawing) -> bool:
    return one.pieces == other.pieces and all(
        np.array_equal(one.layers[name], other.layers[name]) for name in one.layers
    )


def _with_pictures(origin: Origin, key: Origin) -> Origin:
    """An origin with what is pasted from other pictures in a key: it does not move, but changes halfway."""
    mask = key.pasted_over & (origin.index == DRAWN)
    if not mask.any():
        return origin
    index, pieces = renumbered(key.index, key.pieces, origin.pieces)
    return replace(origin, index=np.where(mask, index, origin.index), pieces=pieces).compact()
