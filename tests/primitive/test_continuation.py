"""Drawings beyond their borders: areas and lines go on in their directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from primage.primitive.continuation import continued_areas, continued_lines
from primage.primitive.margins import NO_MARGINS, Margins
from tests.primitive.drawings import KINDS, cross, drawing, same

sides = st.integers(0, 12)


@given(st.builds(Margins, left=sides, top=sides, right=sides, bottom=sides), st.integers(0, 3))
@settings(max_examples=15, deadline=None)
def test_what_was_there_stays(margins: Margins, seed: int) -> None:
    index = np.random.default_rng(seed).integers(0, 3, (20, 30)).astype(np.uint8)
    found = continued_areas(index, margins)
    assert found.shape == margins.around((20, 30))
    np.testing.assert_array_equal(found[margins.photo(found.shape)], index)
    assert set(np.unique(found)) <= set(np.unique(index))
    lines = continued_lines(cross((20, 30)), margins)
    np.testing.assert_array_equal(lines[margins.photo(lines.shape)], cross((20, 30)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_extended(kind: str) -> None:
    primitive, margins = drawing(kind), Margins(left=5, bottom=9)
    larger = primitive.extended(margins)
    assert larger.size == (49, 65)
    assert same(larger.cropped(*margins.photo(larger.size)), primitive)
    assert primitive.extended(NO_MARGINS) is primitive


@pytest.mark.parametrize("slope", [-0.5, 0.0, 0.25, 1.0])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_horizon_goes_on_along_its_tangent(slope: float, side: str) -> None:
    y, x = np.mgrid[:120, :160]
    whole = (y > 60 + slope * (x - 80)).astype(np.uint8)
    margins = Margins(**{side: 30})
    rest = whole[margins.photo(whole.shape)]
    assert (continued_areas(rest, margins) != whole).mean() < 0.01


def test_a_round_thing_ends() -> None:
    y, x = np.mgrid[:160, :220]
    whole = ((y - 80) ** 2 + (x - 120) ** 2 < 60**2).astype(np.uint8)
    found = continued_areas(whole[:, :150], Margins(right=70))
    assert (found != whole).mean() < 0.04
    assert not found[:, -1].any()


def test_narrow_areas_end_and_wide_ones_do_not() -> None:
    index = np.zeros((100, 80), np.uint8)
    index[10:12], index[50:90] = 1, 2
    found = continued_areas(index, Margins(right=40))
    assert not (found[:, -1] == 1).any()
    assert (found[50:90, -1] == 2).all()


def test_lines_go_on_if_they_are_long_and_end_soon_if_they_are_not() -> None:
    lines = np.zeros((100, 80), bool)
    lines[20, 10:79] = True  # ends one pixel before the border, as edges do
    lines[60, 72:80] = True
    found = continued_lines(lines, Margins(right=40))
    assert found[20, 80:].all()
    assert found[60, 80:85].all()
    assert not found[60, 100:].any()
    assert not continued_lines(lines, Margins(left=20))[:, :20].any()


def test_of_two_lines_that_meet_one_goes_on() -> None:
    rows = np.arange(40)
    lines = np.zeros((100, 80), bool)
    lines[40, :] = True
    lines[70 - rows // 2, 40 + rows] = True  # rises towards the other
    found = continued_lines(lines, Margins(right=60))
    assert found[40, 80:].all()
    assert not found[:38, 80:].any()
