"""Light of moved pieces: it follows the surroundings, detail stays, and other materials do not tint."""

from __future__ import annotations

import numpy as np
import pytest

from primage.labels.label_map import LabelMap
from primage.origin.plane import FIRST, Origin
from primage.origin.transforms import Affine, Piece
from primage.primitive.primitive import Primitive
from primage.synthesis.light import fitted, light
from primage.synthesis.reference import Reference
from tests.primitive.drawings import described, palette_of

SIZE = (80, 160)
BOX = np.s_[28:52, 20:44]
SHIFT_PX = 90
THERE = np.s_[28:52, 20 + SHIFT_PX : 44 + SHIFT_PX]
DARKER = 50
#: The gain of the darker wall.
SHADOW = np.log((150 - DARKER + 8) / (150 + 8))


def labels(thing: bool = True, floor: int = 0) -> Primitive:
    """A thing (label 1) on a wall (0); the right half may have a label of its own."""
    index = np.zeros(SIZE, np.uint8)
    index[:, 80:] = floor
    if thing:
        index[BOX] = 1
    return Primitive("segments", segments=LabelMap(index, palette_of((9, 9, 9), (250, 0, 0), (0, 0, 250))))


def photo(dark: tuple[float, float, float] = (-DARKER,) * 3) -> np.ndarray:
    """A textured thing on a wall whose right half is darker or has another colour."""
    rng = np.random.default_rng(0)
    wall = np.full((*SIZE, 3), 150.0) + rng.normal(0, 4, (*SIZE, 1))
    wall[:, 80:] += dark
    wall[BOX] = np.array((200, 150, 130)) + rng.normal(0, 12, (24, 24, 1))
    return wall.clip(0, 255).round().astype(np.uint8)


def moved() -> Origin:
    index = np.zeros(SIZE, np.uint16)
    index[THERE] = FIRST
    return Origin(index, (Piece(transforms=(Affine(matrix=(1, 0, 0, 1, -SHIFT_PX / SIZE[1], 0)),)),))


def drawing(training: Primitive) -> Primitive:
    assert training.segments is not None
    index = training.segments.index.copy()
    index[THERE] = 1
    return training.replace(segments=LabelMap(index, training.segments.palette))


def gains(picture: np.ndarray, training: Primitive) -> tuple[np.ndarray, np.ndarray]:
    """The picture with the thing copied, and its gain."""
    given = picture.copy()
    given[THERE] = picture[BOX]
    reference = Reference(picture, training, described(training))
    return given, light(reference, given, moved(), drawing(training))


@pytest.mark.parametrize("floor", [0, 2])
def test_a_piece_becomes_as_dark_as_its_surroundings(floor: int) -> None:
    """Also where the shadow has a label of its own: its colour is a multiple of the wall's."""
    picture = photo()
    given, found = gains(picture, labels(floor=floor))
    after = fitted(given, found)
    assert np.abs(found[THERE] - SHADOW).max() < 0.03
    darker = np.exp(SHADOW) * picture[BOX].mean(axis=(0, 1))
    np.testing.assert_allclose(after[THERE].mean(axis=(0, 1)), darker, atol=4)
    before, now = (np.log(each[THERE] + 8.0) for each in (given, after))
    for axis in (0, 1):  # detail stays
        assert np.abs(np.diff(now, axis=axis) - np.diff(before, axis=axis)).max() < 0.03
    outside = np.ones(SIZE, bool)
    outside[THERE] = False
    assert not found[outside].any()
    assert np.array_equal(after[outside], given[outside])


def test_light_that_varies_around_a_piece_varies_inside() -> None:
    picture = photo((0, 0, 0)).astype(float)
    picture[:, 80:] -= np.linspace(0, 60, 80)[None, :, None]
    picture = picture.clip(0, 255).astype(np.uint8)
    _, found = gains(picture, labels())
    columns = found[THERE].mean(axis=(0, 2))
    assert (np.diff(columns) < 0.001).all()
    assert columns[0] - columns[-1] > 0.1


def test_where_the_light_is_the_same_nothing_is_added() -> None:
    _, found = gains(photo((0, 0, 0)), labels())
    assert np.abs(found).max() < 0.02


def test_another_material_does_not_tint_a_piece() -> None:
    _, found = gains(photo((60, -40, -60)), labels(floor=2))
    assert not found.any()


def test_an_unedited_drawing_stays() -> None:
    training, picture = labels(), photo()
    reference = Reference(picture, training, described(training))
    assert not light(reference, picture, Origin.unmoved(SIZE), training).any()


def test_large_pieces_are_solved_on_cells() -> None:
    """A piece larger than the solver's grid has the same gain."""
    picture = np.repeat(np.repeat(photo(), 6, axis=0), 6, axis=1)
    size = picture.shape[:2]
    there = tuple(slice(6 * part.start, 6 * part.stop) for part in THERE)
    index = np.zeros(size, np.uint16)
    index[there] = FIRST
    training = Primitive("edges", edges=np.zeros(size, bool))
    given = picture.copy()
    given[there] = picture[tuple(slice(6 * part.start, 6 * part.stop) for part in BOX)]
    reference = Reference(picture, training, described(training))
    found = light(reference, given, Origin(index, moved().pieces), training)
    assert np.abs(found[there] - SHADOW).max() < 0.1
    assert abs(found[there].mean() - SHADOW) < 0.02
