"""The way from one drawing to another one: parts move, turn and grow evenly to their new places."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float64
from scipy import ndimage

from primage.edit.apply import Edited, Placement, emptied, pasted, spline_placement
from primage.errors import PrimitiveError
from primage.origin.inference import inferred_if_edited
from primage.origin.plane import DRAWN, FIRST, UNMOVED, Origin
from primage.origin.relation import relation
from primage.origin.transforms import IDENTITY, Affine, Piece
from primage.primitive.layer import nearest_pixels
from primage.primitive.primitive import Primitive

Mask = Bool[np.ndarray, "h w"]
#: From this share of the way on, what was newly drawn, or only removed, is as in the second drawing.
_SWITCH = 0.5
#: Points of a spline on the way, on each axis.
_SPLINE_POINTS = 8
#: Lines this close to a part belong to it.
_BESIDE_PX = 1


def way_between(training: Primitive, before: Edited, after: Edited) -> Origin | None:
    """Where the pixels of a key's drawing are in the drawing of the key before, for `morphed`.

    Args:
        training: the unedited drawing.
        before: the drawing of the key before, and its origin.
        after: the drawing of the key.

    Returns:
        What both origins say, unless most of what changed counts as drawn; then it is inferred from the drawings. None
        if both drawings are the same.
    """
    changed = after.primitive.differs(before.primitive)
    if not changed.any() and np.array_equal(before.origin.index, after.origin.index):
        return None
    if not (before.origin.moves or before.primitive.differs(training).any()):
        return after.origin
    found = relation(before.origin, after.origin, changed)
    if found is None or (changed & (found.index == DRAWN) & (after.origin.index == DRAWN)).sum() > changed.sum() / 2:
        found = inferred_if_edited(after.primitive, before.primitive)
    return Origin.unmoved(training.size).drawn(changed) if found is None else found


def morphed(before: Edited, after: Edited, moved: Origin, share: float) -> Edited:
    """A drawing between two drawings.

    A part that is elsewhere in the second drawing goes there on a straight line; turns and sizes change evenly (the
    polar factors of its linear map, Shoemake & Duff 1992), a mirrored part flips halfway. What it leaves is what the
    second drawing has there; where that has another part, it is filled from its surroundings. What was drawn anew, or
    only removed, changes halfway.

    Args:
        before: the first drawing, and its origin.
        after: the second drawing, of the same kind, size and labels, and its origin.
        moved: where the pixels of the second drawing come from in the first one, in place of the photo.
        share: 0 for the first, 1 for the second drawing.

    Returns:
        The drawing, and where its pixels come from in the photo.

    Raises:
        PrimitiveError: the drawings have different kinds or sizes, or everything was moved away.
    """
    if after.primitive.kind != before.primitive.kind or not after.origin.size == before.origin.size == moved.size:
        raise PrimitiveError(
            "the drawings of a morph must have the same kind and size; make both from the same run's drawing"
        )
    if share <= 0 or share >= 1:
        return before if share <= 0 else after
    size = moved.size
    pieces = [number for number in range(len(moved.pieces)) if (moved.index == FIRST + number).any()]
    sources = {number: _source(moved, number) for number in pieces}
    left = np.logical_or.reduce([np.zeros(size, bool), *sources.values()]) & (moved.index != UNMOVED)
    seen = left & ((moved.index == DRAWN) | moved.removed)
    between = emptied(before, left & ~seen) if (left & ~seen).any() else before
    if share >= _SWITCH:
        seen |= (moved.index == DRAWN) | moved.removed
    between = _as_drawn(between, after, seen)
    for number in pieces:
        target = moved.index == FIRST + number
        placement, onto = _on_the_way(moved.pieces[number], target, share)
        cut = ndimage.binary_dilation(sources[number], np.ones((3, 3), bool), iterations=_BESIDE_PX)
        between = pasted(before, between, placement, cut, onto)
    return between


def _source(moved: Origin, number: int) -> Mask:
    """The pixels of the first drawing that a piece comes from."""
    target = moved.index == FIRST + number
    places = moved.pieces[number](moved.places(target))
    inside = ((places >= 0) & (places < 1)).all(axis=1)
    columns, rows = (places[inside] * moved.size[::-1]).astype(int).T
    out = np.zeros(moved.size, bool)
    out[rows, columns] = True
    # Where the part is smaller in the second drawing, its pixels are not each other's neighbours.
    return np.asarray(ndimage.binary_closing(np.pad(out, 3), iterations=3)[3:-3, 3:-3] | out)


def _as_drawn(between: Edited, after: Edited, mask: Mask) -> Edited:
    if not mask.any():
        return between
    coords = np.moveaxis(np.indices(mask.shape).astype(float), 0, -1)
    layers = after.primitive.layers
    everywhere = np.ones(mask.shape, bool)
    primitive = between.primitive.map(
        lambda layer, data: layer.paste(data, layers[layer.name], coords, mask, everywhere)
    )
    return Edited(primitive, between.origin.pasted(after.origin, coords, mask, IDENTITY))


def _on_the_way(piece: Piece, target: Mask, share: float) -> tuple[Placement, Mask]:
    """Where the pixels of a part come from in the first drawing while it moves; the pixels that it covers then."""
    size = target.shape[0], target.shape[1]
    scale = np.array(size[::-1], float)
    rows, columns = np.nonzero(target)
    places = (np.stack([columns, rows], axis=1) + 0.5) / scale
    grid = (np.moveaxis(np.indices(size), 0, -1)[..., ::-1].reshape(-1, 2) + 0.5) / scale
    affine = piece.affine
    if affine is not None:
        here = places.mean(axis=0)
        on_way = _between(affine, here, share, scale)
        coords = (on_way(grid) * scale - 0.5)[:, ::-1].reshape(*size, 2)
        # In the second drawing: the inverse of the whole motion, after the motion that is left.
        back = affine.inverse.after(on_way)(grid)
        return Placement(coords, on_way), _within(target, back, scale)
    corners = [np.linspace(places[:, axis].min(), places[:, axis].max(), _SPLINE_POINTS) for axis in (0, 1)]
    points: Float64[np.ndarray, "n 2"] = np.stack(np.meshgrid(*corners), axis=-1).reshape(-1, 2)
    sources = piece(points)
    way = (1 - share) * sources + share * points
    placement = spline_placement(sources, way, size)
    back = spline_placement(points, way, size).coords[..., ::-1].reshape(-1, 2)
    return placement, _within(target, (back + 0.5) / scale, scale)


def _within(target: Mask, places: Float64[np.ndarray, "n 2"], scale: Float64[np.ndarray, 2]) -> Mask:
    """The pixels whose place, in shares, is in a mask."""
    coords = (places * scale - 0.5)[:, ::-1].reshape(*target.shape, 2)
    rows, columns = nearest_pixels(coords, target.shape)
    inside = (np.abs(coords - np.stack([rows, columns], axis=-1)) <= 0.5).all(axis=-1)
    return np.asarray(inside & target[rows, columns])


def _between(affine: Affine, place: Float64[np.ndarray, 2], share: float, scale: Float64[np.ndarray, 2]) -> Affine:
    """An affine map, a share of the way from the identity.

    Args:
        affine: from the second drawing to the first one.
        place: the centre of the part in the second drawing, in shares; it moves on a straight line.
        share: of the way.
        scale: (width, height) in pixels, in which turns are turns.
    """
    a, b, c, d, _, _ = affine.matrix
    linear = np.array([[a, c], [b, d]]) * scale[:, None] / scale[None]
    u, stretch, vt = np.linalg.svd(linear)
    turn = u @ vt
    if np.linalg.det(turn) < 0:
        found = linear if share >= _SWITCH else np.eye(2)
    else:
        angle = np.arctan2(turn[1, 0], turn[0, 0]) * share
        cos, sin = np.cos(angle), np.sin(angle)
        found = np.array([[cos, -sin], [sin, cos]]) @ (vt.T * stretch**share) @ vt
    source = affine(place[None])[0]
    centre = (1 - share) * source + share * place
    found = found / scale[:, None] * scale[None]
    offset = source - found @ centre
    (a, c), (b, d) = found
    return Affine(matrix=(float(a), float(b), float(c), float(d), float(offset[0]), float(offset[1])))
