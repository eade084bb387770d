"""Where the pixels of an edited drawing are in another one."""

from __future__ import annotations

import numpy as np

from primage.origin.plane import DRAWN, FIRST, REMOVED, UNMOVED, Origin
from primage.origin.relation import relation
from primage.origin.transforms import Affine, Piece, Spline

SIZE = (40, 50)
NOTHING = np.zeros(SIZE, bool)


def origin(place: tuple[slice, slice], piece: Piece) -> Origin:
    index = np.zeros(SIZE, np.uint16)
    index[place] = FIRST
    return Origin(index, (piece,))


def shifted(right: int, down: int) -> Piece:
    return Piece(transforms=(Affine(matrix=(1, 0, 0, 1, -right / SIZE[1], -down / SIZE[0])),))


def test_a_turned_part_that_was_moved_before_is_where_it_was() -> None:
    """A quarter turn about a place, of what the other drawing has 20 px further right."""
    before = origin(np.s_[5:15, 25:35], shifted(20, 0))
    quarter = Affine.of_pixels(np.array([[0.0, 1.0], [-1.0, 0.0]]), np.array([-15.0, 34.0]), SIZE)
    after = origin(np.s_[20:30, 20:30], Piece(transforms=(quarter,)))
    found = relation(before, after, NOTHING)
    assert found is not None
    rows, columns = np.indices(SIZE)
    coords = found.coords(SIZE)[20:30, 20:30]
    np.testing.assert_allclose(coords[..., 0], columns[20:30, 20:30] - 15, atol=1e-3)
    np.testing.assert_allclose(coords[..., 1], 54 - rows[20:30, 20:30], atol=1e-3)
    # The place that it has left is not in the other drawing, everything else is where it is.
    assert (found.index[5:15, 25:35] == DRAWN).all()
    assert (found.index == UNMOVED).sum() == 40 * 50 - 100 - 100


def test_of_two_copies_the_nearest_moves() -> None:
    index = np.zeros(SIZE, np.uint16)
    index[5:15, 20:30], index[25:35, 20:30] = FIRST, FIRST + 1
    before = Origin(index, (shifted(20, 0), shifted(20, 20)))
    found = relation(before, origin(np.s_[23:33, 22:32], shifted(22, 18)), NOTHING)
    assert found is not None
    (piece,) = {found.piece(int(value)).shift for value in np.unique(found.index[23:33, 22:32])}
    np.testing.assert_allclose(piece, (-2 / SIZE[1], 2 / SIZE[0]), atol=1e-9)


def test_what_is_drawn_or_removed_in_both_stays() -> None:
    index = np.zeros(SIZE, np.uint16)
    index[:5], index[5:9] = DRAWN, REMOVED
    changed = NOTHING.copy()
    changed[:, :10] = True
    found = relation(Origin(index), Origin(index), changed)
    assert found is not None
    assert not found.index[:, 10:].any()
    np.testing.assert_array_equal(found.index[:9, :10], index[:9, :10])


def test_nothing_leads_back_to_a_bent_part() -> None:
    corners = ((0.1, 0.1), (0.4, 0.1), (0.1, 0.4), (0.3, 0.3))
    bent = Spline(points=corners, sources=((0.1, 0.1), (0.4, 0.1), (0.1, 0.4), (0.35, 0.3)), aspect=1.25)
    there = origin(np.s_[5:15, 5:15], Piece(transforms=(bent,)))
    assert relation(there, Origin.unmoved(SIZE), NOTHING) is None
    assert relation(Origin.unmoved(SIZE), there, NOTHING) is not None
