"""Edits that the picture does not show are found, those that it shows are not."""

from __future__ import annotations

import numpy as np

from primage.edit.apply import apply_edits
from primage.edit.effect import edits_without_effect
from primage.edit.records import Fill, Paint, Rectangle
from primage.labels.label_map import LabelMap
from tests.primitive.drawings import drawing

SIZE = (60, 80)
PHOTO = np.random.default_rng(0).integers(0, 256, (*SIZE, 3)).astype(np.uint8)
LEFT = Rectangle(top_left=(0.1, 0.2), bottom_right=(0.3, 0.5))
RIGHT = Rectangle(top_left=(0.6, 0.2), bottom_right=(0.9, 0.6))


def test_an_unedited_drawing_has_no_edits() -> None:
    assert len(edits_without_effect(drawing("super", SIZE), drawing("super", SIZE), PHOTO, PHOTO)) == 0


def test_an_edit_that_the_picture_ignores_is_found() -> None:
    training = apply_edits(drawing("segments", SIZE), [Fill(region=LEFT, label=1), Fill(region=RIGHT, label=0)])
    edited = apply_edits(training, [Fill(region=LEFT, label=0), Fill(region=RIGHT, label=1)])
    image = PHOTO.copy()
    image[15:30, 8:24] = 255 - image[15:30, 8:24]
    ((left, top, right, bottom),) = edits_without_effect(edited, training, image, PHOTO)
    assert 0.4 < left < right
    assert 0.9 <= right <= 1
    assert 0 <= top < bottom <= 0.8
    assert len(edits_without_effect(edited, training, PHOTO, PHOTO)) == 2
    assert len(edits_without_effect(edited, training, np.roll(PHOTO, 7, 0), PHOTO)) == 0


def test_a_single_pixel_is_no_edit() -> None:
    training = drawing("edges", SIZE)
    edited = apply_edits(training, [Paint(points=((0.5, 0.9),))])
    assert len(edits_without_effect(edited, training, PHOTO, PHOTO)) == 0


def test_a_label_under_a_line_is_no_edit() -> None:
    training = drawing("super", SIZE)
    assert training.segments is not None
    assert training.edges is not None
    index = training.segments.index.copy()
    index[training.edges] = 1 - index[training.edges].clip(max=1)
    edited = training.replace(segments=LabelMap(index, training.segments.palette))
    assert edited.differs(training).sum() > 12
    assert len(edits_without_effect(edited, training, PHOTO, PHOTO)) == 0
