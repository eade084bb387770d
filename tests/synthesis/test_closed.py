"""Closed places: what was erased is found, what was drawn or moved a little is not, and its drawing does not count."""

from __future__ import annotations

import numpy as np
import pytest

from primage.labels.label_map import LabelMap
from primage.primitive.primitive import Primitive
from primage.synthesis.closed import closed, open_guides, source_penalty
from primage.synthesis.guides import GuideWeights, guide_channels
from primage.synthesis.polish import Reference, Render, polish
from tests.primitive.drawings import BLUE, GREEN, RED, described, drawing, palette_of
from tests.synthesis.textures import positions, texture

SIZE = (96, 128)
GROUND, THING, OTHER = 0, 1, 2
BOX = (slice(32, 64), slice(44, 84))


def scene(*boxes: tuple[tuple[slice, slice], int], lines: bool = True) -> Primitive:
    """Ground with boxes of labels, outlined."""
    index = np.zeros(SIZE, np.uint8)
    for box, label in boxes:
        index[box] = label
    edges = np.zeros(SIZE, bool)
    edges[:, 1:] |= index[:, 1:] != index[:, :-1]
    edges[1:] |= index[1:] != index[:-1]
    labels = LabelMap(index, palette_of(RED, GREEN, BLUE))
    return Primitive("super", segments=labels, edges=edges) if lines else Primitive("segments", segments=labels)


def shifted(box: tuple[slice, slice], x: int) -> tuple[slice, slice]:
    return box[0], slice(box[1].start + x, box[1].stop + x)


@pytest.mark.parametrize("lines", [True, False])
def test_what_was_removed_is_closed(lines: bool) -> None:
    before, after = scene((BOX, THING), lines=lines), scene(lines=lines)
    found = closed(after, before)
    assert found[38:58, 50:78].all()
    assert not found[:20].any()
    assert not found[:, :30].any()


def test_where_something_was_moved_from_is_closed_and_where_it_is_now_is_not() -> None:
    before, after = scene((BOX, THING)), scene((shifted(BOX, -44), THING))
    found = closed(after, before)
    assert found[40:56, 52:76].all()
    assert not found[:, :36].any()


@pytest.mark.parametrize(
    "after",
    [
        scene((BOX, THING)),
        scene((shifted(BOX, 6), THING)),
        scene((BOX, OTHER)),
        scene(((slice(16, 80), slice(24, 104)), THING)),
        scene((BOX, THING), ((slice(8, 28), slice(8, 28)), OTHER)),
    ],
    ids=["the same", "moved a little", "relabelled", "enlarged", "another thing"],
)
def test_other_edits_close_nothing(after: Primitive) -> None:
    assert not closed(after, scene((BOX, THING))).any()


def test_nothing_is_found_without_labels_or_in_another_size() -> None:
    lines = drawing("edges", SIZE)
    assert not closed(lines, lines).any()
    after = scene().resized((48, 64))
    assert closed(after, scene((BOX, THING))).shape == (48, 64)
    assert not closed(after, scene((BOX, THING))).any()


def test_guides_are_unknown_in_closed_places_except_near_lines() -> None:
    after = scene()
    assert after.edges is not None
    after.edges[48, 40:90] = True
    guides = guide_channels(after, described(after), GuideWeights())
    places = closed(after, scene((BOX, THING)))
    found = open_guides(guides, after, places)
    assert np.isnan(found[places][:, :8]).all()
    assert np.isnan(found[40, 60]).all()
    assert np.array_equal(found[48, 60, 8:], guides[48, 60, 8:])
    assert np.array_equal(found[~places], guides[~places])


def test_labels_that_are_not_in_closed_places_have_a_penalty() -> None:
    before, after = scene((BOX, THING)), scene()
    penalty = source_penalty(after, before, closed(after, before))
    assert penalty is not None
    assert penalty[BOX].all()
    assert penalty.sum() == penalty[BOX].sum()
    assert source_penalty(after, before, np.zeros(SIZE, bool)) is None


@pytest.mark.parametrize("lines", [True, False])
def test_a_removed_thing_gives_way_to_its_surroundings(lines: bool) -> None:
    ground = texture(SIZE, smoothness_px=2)
    ground[..., 2] = 0
    photo = ground.copy()
    photo[BOX] = (0, 0, 255)
    before, after = scene((BOX, THING), lines=lines), scene(lines=lines)
    # The matcher leaves the thing where it is, and is sure of it.
    render = Render(after, photo, positions(SIZE), np.ones(SIZE, np.float32))
    found = polish(Reference(photo, before, described(before)), render)
    assert found.synthesised[BOX].all()
    assert found.image[BOX][..., 2].max() < 40
    assert found.image[BOX].astype(float).std() > 0.6 * ground[BOX].astype(float).std()
