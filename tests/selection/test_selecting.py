"""Objects selected by clicks, scribbles and boxes in pictures whose objects are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primage.errors import UserError
from primage.selection.prepared import PreparedPhoto, prepare
from primage.selection.selecting import Box, Mark, Selection, SelectionError, Stroke, select, with_mark

SIZE = (120, 160)
Y, X = np.mgrid[: SIZE[0], : SIZE[1]]
BALL = np.hypot(X - 60, Y - 60) < 30
CAP = (np.abs(X - 60) < 30) & (Y >= 90) & (Y < 110)
DIE = (np.abs(X - 130) < 14) & (np.abs(Y - 40) < 14)
STRIPES = BALL & ((X // 10) % 2 == 0)


def photo() -> np.ndarray:
    """A red and white ball on a green foot, and a blue die, on grey grain."""
    grain = np.random.default_rng(0).normal(0, 6, (*SIZE, 1))
    picture = np.full((*SIZE, 3), (120.0, 122.0, 126.0)) + grain
    picture[BALL] = (230, 226, 220)
    picture[STRIPES] = (190, 40, 40)
    picture[CAP] = (40, 130, 60)
    picture[DIE] = (40, 60, 170)
    return picture.clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def prepared() -> PreparedPhoto:
    return prepare(photo())


def iou(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def box(left: float, top: float, right: float, bottom: float, add: bool = True) -> Box:
    return Box(float(left), float(top), float(right), float(bottom), add)


def click(x: float, y: float, add: bool = True) -> Stroke:
    return Stroke(((float(x), float(y)),), add)


def test_a_click_selects_an_object_of_one_colour(prepared: PreparedPhoto) -> None:
    assert iou(select(prepared, [click(130, 40)]).mask, DIE) > 0.9


def test_further_clicks_add_and_take_away(prepared: PreparedPhoto) -> None:
    ball = select(prepared, [click(65, 60), click(75, 60), click(45, 60)])
    assert iou(ball.mask, BALL) > 0.9
    both = with_mark(prepared, ball, click(60, 103))
    assert iou(both.mask, BALL | CAP) > 0.9
    without = with_mark(prepared, both, click(60, 103, add=False))
    assert iou(without.mask, BALL) > 0.9


def test_every_mark_keeps_its_side(prepared: PreparedPhoto) -> None:
    marks = [click(65, 60), click(20, 100), click(75, 60, add=False), click(60, 103), click(140, 20, add=False)]
    selection = Selection.empty(prepared)
    for count, mark in enumerate(marks, 1):
        selection = with_mark(prepared, selection, mark)
        for earlier in marks[:count]:
            x, y = (int(v) for v in earlier.points[0])
            assert selection.mask[y, x] == earlier.add
    # Where two contradict each other, the newest is right.
    assert not with_mark(prepared, selection, click(65, 60, add=False)).mask[60, 65]


def test_an_added_mark_only_adds_but_along_the_border(prepared: PreparedPhoto) -> None:
    first = select(prepared, [click(65, 60)])
    more = with_mark(prepared, first, click(60, 103))
    assert (first.mask & ~more.mask).sum() < 0.05 * first.mask.sum()
    less = with_mark(prepared, more, click(60, 103, add=False))
    assert (less.mask & ~more.mask).sum() < 0.05 * more.mask.sum()


def test_a_scribble_selects_what_it_touches(prepared: PreparedPhoto) -> None:
    scribble = Stroke(((38.0, 60.0), (60.0, 62.0), (84.0, 60.0)))
    assert iou(select(prepared, [scribble]).mask, BALL) > 0.9


def test_a_box_selects_the_object_in_it(prepared: PreparedPhoto) -> None:
    assert iou(select(prepared, [box(26, 26, 94, 114)]).mask, BALL | CAP) > 0.9
    assert iou(select(prepared, [box(94, 114, 26, 26)]).mask, BALL | CAP) > 0.9  # dragged the other way
    taken = select(prepared, [box(26, 26, 94, 114), box(26, 91, 94, 114, add=False)])
    assert not taken.mask[100, 60]
    assert taken.mask[60, 60]


def test_the_whole_picture_is_selected_by_a_box_around_it(prepared: PreparedPhoto) -> None:
    assert select(prepared, [box(-10, -10, 500, 500)]).mask.all()


def test_nothing_is_selected_by_taking_away_first(prepared: PreparedPhoto) -> None:
    assert not select(prepared, [click(60, 60, add=False)]).mask.any()


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        (click(-1, 5), "outside the photo, which has 160 × 120 pixels"),
        (click(160, 5), "outside the photo"),
        (click(float("nan"), 5), "outside the photo"),
        (Stroke(()), "at least one point"),
        (Stroke(((5.0, 5.0), (5.0, 500.0))), "outside the photo"),
        (box(10, 10, 10, 50), "contains no pixel"),
        (box(200, 10, 300, 50), "contains no pixel"),
        (box(float("nan"), 10, 30, 50), "contains no pixel"),
    ],
)
def test_marks_that_mean_nothing_are_refused(prepared: PreparedPhoto, mark: Mark, message: str) -> None:
    with pytest.raises(SelectionError, match=message) as caught:
        select(prepared, [mark])
    assert isinstance(caught.value, UserError)


def test_a_photo_of_one_colour_is_one_object() -> None:
    flat = prepare(np.full((40, 50, 3), 90, np.uint8))
    assert select(flat, [click(3, 4)]).mask.all()
    assert not select(flat, [click(3, 4), click(9, 9, add=False)]).mask.any()
    assert iou(select(flat, [box(10, 10, 20, 20)]).mask, np.pad(np.ones((10, 10), bool), ((10, 20), (10, 30)))) == 1


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (2, 2), (3, 700)])
def test_tiny_photos_do_not_fail(size: tuple[int, int]) -> None:
    tiny = np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)
    selection = select(prepare(tiny), [click(0.5, 0.5), box(0, 0, 1, 1)])
    assert selection.at_size(tiny).shape == size
    assert selection.at_size(tiny)[0, 0]


def test_large_photos_are_searched_small_and_the_border_is_sharp() -> None:
    large = np.kron(photo(), np.ones((8, 8, 1), np.uint8))
    ready = prepare(large)
    assert max(ready.edges.shape) == 512
    truth = np.kron(CAP & ~BALL, np.ones((8, 8), bool))
    found = select(ready, [click(60 * 8, 103 * 8)]).at_size(large)
    assert found.shape == truth.shape
    assert iou(found, truth) > 0.9


def test_regions_of_a_drawing_are_proposed() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (80, 80, 3)).astype(np.uint8)
    regions = np.zeros((40, 40), np.uint8)
    regions[5:20, 5:20] = 1
    wanted = np.kron(regions, np.ones((2, 2), np.uint8)) > 0
    assert any(iou(area, wanted) == 1 for area in prepare(noise, regions).around(20, 20))
    assert not any(iou(area, wanted) == 1 for area in prepare(noise).around(20, 20))


@settings(max_examples=10, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 159), st.integers(0, 119), st.booleans()), min_size=1, max_size=3))
def test_the_same_marks_select_the_same(places: list[tuple[int, int, bool]]) -> None:
    marks = [click(*place) for place in places]
    first = select(prepare(photo()), marks).mask
    assert (first == select(prepare(photo()), marks).mask).all()
    x, y, add = places[-1]
    assert first[y, x] == add
