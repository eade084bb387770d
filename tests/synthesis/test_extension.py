"""What is synthesised beyond the photo's borders."""

from __future__ import annotations

import numpy as np
import pytest

from primage.errors import PrimitiveError
from primage.labels.label_map import LabelMap
from primage.primitive.config import PrimitiveConfig
from primage.primitive.margins import Margins
from primage.primitive.primitive import Primitive, spec_of
from primage.synthesis.extension import extending
from primage.synthesis.reference import Reference
from primage.synthesis.steps import finished
from tests.primitive.drawings import palette_of

SIZE = (64, 96)
SKY, GROUND = (90, 140, 220), (120, 90, 40)
MARGINS = Margins(right=20, top=8)


def scene() -> Reference:
    """A sky over a ground, with a little texture."""
    index = np.zeros(SIZE, np.uint8)
    index[40:] = 1
    noise = np.random.default_rng(0).integers(-9, 10, (*SIZE, 1))
    photo = (np.where(index[..., None] == 1, GROUND, SKY) + noise).astype(np.uint8)
    palette = palette_of((0, 0, 200), (100, 80, 0))
    primitive = Primitive("segments", segments=LabelMap(index, palette))
    return Reference(photo, primitive, spec_of(primitive, PrimitiveConfig(kind="segments")))


def extended(reference: Reference, primitive: Primitive, **others: object) -> tuple[np.ndarray, np.ndarray]:
    canvas = np.pad(reference.photo, MARGINS.padding(3), mode="symmetric")
    hole = MARGINS.mask(canvas.shape[:2])
    canvas[hole] = (255, 0, 255)  # must not be looked at
    found: tuple[np.ndarray, np.ndarray] = finished(
        extending(reference, primitive, canvas, hole, MARGINS, **others)  # type: ignore[arg-type]
    )
    return found


def test_the_photo_stays_and_is_continued_as_its_drawing_is() -> None:
    reference = scene()
    picture, field = extended(reference, reference.primitive.extended(MARGINS))
    np.testing.assert_array_equal(picture[8:, :96], reference.photo)
    hole = MARGINS.mask(picture.shape[:2])
    expected = np.where(np.arange(72)[:, None, None] < 48, SKY, GROUND)
    apart = np.abs(picture.astype(int) - expected).max(axis=2)
    assert np.percentile(apart[hole], 95) < 20
    assert (field[hole] >= 0).all()
    assert (field[hole] <= np.array(SIZE) - 1).all()
    again, _ = extended(reference, reference.primitive.extended(MARGINS))
    np.testing.assert_array_equal(again, picture)


def test_what_was_drawn_there_is_shown() -> None:
    reference = scene()
    drawing = reference.primitive.extended(MARGINS)
    assert drawing.segments is not None
    index = drawing.segments.index.copy()
    index[18:, 100:] = 1  # the ground rises
    picture, _ = extended(reference, drawing.replace(segments=LabelMap(index, drawing.segments.palette)))
    nearer = np.abs(picture.astype(int) - GROUND).sum(axis=2) < np.abs(picture.astype(int) - SKY).sum(axis=2)
    assert nearer[24:, 106:].mean() > 0.95
    assert nearer[:12, 100:].mean() < 0.05


def test_nothing_is_copied_from_excluded_places() -> None:
    reference = scene()
    excluded = np.zeros(SIZE, bool)
    excluded[:, 48:] = True
    hole = MARGINS.mask(MARGINS.around(SIZE))
    _, field = extended(reference, reference.primitive.extended(MARGINS), excluded=excluded)
    assert (field[hole][:, 1] < 48).all()


def test_other_seeds_give_other_pictures_and_other_sizes_are_refused() -> None:
    reference = scene()
    drawing = reference.primitive.extended(MARGINS)
    assert (extended(reference, drawing, seed=1)[0] != extended(reference, drawing)[0]).any()
    hole = np.ones((10, 10), bool)
    with pytest.raises(PrimitiveError, match="does not fit its margins"):
        next(extending(reference, drawing, np.zeros((10, 10, 3), np.uint8), hole, MARGINS))
