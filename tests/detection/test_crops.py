"""Crops: what they cut out, and that points find their way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primage.detection.crops import Crop, around, direction, sample, tiles, whole

PHOTO = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
ANGLES = st.floats(-3, 3)


@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(1, 100), ANGLES)
def test_points_find_their_way_back(x: float, y: float, side: float, angle: float) -> None:
    crop = Crop((x, y), side, angle)
    points = np.array([[0.0, 0], [0.5, 0.5], [1, 0.25]])
    np.testing.assert_allclose(crop.to_crop(crop.to_photo(points)), points, atol=1e-9)
    np.testing.assert_allclose(crop.to_photo(points)[1], (x, y), atol=1e-9)


def test_an_upright_crop_of_the_photos_pixels_is_exact() -> None:
    crop = Crop((14.0, 12.0), 16.0)
    np.testing.assert_allclose(crop.cut(PHOTO, (16, 16)), PHOTO[4:20, 6:22] / 255, atol=1e-6)


def test_a_crop_turned_by_a_right_angle_is_the_turned_picture() -> None:
    crop = Crop((14.0, 12.0), 16.0, np.pi / 2)
    np.testing.assert_allclose(crop.cut(PHOTO, (16, 16)), np.rot90(PHOTO[4:20, 6:22]) / 255, atol=1e-6)
    # Its upper left corner is the photo's upper right one.
    np.testing.assert_allclose(crop.to_photo(np.zeros((1, 2))), [[22.0, 4.0]], atol=1e-9)


def test_outside_the_photo_is_black_or_its_border() -> None:
    crop = Crop((0.0, 0.0), 8.0)
    black, border = crop.cut(PHOTO, (8, 8)), crop.cut(PHOTO, (8, 8), replicate=True)
    assert (black[:4] == 0).all()
    np.testing.assert_allclose(border[0, 0], PHOTO[0, 0] / 255, atol=1e-6)
    np.testing.assert_allclose(black[4:, 4:], PHOTO[:4, :4] / 255, atol=1e-6)


@pytest.mark.parametrize("angle", [0.0, 0.4])
def test_a_crop_that_is_reduced_is_averaged(angle: float) -> None:
    squares = np.where((np.indices((64, 64)).sum(axis=0) % 2)[..., None], 255, 0).astype(np.uint8).repeat(3, axis=2)
    cut = Crop((32.0, 32.0), 40.0, angle).cut(squares, (8, 8))
    assert np.abs(cut - 0.5).max() < 0.1


@given(ANGLES)
def test_the_square_around_points_encloses_them(angle: float) -> None:
    points = np.array([[3.0, 4], [10, 5], [6, 12]])
    inside = around(points, angle, 1.0).to_crop(points)
    assert inside.min() >= -1e-9
    assert inside.max() <= 1 + 1e-9
    assert np.isclose(np.ptp(inside, axis=0).max(), 1)


def test_tiles_cover_the_photo_and_overlap() -> None:
    squares = tiles((100, 330), 100.0)
    assert {tile.centre[1] for tile in squares} == {50.0}
    columns = [tile.centre[0] for tile in squares]
    assert columns[0] == 50
    assert columns[-1] == 280
    assert np.diff(columns).max() <= 50
    assert whole((100, 330)) == Crop((165.0, 50.0), 330.0)


def test_directions_are_clockwise() -> None:
    start = np.zeros(2)
    assert direction(start, np.array([1.0, 0])) == 0
    assert np.isclose(direction(start, np.array([0.0, 1])), np.pi / 2)


def test_sampling_between_pixels() -> None:
    image = np.arange(6, dtype=np.float32).reshape(2, 3, 1)
    found = sample(image, np.array([[0.5, 0.5], [2.0, 1.0], [2.4, 1.0], [2.6, 1.0]]))
    assert found[:, 0].tolist() == [2.0, 5.0, 5.0, 0.0]
