"""Origins: every edit carries them along."""

from __future__ import annotations

import numpy as np
import pytest

from primage.edit.apply import Edited, edited
from primage.edit.records import (
    Copy,
    Edit,
    Erase,
    Fill,
    Flip,
    Handle,
    Move,
    Paint,
    Rectangle,
    Scale,
    Swap,
    Warp,
)
from primage.errors import PrimitiveError
from primage.origin.plane import DRAWN, FIRST, REMOVED, UNMOVED, Origin
from primage.origin.transforms import Affine
from primage.primitive.primitive import Primitive
from tests.primitive.drawings import drawing

SIZE = (40, 60)
BOX = Rectangle(top_left=(0.25, 0.25), bottom_right=(0.5, 0.5))  # rows 10 … 19, columns 15 … 29
ROWS, COLUMNS = np.mgrid[0:40, 0:60].astype(np.float32)


def origin_after(*edits: Edit, kind: str = "super") -> Origin:
    primitive = drawing(kind)
    assert primitive.size == SIZE
    return edited(Edited(primitive, Origin.unmoved(SIZE)), edits).origin


def test_an_unedited_drawing_comes_from_where_it_is() -> None:
    coords = Origin.unmoved(SIZE).coords(SIZE)
    np.testing.assert_allclose(coords, np.stack([ROWS, COLUMNS], -1), atol=1e-4)


def test_a_move_leaves_a_removed_place() -> None:
    origin = origin_after(Move(region=BOX, by=(0.25, 0.25)))
    assert (origin.index[10:20, 15:30] == REMOVED).all()
    assert (origin.index[20:30, 30:45] == FIRST).all()
    np.testing.assert_allclose(origin.coords(SIZE)[25, 40], (15, 25), atol=1e-4)
    # Ten pixels of the drawing are 100 of a photo ten times as large, and pixel centres keep their place.
    np.testing.assert_allclose(origin.coords((400, 600))[25, 40], (154.5, 254.5), atol=1e-3)
    assert np.isnan(origin.coords(SIZE)[12, 20]).all()


def test_a_copy_removes_nothing() -> None:
    origin = origin_after(Copy(region=BOX, by=(0.25, 0.25)))
    assert not origin.removed.any()
    assert origin.known.all()


def test_scaled_flipped_and_turned_back() -> None:
    origin = origin_after(Scale(region=BOX, factor=2.0))
    # The box's centre, row 14.5 and column 22, stays.
    np.testing.assert_allclose(origin.coords(SIZE)[18, 30], (14.5 + 3.5 / 2, 22 + 8 / 2), atol=1e-3)
    origin = origin_after(Flip(region=BOX))
    np.testing.assert_allclose(origin.coords(SIZE)[12, 16], (12, 28), atol=1e-3)
    assert (origin_after(Flip(region=BOX), Flip(region=BOX)).index == UNMOVED).all()


def test_a_swap_exchanges_origins() -> None:
    origin = origin_after(Swap(region=BOX, other=Rectangle(top_left=(0.6, 0.6), bottom_right=(0.8, 0.9))))
    coords = origin.coords(SIZE)
    np.testing.assert_allclose(coords[30, 42] - (30, 42), coords[29, 41] - (29, 41), atol=1e-3)
    assert coords[30, 42][0] < 20
    assert coords[14, 22][0] > 20


def test_a_warp_bends_origins_as_it_bends_the_drawing() -> None:
    origin = origin_after(Warp(handles=(Handle(source=(0.3, 0.4), target=(0.4, 0.45)),)))
    assert origin.known.all()
    coords = origin.coords((400, 600))
    at = (0.45 * 40 - 0.5, 0.4 * 60 - 0.5)
    np.testing.assert_allclose(coords[round(at[0]), round(at[1])], (0.4 * 400, 0.3 * 600), atol=12)
    np.testing.assert_allclose(coords[0, 0], (4.5, 4.5), atol=4)


def test_what_is_drawn_comes_from_nowhere() -> None:
    before = drawing("super")
    for edit in (
        Fill(region=BOX, label=1),
        Paint(points=((0.1, 0.1), (0.9, 0.1)), label=1),
        Paint(points=((0.1, 0.1), (0.9, 0.1))),
    ):
        after, origin = edited(Edited(before, Origin.unmoved(SIZE)), [edit])
        assert ((origin.index == DRAWN) <= after.differs(before)).all()
        assert (origin.index == DRAWN).any()
        assert not origin.moves


def test_what_is_drawn_into_a_hole_leaves_it_a_hole() -> None:
    erased = origin_after(Erase(region=BOX))
    assert (erased.index == REMOVED).sum() == 150
    assert erased.moves
    assert (origin_after(Erase(region=BOX), Fill(region=BOX, label=1)).index == erased.index).all()


def test_a_piece_that_is_moved_twice_is_one_piece() -> None:
    moved = Rectangle(top_left=(0.5, 0.25), bottom_right=(0.75, 0.5))
    origin = origin_after(Move(region=BOX, by=(0.25, 0)), Move(region=moved, by=(0, 0.4)))
    assert len(origin.pieces) == 1
    assert origin.pieces[0].affine is not None
    np.testing.assert_allclose(origin.coords(SIZE)[30, 35], (14, 20), atol=1e-3)


def test_origins_follow_every_layer_of_every_kind() -> None:
    for kind in ("super", "edges", "segments", "paint"):
        assert (origin_after(Move(region=BOX, by=(0.25, 0.25)), kind=kind).index >= FIRST).sum() == 150


def test_resized() -> None:
    origin = origin_after(Move(region=BOX, by=(0.25, 0.25)))
    larger = origin.resized((80, 120))
    assert larger.pieces == origin.pieces
    assert (larger.index[::2, ::2] == origin.index).all()
    np.testing.assert_allclose(larger.coords((80, 120))[50, 80], (30, 50), atol=1e-3)
    assert origin.resized(SIZE) is origin


def test_an_unknown_piece_is_refused() -> None:
    with pytest.raises(PrimitiveError, match="of 0 pieces contains a pixel of piece 5"):
        Origin(np.full((2, 2), FIRST + 4, np.uint16))


def test_pasting_onto_another_drawing_keeps_both() -> None:
    base = origin_after(Move(region=BOX, by=(0.25, 0.25)))
    transform = Affine(matrix=(1, 0, 0, 1, 0, 0.5))
    coords = np.stack([ROWS + 20.0, COLUMNS], -1).astype(np.float64)
    target = np.zeros(SIZE, bool)
    target[0:5] = True
    both = base.pasted(base, coords, target, transform)
    assert len(both.pieces) == 3  # what was moved, the surroundings moved, what was moved moved again
    np.testing.assert_allclose(both.coords(SIZE)[2, 40], (12, 25), atol=1e-3)


def test_the_drawing_and_its_origin_agree() -> None:
    """The labels of an edited drawing are those of the training drawing at its origin."""
    before = drawing("segments")
    moves = [Move(region=BOX, by=(0.25, 0.25)), Scale(region=BOX, factor=1.5), Flip(region=BOX, axis="vertical")]
    for edit in moves:
        primitive, origin = edited(Edited(before, Origin.unmoved(SIZE)), [edit])
        assert isinstance(primitive, Primitive)
        assert primitive.segments is not None
        assert before.segments is not None
        rows, columns = np.rint(origin.coords(SIZE)[origin.known]).astype(int).T
        same = primitive.segments.index[origin.known] == before.segments.index[rows, columns]
        assert same.mean() > 0.97  # half pixels are rounded either way
