"""Where the pixels of an edited drawing are in another one, as both say where in the photo they come from."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64

from primage.origin.plane import DRAWN, FIRST, REMOVED, UNMOVED, Origin
from primage.origin.transforms import Piece

#: Affine maps whose determinant is smaller have no inverse that is any use.
_FLAT = 1e-9

Mask = Bool[np.ndarray, "h w"]


def relation(before: Origin, after: Origin, changed: Mask) -> Origin | None:
    """Where the pixels of a drawing come from in another one, in place of the photo.

    A part is looked for among the parts of the other drawing: it is the one that shows most of the same places of the
    photo, of several such parts the nearest.

    Args:
        before: the origin of the other drawing.
        after: the origin of the drawing, of the same size.
        changed: (H, W), where the two drawings differ.

    Returns:
        Its pieces lead to the other drawing. What that does not show counts as drawn. None if a part of the other
        drawing is bent or squashed flat: no formula leads back to it.
    """
    inverses = {}
    for value in before.sources:
        affine = before.piece(value).affine
        if affine is None or abs(np.linalg.det(np.reshape(affine.matrix[:4], (2, 2)))) < _FLAT:
            return None
        inverses[value] = affine.inverse
    index = np.full(after.size, DRAWN, np.uint16)
    index[after.removed] = REMOVED
    still = ~changed & (before.index == after.index) & np.isin(after.index, (DRAWN, REMOVED))
    index[still] = UNMOVED
    pieces: list[Piece] = []
    for value in after.sources:
        where = after.index == value
        part, here = after.piece(value), after.places(where)
        there = part(here)
        found = np.full(len(here), DRAWN, np.uint16)
        candidates = []
        for source, inverse in inverses.items():
            places = inverse(there)
            shows = _shows(before, source, places)
            if shows.any():
                distance = float(np.abs(places - here)[shows].sum(axis=1).mean())
                whole, back = part.affine, Piece(transforms=(inverse,))
                way = Piece(transforms=(*part.transforms, inverse)) if whole is None else back.after(whole)
                candidates.append((-int(shows.sum()), distance, source, shows, way))
        for _, _, _, shows, way in sorted(candidates, key=lambda one: one[:3]):
            if way.affine is not None and way.affine.is_identity:
                number = UNMOVED
            else:
                if way not in pieces:
                    pieces.append(way)
                number = FIRST + pieces.index(way)
            found[shows & (found == DRAWN)] = number
        index[where] = found
    return Origin(index, tuple(pieces)).compact()


def _shows(origin: Origin, source: int, places: Float64[np.ndarray, "n 2"]) -> Bool[np.ndarray, " n"]:
    """Whether a drawing has pixels of a part at some places."""
    size = np.array(origin.size[::-1])
    inside = ((places >= 0) & (places < 1)).all(axis=1)
    columns, rows = (np.clip(places, 0, 1 - 1e-9) * size).astype(int).T
    return np.asarray(inside & (origin.index[rows, columns] == source))
