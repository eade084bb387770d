"""Origins of drawings that are larger than the photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from primage.edit.apply import Edited, edited
from primage.edit.records import Copy, Erase, Extend, Flip, Handle, Move, Rectangle, Scale, Warp, edits_from_json
from primage.origin.files import read_origin, write_origin
from primage.origin.places import places_of
from primage.origin.plane import DRAWN, Origin
from primage.origin.transforms import Affine
from primage.primitive.margins import Margins
from primage.primitive.primitive import Primitive
from tests.primitive.drawings import blocks

SIZE = (40, 60)
BOX = Rectangle(top_left=(0.25, 0.25), bottom_right=(0.5, 0.5))
ENLARGE = Extend(left=0.25, bottom=0.5)
MARGINS = Margins(left=15, bottom=20)


def unedited() -> Edited:
    return Edited(Primitive("segments", segments=blocks(SIZE)), Origin.unmoved(SIZE))


@pytest.mark.parametrize(
    "edit",
    [
        Move(region=BOX, by=(0.3, 0.2)),
        Copy(region=BOX, by=(-0.2, 0.3)),
        Scale(region=BOX, factor=1.7),
        Flip(region=BOX),
        Erase(region=BOX),
        Warp(handles=(Handle(source=(0.3, 0.4), target=(0.4, 0.45)),)),
    ],
)
def test_an_edit_comes_from_the_same_place_on_a_larger_canvas(edit: Move) -> None:
    before = edited(unedited(), [edit])
    after = edited(before, [ENLARGE])
    assert after.origin.margins == MARGINS
    assert after.primitive.size == after.origin.size == (60, 75)
    assert (after.origin.index[MARGINS.mask((60, 75))] == DRAWN).all()
    back = after.origin.of_photo
    np.testing.assert_array_equal(back.index, before.origin.index)
    np.testing.assert_allclose(back.coords(SIZE), before.origin.coords(SIZE), atol=1e-3)
    inside = after.origin.coords((60, 75))[MARGINS.photo((60, 75))]
    np.testing.assert_allclose(inside - (0, 15), before.origin.coords(SIZE), atol=1e-3)


def test_what_is_moved_beyond_the_border_comes_from_the_photo() -> None:
    # The box is at rows 10 … 19 and columns 30 … 44 of the canvas, and goes 30 px to the left.
    box = Rectangle(top_left=(30 / 75, 10 / 60), bottom_right=(45 / 75, 20 / 60))
    origin = edited(unedited(), [ENLARGE, Copy(region=box, by=(-30 / 75, 0))]).origin
    y, x = origin.coords((60, 75))[12, 3]
    np.testing.assert_allclose((y, x), (12, 33), atol=1e-6)
    again = edited(unedited(), [ENLARGE, ENLARGE]).origin
    assert again.margins == Margins(left=15 + 19, bottom=20 + 30)


def test_places_of_the_photo_are_found_on_the_larger_canvas() -> None:
    origin = edited(unedited(), [ENLARGE]).origin
    np.testing.assert_allclose(places_of(origin, np.array([[0.5, 0.25]])), [[45 / 75, 10 / 60]])


def test_a_file_says_where_the_photo_lies(tmp_path: Path) -> None:
    origin = edited(unedited(), [Move(region=BOX, by=(0.3, 0.2)), ENLARGE]).origin
    write_origin(tmp_path / "a.origin.png", origin, "0" * 64)
    found = read_origin(tmp_path / "a.origin.png", "0" * 64)
    assert (found.margins, found.pieces) == (origin.margins, origin.pieces)
    assert found.resized((120, 150)).margins == Margins(left=30, bottom=40)


def test_records_say_what_is_added() -> None:
    (record,) = edits_from_json('[{"op": "extend", "left": 0.25, "bottom": 0.5}]')
    assert record == ENLARGE
    with pytest.raises(ValidationError, match="say what to add"):
        Extend()
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        Extend(left=2)


@given(st.tuples(*[st.floats(-2, 2)] * 6))
@settings(max_examples=30, deadline=None)
def test_the_inverse_of_a_map_undoes_it(matrix: tuple[float, ...]) -> None:
    a, b, c, d, _, _ = matrix
    if abs(a * d - b * c) < 0.05:
        return
    affine = Affine(matrix=matrix)  # type: ignore[arg-type]
    points = np.array([[0.2, 0.7], [1.0, 0.0]])
    np.testing.assert_allclose(affine.inverse(affine(points)), points, atol=1e-6)
