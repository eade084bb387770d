"""The way between two drawings."""

from __future__ import annotations

import numpy as np
import pytest

from primage.edit.apply import Edited, edited
from primage.edit.morphing import morphed, way_between
from primage.edit.records import Copy, Edit, Erase, Fill, Flip, Handle, Move, Rectangle, Scale, Warp
from primage.errors import PrimitiveError
from primage.labels.label_map import LabelMap
from primage.origin.plane import FIRST, Origin
from primage.primitive.primitive import Primitive
from tests.edit.test_carrying import BOX, SIZE, labels, scene

UNMOVED = Edited(scene(), Origin.unmoved(SIZE))


def way(*edits: Edit, share: float) -> tuple[Edited, Edited]:
    """The second drawing, and the one on the way to it."""
    after = edited(UNMOVED, edits)
    return after, morphed(UNMOVED, after, after.origin, share)


def test_a_part_moves_evenly() -> None:
    _, found = way(Move(region=BOX, by=(0.4, 0.3)), share=0.5)
    expected = edited(UNMOVED, [Move(region=BOX, by=(0.2, 0.15))])
    np.testing.assert_array_equal(labels(found), labels(expected))
    assert found.primitive.edges is not None
    assert expected.primitive.edges is not None
    np.testing.assert_array_equal(found.primitive.edges, expected.primitive.edges)
    np.testing.assert_array_equal(found.origin.index, expected.origin.index)
    np.testing.assert_allclose(found.origin.coords(SIZE), expected.origin.coords(SIZE), atol=1e-3)


def test_a_part_grows_evenly() -> None:
    _, found = way(Scale(region=BOX, factor=2.25), share=0.5)
    expected = edited(UNMOVED, [Scale(region=BOX, factor=1.5)])
    assert (labels(found) != labels(expected)).mean() < 0.01
    moved = (found.origin.index >= FIRST) & (expected.origin.index >= FIRST)
    np.testing.assert_allclose(found.origin.coords(SIZE)[moved], expected.origin.coords(SIZE)[moved], atol=0.4)


def test_the_thing_that_was_copied_stays() -> None:
    after, found = way(Copy(region=BOX, by=(0.4, 0.3)), share=0.5)
    assert (labels(found) == 1).sum() > 1.9 * (labels(UNMOVED) == 1).sum()
    assert not (found.origin.removed | after.origin.removed).any()


@pytest.mark.parametrize("edit", [Fill(region=BOX, label=2), Erase(region=BOX), Flip(region=BOX)], ids=lambda e: e.op)
def test_what_cannot_move_changes_halfway(edit: Edit) -> None:
    after, early = way(edit, share=0.4)
    np.testing.assert_array_equal(labels(early), labels(UNMOVED))
    _, late = way(edit, share=0.6)
    np.testing.assert_array_equal(labels(late), labels(after))
    np.testing.assert_array_equal(late.origin.index, after.origin.index)


def test_a_warp_bends_evenly() -> None:
    whole, half = ((Warp(handles=(Handle(source=(0.4, 0.35), target=(0.4 + x, 0.35)),))) for x in (0.1, 0.05))
    _, found = way(whole, share=0.5)
    assert (labels(found) != labels(edited(UNMOVED, [half]))).mean() < 0.02


def test_both_ends_are_the_drawings() -> None:
    after, found = way(Move(region=BOX, by=(0.4, 0.3)), share=1.0)
    assert not found.primitive.differs(after.primitive).any()
    np.testing.assert_allclose(found.origin.coords(SIZE), after.origin.coords(SIZE), atol=1e-3)
    assert way(Move(region=BOX, by=(0.4, 0.3)), share=0.0)[1] is UNMOVED


def test_a_morph_starts_from_an_edited_drawing() -> None:
    """What was moved before shows the same part of the photo when it moves on."""
    first = edited(UNMOVED, [Move(region=BOX, by=(0.2, 0.1))])
    onward = Rectangle(top_left=(0.45, 0.3), bottom_right=(0.7, 0.6))
    second = edited(Edited(first.primitive, Origin.unmoved(SIZE)), [Move(region=onward, by=(0.2, 0.1))])
    found = morphed(first, second, second.origin, 0.5)
    block = labels(found) == 1
    np.testing.assert_allclose(
        (np.argwhere(block) - found.origin.coords(SIZE)[block]), [[9, 24]] * block.sum(), atol=0.6
    )


@pytest.mark.parametrize("edit", [Move(region=BOX, by=(0.4, 0.3)), Scale(region=BOX, factor=1.5)], ids=lambda e: e.op)
def test_a_part_that_both_drawings_have_elsewhere_goes_on(edit: Edit) -> None:
    """Both say where in the photo it comes from."""
    first = edited(UNMOVED, [Move(region=BOX, by=(0.2, 0.1))])
    second = edited(UNMOVED, [edit])
    way = way_between(UNMOVED.primitive, first, second)
    assert way is not None
    found = morphed(first, second, way, 0.5)
    middle = np.argwhere(labels(found) == 1).mean(axis=0)
    ends = [np.argwhere(labels(drawing) == 1).mean(axis=0) for drawing in (first, second)]
    np.testing.assert_allclose(middle, np.mean(ends, axis=0), atol=0.7)
    # It shows the same part of the photo on its way.
    shown = found.origin.coords(SIZE)[labels(found) == 1]
    np.testing.assert_allclose(shown.mean(axis=0), np.argwhere(labels(UNMOVED) == 1).mean(axis=0), atol=0.7)


def test_a_part_that_moves_on_uncovers_the_photos_own_place() -> None:
    """As the objects of the studio do: what is below them is kept."""
    first = edited(UNMOVED, [Copy(region=BOX, by=(0.2, 0.3))])
    second = edited(UNMOVED, [Copy(region=BOX, by=(0.45, 0.3))])
    way = way_between(UNMOVED.primitive, first, second)
    assert way is not None
    early = morphed(first, second, way, 0.3)
    gone = (labels(first) == 1) & (labels(early) == 0)
    assert gone.sum() > 20
    assert early.origin.known[gone].all()
    assert way_between(UNMOVED.primitive, first, first) is None


def test_drawings_of_other_sizes_are_refused() -> None:
    small = Primitive(
        "super",
        segments=LabelMap(labels(UNMOVED)[:9], UNMOVED.primitive.segments.palette),
        edges=np.zeros((9, 80), bool),
    )  # type: ignore[union-attr]
    with pytest.raises(PrimitiveError, match="same kind and size"):
        morphed(UNMOVED, Edited(small, Origin.unmoved((9, 80))), UNMOVED.origin, 0.5)
