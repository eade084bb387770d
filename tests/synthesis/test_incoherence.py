"""Incoherence is 0 for what the photo contains, and grows with what it does not."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from primage.synthesis.incoherence import incoherence, patch_variance
from tests.synthesis.textures import positions, texture

PHOTO = texture((64, 80))


def test_the_photo_is_coherent() -> None:
    found = incoherence(PHOTO, PHOTO)
    assert found.shape == (64, 80)
    assert found.dtype == np.float32
    assert not found.any()


def test_a_part_of_the_photo_is_coherent_inside() -> None:
    # An even shift: at half the size the part has the same pixels.
    part, field = PHOTO[20:52, 24:64], positions((32, 40)) + np.float32((20, 24))
    assert not incoherence(part, PHOTO, field)[6:-6, 6:-6].any()


def test_most_of_it_is_found_without_a_field() -> None:
    # The hardest case: noise, in which no patch resembles its neighbours.
    found = incoherence(PHOTO[20:52, 24:64], PHOTO)[6:-6, 6:-6]
    assert (found == 0).mean() > 0.8


def test_torn_and_invented_places_are_incoherent() -> None:
    torn = PHOTO.copy()
    torn[20:40, 30:50] = PHOTO[20:40, 30:50][::2].repeat(2, axis=0)  # every second row twice
    invented = PHOTO.copy()
    invented[20:40, 30:50] = np.random.default_rng(1).integers(0, 256, (20, 20, 3))
    blurred = PHOTO.copy()
    blurred[20:40, 30:50] = PHOTO[20:40, 30:50].mean((0, 1)).astype(np.uint8)
    for picture in (torn, invented, blurred):
        found = incoherence(picture, PHOTO, positions((64, 80)))
        assert found[24:36, 34:46].mean() > 0.002
        assert not found[:12].any()
    unlike = [incoherence(x, PHOTO, positions((64, 80)))[24:36, 34:46].mean() for x in (torn, invented)]
    assert unlike[0] < unlike[1]


def test_a_colour_step_has_its_squared_difference() -> None:
    grey, lighter = np.full((16, 16, 3), 100, np.uint8), np.full((16, 16, 3), 151, np.uint8)
    assert incoherence(lighter, grey) == pytest.approx(np.full((16, 16), 3 * (51 / 255) ** 2), rel=1e-3)


@pytest.mark.parametrize(
    ("size", "photo_size"), [((1, 40), (64, 80)), ((40, 1), (3, 5)), ((1, 1), (1, 1)), ((33, 57), (5, 90))]
)
def test_any_size(size: tuple[int, int], photo_size: tuple[int, int]) -> None:
    found = incoherence(texture(size, seed=1), texture(photo_size))
    assert found.shape == size
    assert np.isfinite(found).all()
    assert patch_variance(texture(size)).shape == size


def test_a_field_that_leaves_the_photo_is_clipped() -> None:
    field = positions((64, 80)) * 100 - 3000
    assert np.isfinite(incoherence(PHOTO, PHOTO, field)).all()


def test_it_does_not_depend_on_threads() -> None:
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            found.append(incoherence(texture((64, 80), seed=1), PHOTO))
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(*found)


def test_variance_of_patches() -> None:
    assert not patch_variance(np.full((20, 20, 3), 77, np.uint8)).max() > 1e-6
    stripes = np.zeros((40, 40, 3), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 255  # at half the size, every second column
    inner = patch_variance(stripes)[16:24, 16:24]
    # Three or four of seven columns are white.
    assert inner == pytest.approx(np.full((8, 8), 3 * 12 / 49), rel=1e-3)
