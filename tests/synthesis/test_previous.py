"""A change of the drawing redoes what depends on it; what was synthesised elsewhere stays."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from primage.primitive.config import PrimitiveConfig
from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.synthesis.polish import Polished, Previous, Render, polish, polishing
from primage.synthesis.reference import Reference
from tests.tiny import one_thread

SIZE = (96, 128)


@pytest.fixture(scope="module")
def reference() -> Reference:
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    stripes = 128 + 60 * np.sin(x / 4) + 30 * np.sin(y / 7)
    photo = np.stack([stripes, 255 - stripes, 0.5 * stripes + y], axis=-1).clip(0, 255).astype(np.uint8)
    spec = PrimitiveSpec(config=PrimitiveConfig(kind="edges"))
    return Reference(photo, lines(), spec)


def lines(*rows: int) -> Primitive:
    drawn = np.zeros(SIZE, np.uint8)
    drawn[list(rows), 8:30] = 1
    return Primitive.from_arrays("edges", {"edges": drawn}, None)


def render(reference: Reference, *torn: tuple[int, int]) -> Render:
    """The photo, with noise in squares of 16 px."""
    image = reference.photo.copy()
    rng = np.random.default_rng(0)
    for y, x in torn:
        image[y : y + 16, x : x + 16] = rng.integers(0, 256, (16, 16, 3))
    field = np.moveaxis(np.indices(SIZE, np.float32), 0, -1).copy()
    return Render(reference.primitive, image, field, np.full(SIZE, 0.5, np.float32))


def polished(reference: Reference, given: Render, previous: Previous | None = None) -> Polished:
    with one_thread():
        return polish(reference, given, previous=previous)


def test_what_was_synthesised_elsewhere_stays(reference: Reference) -> None:
    one, two = (8, 16), (64, 96)
    before = render(reference, one)
    first = polished(reference, before)
    assert first.synthesised[12:20, 20:28].all()
    assert not first.synthesised[60:, 80:].any()
    # The network's second picture differs a little everywhere, and has another torn part.
    after = dataclasses.replace(render(reference, one, two), image=render(reference, one, two).image ^ 1)
    second = polished(reference, after, Previous(before, first))
    left = np.s_[:48, :64]
    np.testing.assert_array_equal(
        second.image[left][first.synthesised[left]], first.image[left][first.synthesised[left]]
    )
    np.testing.assert_array_equal(second.synthesised[left], first.synthesised[left])
    assert second.synthesised[68:76, 100:108].all()
    error = np.abs(second.image[64:80, 96:112].astype(int) - reference.photo[64:80, 96:112]).mean()
    assert error < 0.3 * np.abs(after.image[64:80, 96:112].astype(int) - reference.photo[64:80, 96:112]).mean()
    np.testing.assert_array_equal(second.image[~second.synthesised], after.image[~second.synthesised])
    # A search in a part of the picture draws other random places, so the outline may differ by a few pixels.
    assert (second.synthesised[48:] != polished(reference, after).synthesised[48:]).mean() < 0.01


def test_without_a_change_nothing_is_done(reference: Reference) -> None:
    given = render(reference, (8, 16))
    first = polished(reference, given)
    steps = polishing(reference, given, previous=Previous(given, first))
    next(steps)
    with pytest.raises(StopIteration) as end:
        next(steps)
    again: Polished = end.value.value
    for name in ("image", "field", "synthesised", "incoherence"):
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))


def test_a_change_of_the_drawing_alone_redoes_its_surroundings(reference: Reference) -> None:
    given = render(reference, (8, 16), (64, 96))
    first = polished(reference, given)
    marked = dataclasses.replace(first, image=np.full_like(first.image, 255))
    drawn = dataclasses.replace(given, primitive=lines(16))
    second = polished(reference, drawn, Previous(given, marked))
    assert (second.image[64:80, 96:112] == 255).all()
    assert not (second.image[12:20, 20:28] == 255).all(axis=-1).any()


def test_only_what_may_be_replaced_is_judged(reference: Reference) -> None:
    given = render(reference, (8, 16), (64, 96))
    left = np.zeros(SIZE, bool)
    left[:, :64] = True
    with one_thread():
        first = polish(reference, given, within=left)
        assert not first.synthesised[:, 64:].any()
        assert not first.incoherence[:, 64:].any()
        # What may be replaced now, and could not before, is judged although nothing has changed there.
        second = polish(reference, given, previous=Previous(given, first, left))
        assert second.synthesised[68:76, 100:108].all()
        # What may no longer be replaced is the render's.
        third = polish(reference, given, within=~left, previous=Previous(given, second))
    np.testing.assert_array_equal(third.image[left], given.image[left])
    np.testing.assert_array_equal(third.image[~left], second.image[~left])


def test_a_render_of_another_size_says_nothing(reference: Reference) -> None:
    given = render(reference, (8, 16))
    small = Render(
        lines(), np.zeros((10, 10, 3), np.uint8), np.zeros((10, 10, 2), np.float32), np.zeros((10, 10), np.float32)
    )
    other = Polished(small.image, small.field, np.ones((10, 10), bool), np.zeros((10, 10), np.float32))
    found = polished(reference, given, Previous(small, other))
    np.testing.assert_array_equal(found.image, polished(reference, given).image)


def test_guides_near_a_mask_are_those_of_the_whole_picture(reference: Reference) -> None:
    photo = dataclasses.replace(render(reference), primitive=lines(*range(20, 76, 3)))  # lines that the photo lacks
    within = np.zeros(SIZE, bool)
    within[30:60, 16:40] = True
    with one_thread():
        whole, part = polish(reference, photo), polish(reference, photo, within)
    assert part.synthesised.any()
    np.testing.assert_array_equal(part.synthesised, whole.synthesised & within)
