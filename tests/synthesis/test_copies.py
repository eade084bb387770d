"""Pixels of known origin are the photo's; what was removed appears nowhere; the rest is painted or synthesised."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from primage.edit.apply import Edited, edited
from primage.edit.records import Copy, Edit, Erase, Flip, Move, Paint, Rectangle, Scale
from primage.origin.plane import FIRST, Origin
from primage.synthesis.copies import Plate, completing, composed, copied
from primage.synthesis.polish import Polished, Render
from primage.synthesis.reference import Reference
from primage.synthesis.steps import finished
from tests.primitive.drawings import described, drawing
from tests.synthesis.textures import positions, texture

SIZE = (64, 96)
PHOTO = texture(SIZE, smoothness_px=2)
BOX = Rectangle(top_left=(0.125, 0.25), bottom_right=(0.375, 0.625))  # rows 16 … 39, columns 12 … 35
NETWORK = 7  # what the network paints, everywhere


def reference() -> Reference:
    primitive = drawing("super", SIZE)
    return Reference(PHOTO, primitive, described(primitive))


def after(*edits: Edit) -> tuple[Reference, Render, Origin]:
    trained = reference()
    primitive, origin = edited(Edited(trained.primitive, Origin.unmoved(SIZE)), edits)
    image = np.full((*SIZE, 3), NETWORK, np.uint8)
    return trained, Render(primitive, image, positions(SIZE), np.full(SIZE, 0.5, np.float32)), origin


def completed(*edits: Edit) -> tuple[Polished, Origin]:
    trained, render, origin = after(*edits)
    return finished(completing(trained, render, origin)).polished, origin


def test_an_unedited_drawing_is_the_photo() -> None:
    found, _ = completed()
    assert np.array_equal(found.image, PHOTO)
    assert not found.synthesised.any()


def test_a_moved_part_is_copied_exactly() -> None:
    found, _ = completed(Copy(region=BOX, by=(0.5, 0.125)))
    assert np.array_equal(found.image[28:44, 64:80], PHOTO[20:36, 16:32])  # inside, away from its border
    np.testing.assert_allclose(found.field[30, 70], (22, 22), atol=1e-3)
    assert np.array_equal(found.image[:, :40], PHOTO[:, :40])


def test_a_mirrored_part_is_copied_exactly() -> None:
    found, _ = completed(Flip(region=BOX))
    assert np.array_equal(found.image[20:36, 16:32], PHOTO[20:36, 16:32][:, ::-1])


@pytest.mark.parametrize("edit", [Erase(region=BOX), Move(region=BOX, by=(0.5, 0.125)), Move(region=BOX, by=(0.1, 0))])
def test_what_was_removed_is_copied_nowhere(edit: Edit) -> None:
    found, origin = completed(edit)
    hole = origin.removed
    assert hole.any()
    assert found.synthesised[hole].all()
    rows, columns = np.rint(found.field[hole]).astype(int).T
    old = np.zeros(SIZE, bool)
    old[16:40, 12:36] = True
    assert not old[rows, columns].any()
    # Further from the edit than seams and the synthesised border reach, nothing changes.
    assert np.array_equal(found.image[56:, :40], PHOTO[56:, :40])


def test_a_part_that_covers_some_of_its_old_place_stays_whole() -> None:
    found, origin = completed(Move(region=BOX, by=(0.1, 0)))
    inside = np.zeros(SIZE, bool)
    inside[20:36, 28:40] = True
    assert (origin.index[inside] == FIRST).all()
    assert np.array_equal(found.image[20:36, 28:40], np.roll(PHOTO, 10, 1)[20:36, 28:40]) or np.array_equal(
        found.image[20:36, 28:40], np.roll(PHOTO, 9, 1)[20:36, 28:40]
    )


def test_around_what_was_drawn_the_network_paints() -> None:
    trained, render, origin = after(Paint(points=((0.5, 0.2), (0.5, 0.8))))
    image = composed(render, origin, trained.photo)
    assert (image[30, 47:50] == NETWORK).all()
    assert np.array_equal(image[:, :40], PHOTO[:, :40])


def test_outlines_of_scaled_parts_are_smooth() -> None:
    trained = reference()
    photo = np.zeros((*SIZE, 3), np.uint8)
    photo[16:40, 12:36] = 240
    primitive, origin = edited(Edited(trained.primitive, Origin.unmoved(SIZE)), [Scale(region=BOX, factor=1.37)])
    render = Render(primitive, photo, positions(SIZE), np.ones(SIZE, np.float32))
    image = composed(render, origin, photo)
    values = np.unique(image[..., 0])
    assert ((values > 20) & (values < 220)).any()


def test_a_part_that_comes_from_nowhere_takes_nothing() -> None:
    """Everything drawn: the network alone paints."""
    trained, render, origin = after()
    everywhere = origin.drawn(np.ones(SIZE, bool))
    known = copied(render, everywhere, trained.photo)
    assert known.rest.all()
    assert not known.hole.any()
    assert np.array_equal(known.render.image, render.image)


def test_the_field_of_a_photo_of_another_size() -> None:
    _, render, origin = after(Copy(region=BOX, by=(0.5, 0.125)))
    larger = texture((128, 192), smoothness_px=4)
    known = copied(replace(render), origin, larger)
    np.testing.assert_allclose(known.render.field[30, 70], (44.5, 44.5), atol=1e-3)
    assert known.forbidden.shape == (128, 192)


def test_lines_drawn_into_a_hole_guide_what_fills_it() -> None:
    trained, render, origin = after(Erase(region=BOX))
    plain = finished(completing(trained, render, origin)).polished
    assert render.primitive.edges is not None
    lines = render.primitive.edges.copy()
    lines[28, 14:34] = True
    drawn = replace(render, primitive=render.primitive.replace(edges=lines))
    guided = finished(completing(trained, drawn, origin)).polished
    assert not np.array_equal(plain.image, guided.image)
    assert np.array_equal(plain.image[56:], guided.image[56:])


def test_nothing_is_taken_from_excluded_places() -> None:
    trained, render, origin = after(Erase(region=BOX))
    excluded = np.zeros(SIZE, bool)
    excluded[:, :48] = True
    found = finished(completing(trained, render, origin, excluded)).polished
    assert (found.field[origin.removed][:, 1] > 47).all()


def test_a_second_stroke_keeps_what_was_synthesised_elsewhere() -> None:
    trained, render, first = after(Erase(region=BOX))
    before = finished(completing(trained, render, first))
    far = Rectangle(top_left=(0.7, 0.8), bottom_right=(0.9, 0.95))
    _, larger, both = after(Erase(region=BOX), Erase(region=far))
    redone = finished(completing(trained, larger, both, previous=before)).polished
    # What was copied from where something was removed since has to go.
    y, x = before.polished.field[..., 0], before.polished.field[..., 1]
    stays = first.removed & ((y < 44) | (x < 58))
    assert stays.sum() > 100
    assert np.array_equal(redone.image[stays], before.polished.image[stays])
    assert redone.synthesised[both.removed].all()
    same = finished(completing(trained, render, first, previous=before)).polished
    assert np.array_equal(same.image, before.polished.image)


def test_what_is_behind_a_moving_part_stands_still() -> None:
    trained, render, origin = after(Erase(region=BOX))
    plate = Plate(render.primitive, finished(completing(trained, render, origin)).polished)
    for by in ((0.05, 0.0), (0.2, 0.05), (0.5, 0.125)):
        _, render, origin = after(Move(region=BOX, by=by))
        found = finished(completing(trained, render, origin, plate=plate)).polished
        assert origin.removed.any()
        assert np.array_equal(found.image[origin.removed], plate.polished.image[origin.removed])
    # Where something else was drawn, the plate says nothing.
    assert render.primitive.edges is not None
    lines = render.primitive.edges.copy()
    lines[28, 14:34] = True
    drawn = replace(render, primitive=render.primitive.replace(edges=lines))
    found = finished(completing(trained, drawn, origin, plate=plate)).polished
    assert not np.array_equal(found.image[origin.removed], plate.polished.image[origin.removed])
