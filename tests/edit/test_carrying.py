"""Edits that are carried to other frames."""

from __future__ import annotations

import numpy as np
import pytest

from primage.edit.apply import Edited, edited
from primage.edit.carrying import carried, steady
from primage.edit.records import Copy, Edit, Erase, Fill, Move, Rectangle, Scale
from primage.labels.label_map import LabelMap
from primage.origin.plane import FIRST, Origin
from primage.primitive.primitive import Primitive
from tests.primitive.drawings import palette_of

SIZE = (60, 80)
PALETTE = palette_of(*((50 * i, 0, 200) for i in range(3)))
BOX = Rectangle(top_left=(0.25, 0.2), bottom_right=(0.5, 0.5))


def scene(shift: tuple[int, int] = (0, 0)) -> Primitive:
    """A block of label 1 with a line across it, on label 0."""
    index, lines = np.zeros(SIZE, np.uint8), np.zeros(SIZE, bool)
    rows, columns = shift
    index[14 + rows : 28 + rows, 22 + columns : 38 + columns] = 1
    lines[20 + rows, 24 + columns : 36 + columns] = True
    return Primitive("super", segments=LabelMap(index, PALETTE), edges=lines)


def field(matrix: np.ndarray, offset: tuple[float, float]) -> np.ndarray:
    """The affine field p ↦ matrix · p + offset."""
    places = np.moveaxis(np.indices(SIZE), 0, -1).astype(float)
    return np.asarray(places @ matrix.T + np.array(offset), np.float32)


def labels(drawing: Edited) -> np.ndarray:
    assert drawing.primitive.segments is not None
    return drawing.primitive.segments.index


EDITS: list[Edit] = [
    Move(region=BOX, by=(0.2, 0.25)),
    Copy(region=BOX, by=(0.25, 0.1)),
    Scale(region=BOX, factor=1.4),
    Erase(region=BOX),
    Fill(region=BOX, label=2),
]


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.op)
def test_an_edit_goes_with_the_thing(edit: Edit) -> None:
    shift = (5, -7)
    before, after = scene(), scene(shift)
    drawing = edited(Edited(before, Origin.unmoved(SIZE)), [edit])
    found = carried(drawing, before, after, field(np.eye(2), (-5.0, 7.0)))
    inner = np.s_[8:-8, 10:-10]
    expected = np.roll(labels(drawing), shift, axis=(0, 1))
    np.testing.assert_array_equal(labels(found)[inner], expected[inner])
    np.testing.assert_array_equal(found.origin.index[inner], np.roll(drawing.origin.index, shift, axis=(0, 1))[inner])
    # What was moved shows the same part of the thing, which is elsewhere in this frame.
    moved = found.origin.index >= FIRST
    old = np.roll(drawing.origin.coords(SIZE), shift, axis=(0, 1))
    np.testing.assert_allclose(found.origin.coords(SIZE)[moved], old[moved] + shift, atol=0.05)


def test_a_moved_part_grows_with_its_thing() -> None:
    before = scene()
    drawing = edited(Edited(before, Origin.unmoved(SIZE)), [Copy(region=BOX, by=(0.25, 0.1))])
    # The camera comes closer by a quarter: the pixel p shows what was at centre + (p - centre) / 1.25.
    centre = np.array([30.0, 40.0])
    closer = field(np.eye(2) / 1.25, tuple(centre - centre / 1.25))
    found = carried(drawing, before, scene(), closer)
    moved = found.origin.index >= FIRST
    assert moved.sum() == pytest.approx(1.25**2 * (drawing.origin.index >= FIRST).sum(), rel=0.05)
    # In this frame, too, the copy is as large as the thing.
    coords = found.origin.coords(SIZE)
    inside = moved & np.roll(moved, 1, axis=1)
    np.testing.assert_allclose((coords - np.roll(coords, 1, axis=1))[inside][:, 1], 1, atol=0.02)
    np.testing.assert_allclose(np.nanmean(np.argwhere(moved) - coords[moved]), 1.25 * (20 + 6) / 2, atol=0.7)


def test_uneven_motion_is_followed_by_a_spline() -> None:
    before = scene()
    drawing = edited(Edited(before, Origin.unmoved(SIZE)), [Copy(region=BOX, by=(0.25, 0.1))])
    wave = field(np.eye(2), (0, 0))
    wave[..., 0] += 4 * np.sin(wave[..., 1] / 12)
    found = carried(drawing, before, scene(), wave)
    moved = found.origin.index >= FIRST
    coords, places = found.origin.coords(SIZE)[moved], wave[moved]
    back = coords.copy()  # the field takes the source to where the piece of the first frame came from
    back[:, 0] += 4 * np.sin(coords[:, 1] / 12)
    np.testing.assert_allclose(back, places - (6, 20), atol=1.5)


def test_what_left_the_picture_is_not_there() -> None:
    before = scene()
    drawing = edited(Edited(before, Origin.unmoved(SIZE)), [Fill(region=BOX, label=2)])
    found = carried(drawing, before, before, field(np.eye(2), (0, 500)))
    assert not found.primitive.differs(before).any()
    assert not found.origin.moves


def test_a_steady_field_does_not_tremble() -> None:
    still = field(np.eye(2), (3, -2))
    rng = np.random.default_rng(0)
    noisy = still + rng.normal(0, 1, still.shape).astype(np.float32)
    noisy[10:14, 10:14] += 40
    trust = np.ones(SIZE, np.float32)
    trust[10:14, 10:14] = 0
    assert np.abs(steady(noisy, trust) - still).max() < 1
