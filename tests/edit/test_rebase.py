"""Edits that are carried over to a corrected drawing: what stays, what follows, what is doubtful."""

from __future__ import annotations

import numpy as np
import pytest

from primage.edit.apply import Edited, edited
from primage.edit.rebase import rebased
from primage.edit.records import Copy, Edit, Erase, Fill, Flip, Handle, Move, Paint, Rectangle, Scale, Warp
from primage.errors import PrimitiveError
from primage.labels.label_map import LabelMap, Palette
from primage.origin.plane import DRAWN, Origin
from primage.primitive.primitive import Primitive
from tests.primitive.drawings import KINDS, drawing, palette_of, same

SIZE = (40, 60)
BOX = Rectangle(top_left=(0.25, 0.25), bottom_right=(0.5, 0.5))  # rows 10 … 19, columns 15 … 29
CORNER = Rectangle(top_left=(0.7, 0.75), bottom_right=(0.95, 0.95))  # rows 30 … 37, columns 42 … 56


def colours(count: int) -> Palette:
    return palette_of(*((50 * i, 0, 200) for i in range(count)))


def scene(labels: int = 3) -> Primitive:
    """A block of label 1 with a line across it, on label 0; a stripe of label 2 at the right."""
    index = np.zeros(SIZE, np.uint8)
    index[10:20, 15:30] = 1
    index[:, 57:] = 2
    lines = np.zeros(SIZE, bool)
    lines[14, 17:28] = True
    return Primitive("super", segments=LabelMap(index, colours(labels)), edges=lines)


def with_labels(primitive: Primitive, index: np.ndarray, count: int) -> Primitive:
    return primitive.replace(segments=LabelMap(index, colours(count)))


def after_edits(primitive: Primitive, *edits: Edit) -> Edited:
    return edited(Edited(primitive, Origin.unmoved(primitive.size)), edits)


def index_of(primitive: Primitive) -> np.ndarray:
    assert primitive.segments is not None
    return primitive.segments.index.copy()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "edit",
    [
        Move(region=BOX, by=(0.3, 0.2)),
        Copy(region=BOX, by=(-0.2, 0.3)),
        Scale(region=BOX, factor=1.7),
        Flip(region=BOX),
        Warp(handles=(Handle(source=(0.3, 0.4), target=(0.4, 0.45)),)),
        Erase(region=BOX),
    ],
)
def test_nothing_changes_without_corrections(kind: str, edit: Edit) -> None:
    primitive = drawing(kind, SIZE)
    before = after_edits(primitive, edit)
    found = rebased(before, primitive, primitive)
    assert same(found.drawing.primitive, before.primitive)
    assert found.doubts == ()


@pytest.mark.parametrize("kind", KINDS)
def test_without_edits_it_is_the_corrected_drawing(kind: str) -> None:
    primitive = drawing(kind, SIZE)
    corrected = after_edits(primitive, Flip(region=BOX)).primitive
    found = rebased(after_edits(primitive), primitive, corrected)
    assert same(found.drawing.primitive, corrected)


def test_edits_stay_and_the_rest_is_corrected() -> None:
    before = scene()
    index = index_of(before)
    index[:5] = 2  # a correction
    edits = after_edits(before, Fill(region=CORNER, label=1))
    found = rebased(edits, before, with_labels(before, index, 3)).drawing
    expected = index.copy()
    expected[30:38, 42:57] = 1
    np.testing.assert_array_equal(index_of(found.primitive), expected)
    assert (found.origin.index[30:38, 42:57] == DRAWN).all()


def test_a_moved_part_shows_the_corrections_of_its_source() -> None:
    before = scene()
    index = index_of(before)
    index[12:14, 18:22] = 3  # a new label within the block
    assert before.edges is not None
    lines = before.edges.copy()
    lines[14], lines[17, 17:28] = False, True  # the line was three pixels too high
    corrected = with_labels(before, index, 4).replace(edges=lines)
    found = rebased(after_edits(before, Move(region=BOX, by=(0.25, 0.5))), before, corrected)
    after = found.drawing.primitive
    np.testing.assert_array_equal(index_of(after)[30:40, 30:45], index[10:20, 15:30])
    assert after.edges is not None
    np.testing.assert_array_equal(after.edges[31:39, 31:44], lines[11:19, 16:29])
    assert not after.edges[8:22].any()  # what was moved away left neither its old line nor the corrected one
    assert (index_of(after)[10:20, 15:30] == 0).all()
    assert found.doubts == ()  # a tenth of it


def test_a_part_whose_source_is_something_else_now_is_doubtful() -> None:
    before = scene()
    index = index_of(before)
    index[10:16, 15:30] = 2
    edits = after_edits(before, Copy(region=BOX, by=(0.25, 0.5)))
    found = rebased(edits, before, with_labels(before, index, 3), same={1: 1})
    (doubt,) = found.doubts
    assert doubt.reason == "source"
    np.testing.assert_allclose(doubt.box, (0.5, 0.75, 0.75, 0.9), atol=1e-6)
    assert doubt.pixels == 6 * 15


def test_labels_that_were_merged_are_followed_and_those_that_are_gone_are_doubtful() -> None:
    before = scene()
    edits = after_edits(before, Fill(region=CORNER, label=1))
    index = index_of(before)
    index[index == 1] = 2  # merged
    merged = rebased(edits, before, with_labels(before, index, 3))
    assert (index_of(merged.drawing.primitive)[30:38, 42:57] == 2).all()
    assert merged.doubts == ()
    index[10:16, 15:30] = 0  # one part became the ground, the other the stripe
    gone = rebased(edits, before, with_labels(before, index, 3))
    (doubt,) = gone.doubts
    assert (doubt.reason, doubt.pixels) == ("label", 8 * 15)
    # A label that is still there means what it meant, whatever became of most of its pixels.
    assert rebased(edits, before, with_labels(before, index, 3), same={1: 1}).doubts == ()


def test_a_label_that_was_never_drawn_is_doubtful() -> None:
    before = scene(labels=4)
    found = rebased(after_edits(before, Fill(region=CORNER, label=3)), before, scene())
    (doubt,) = found.doubts
    assert doubt.reason == "label"
    assert index_of(found.drawing.primitive).max() <= 2


def test_the_place_of_a_removed_thing_is_filled_from_corrected_surroundings() -> None:
    before = scene()
    index = index_of(before)
    index[:, :40][index[:, :40] == 0] = 2  # the ground around the block has another label
    found = rebased(after_edits(before, Erase(region=BOX)), before, with_labels(before, index, 3), same={0: 0, 1: 1})
    assert (index_of(found.drawing.primitive)[10:20, 15:30] == 2).all()


def test_an_erased_line_does_not_come_back_where_it_was_corrected() -> None:
    before = scene()
    assert before.edges is not None
    above = Rectangle(top_left=(0.25, 0.34), bottom_right=(0.5, 0.37))  # row 14
    edits = after_edits(before, Erase(region=above))
    lines = np.zeros(SIZE, bool)
    lines[15, 17:28], lines[30, 5:20] = True, True
    after = rebased(edits, before, before.replace(edges=lines)).drawing.primitive
    assert after.edges is not None
    assert not after.edges[10:20].any()
    assert after.edges[30, 5:20].all()


def test_drawn_lines_stay() -> None:
    before = scene()
    edits = after_edits(before, Paint(points=((0.1, 0.9), (0.4, 0.9))))
    assert before.edges is not None
    after = rebased(edits, before, before.replace(edges=np.zeros(SIZE, bool))).drawing.primitive
    assert after.edges is not None
    assert after.edges[36, 7:23].all()
    assert not after.edges[:30].any()


def test_drawings_of_other_sizes_are_refused() -> None:
    before = scene()
    with pytest.raises(PrimitiveError, match="same kind and size"):
        rebased(after_edits(before), before, before.resized((20, 30)))
