"""The way back through an origin: where places of the photo are in the drawing."""

from __future__ import annotations

import numpy as np
import pytest

from primage.edit.apply import Edited, edited
from primage.edit.records import Copy, Edit, Erase, Flip, Handle, Move, Paint, Rectangle, Scale, Warp
from primage.origin.places import places_of
from primage.origin.plane import Origin
from tests.primitive.drawings import drawing

BOX = Rectangle(top_left=(0.25, 0.25), bottom_right=(0.5, 0.5))
INSIDE, OUTSIDE = (0.35, 0.4), (0.1, 0.85)
BEND = Warp(handles=(Handle(source=INSIDE, target=(0.42, 0.33)),))


def places_after(*edits: Edit) -> np.ndarray:
    primitive = drawing("super")
    origin = edited(Edited(primitive, Origin.unmoved(primitive.size)), edits).origin
    return places_of(origin, np.array([INSIDE, OUTSIDE]))


@pytest.mark.parametrize(
    ("edits", "place"),
    [
        ((), INSIDE),
        ((Move(region=BOX, by=(0.25, 0.25)),), (0.6, 0.65)),
        ((Copy(region=BOX, by=(0.25, 0.25)),), INSIDE),
        ((Scale(region=BOX, factor=1.5),), (0.375 + 1.5 * -0.025, 0.375 + 1.5 * 0.025)),
        ((Flip(region=BOX),), (0.375 + 0.025, 0.4)),
        ((BEND,), (0.42, 0.33)),
        ((Move(region=BOX, by=(0.25, 0)), Move(region=BOX, by=(0, 0.25))), (0.6, 0.4)),
    ],
)
def test_a_place_is_found_where_it_went(edits: tuple[Edit, ...], place: tuple[float, float]) -> None:
    inside, outside = places_after(*edits)
    np.testing.assert_allclose(inside, place, atol=0.02)
    np.testing.assert_allclose(outside, OUTSIDE, atol=0.02)  # a warp bends everything


def test_the_way_back_is_exact() -> None:
    (inside, _) = places_after(BEND)
    np.testing.assert_allclose(inside, (0.42, 0.33), atol=1e-5)


@pytest.mark.parametrize("edit", [Erase(region=BOX), Paint(points=((0.3, 0.4), (0.4, 0.4)), label=2, radius=0.12)])
def test_what_is_removed_or_painted_over_is_nowhere(edit: Edit) -> None:
    inside, outside = places_after(edit)
    assert np.isnan(inside).all()
    np.testing.assert_allclose(outside, OUTSIDE)


def test_a_line_across_a_part_does_not_hide_it() -> None:
    inside, outside = places_after(BEND, Paint(points=((0.3, 0.3), (0.5, 0.36))))
    np.testing.assert_allclose(inside, (0.42, 0.33), atol=1e-5)
    assert not np.isnan(outside).any()
