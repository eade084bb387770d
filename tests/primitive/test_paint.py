"""Rough paintings: few flat colours, near the photo, the same every time."""

from __future__ import annotations

import numpy as np
import pytest

from primage.primitive.extraction_config import PaintConfig
from primage.primitive.paint import extract_paint
from tests.primitive.drawings import astronaut


def colours_in(picture: np.ndarray) -> int:
    return len(np.unique(picture.reshape(-1, 3), axis=0))


@pytest.mark.parametrize("colours", [2, 5, 12, 64])
def test_a_painting_has_at_most_the_requested_number_of_colours(colours: int) -> None:
    painted = extract_paint(astronaut(), PaintConfig(colours=colours))
    assert painted.shape == astronaut().shape
    assert min(colours, 2) <= colours_in(painted) <= colours


def test_painting_twice_gives_the_same() -> None:
    first, again = (extract_paint(astronaut(), PaintConfig()) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_more_colours_and_strokes_come_closer_to_the_photo() -> None:
    photo = astronaut().astype(float)
    errors = [
        np.abs(extract_paint(astronaut(), PaintConfig(colours=c, strokes=s)) - photo).mean()
        for c, s in ((2, 20), (8, 150), (48, 1500))
    ]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 20


def test_a_painting_is_made_of_patches() -> None:
    painted = extract_paint(astronaut(), PaintConfig(strokes=60)).astype(int)
    alike = (painted[:, 1:] == painted[:, :-1]).all(axis=2).mean()
    assert alike > 0.9


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (3, 3)])
def test_tiny_photos_work(shape: tuple[int, int]) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert extract_paint(photo, PaintConfig()).shape == (*shape, 3)


def test_a_flat_photo_becomes_a_flat_painting() -> None:
    flat = np.full((30, 40, 3), (10, 200, 30), np.uint8)
    np.testing.assert_array_equal(extract_paint(flat, PaintConfig()), flat)
