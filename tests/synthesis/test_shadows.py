"""The shadow of what was removed is removed with it; everything else that is dark stays."""

from __future__ import annotations

import numpy as np
import pytest

from primage.edit.apply import Edited, edited
from primage.edit.records import Edit, Erase, Flip, Move, Rectangle
from primage.origin.plane import Origin
from primage.synthesis.shadows import cast_shadows
from tests.primitive.drawings import drawing
from tests.synthesis.textures import texture

SIZE = (128, 160)
ROWS, COLUMNS = slice(40, 72), slice(56, 104)
THING = Rectangle(top_left=(56 / 160, 40 / 128), bottom_right=(104 / 160, 72 / 128))
SHADOW = (slice(72, 80), slice(60, 100))


def ground(*dark: tuple[slice, slice]) -> np.ndarray:
    photo = (100 + 0.2 * texture(SIZE, smoothness_px=1).astype(np.float32)).astype(np.uint8)
    for part in dark:
        photo[part] = photo[part] // 2
    photo[ROWS, COLUMNS] = (200, 40, 40)
    return photo


def origin_after(*edits: Edit) -> Origin:
    return edited(Edited(drawing("edges", SIZE), Origin.unmoved(SIZE)), edits).origin


def test_a_shadow_that_touches_what_was_removed_is_found() -> None:
    found = cast_shadows(ground(SHADOW), origin_after(Erase(region=THING)), None)
    expected = np.zeros(SIZE, bool)
    expected[SHADOW] = True
    assert found[expected].mean() > 0.95
    assert found[~expected].mean() < 0.05
    assert not found[ROWS, COLUMNS].any(), "what was removed is not its own shadow"


@pytest.mark.parametrize(
    "dark", [(slice(86, 94), slice(60, 100)), (slice(72, 75), slice(70, 76))], ids=["apart from it", "a speck"]
)
def test_other_dark_places_stay(dark: tuple[slice, slice]) -> None:
    assert not cast_shadows(ground(dark), origin_after(Erase(region=THING)), None).any()


def test_what_is_dark_all_around_is_no_shadow() -> None:
    stripes = [(slice(row, row + 8), slice(0, 160)) for row in range(0, 128, 16)]
    assert not cast_shadows(ground(*stripes), origin_after(Erase(region=THING)), None).any()


def test_a_thing_that_stays_keeps_its_shadow() -> None:
    assert not cast_shadows(ground(SHADOW), origin_after(Flip(region=THING, axis="horizontal")), None).any()


def test_a_thing_that_is_moved_away_leaves_no_shadow() -> None:
    moved = origin_after(Move(region=THING, by=(-0.35, 0)))
    assert cast_shadows(ground(SHADOW), moved, None)[SHADOW].mean() > 0.95


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (9, 1), (8, 8)])
def test_small_pictures(size: tuple[int, int]) -> None:
    origin = Origin.unmoved(size).emptied(np.ones(size, bool))
    assert not cast_shadows(np.zeros((*size, 3), np.uint8), origin, None).any()
