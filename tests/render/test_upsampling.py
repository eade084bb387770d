"""Copies at full size along a field of the working size."""

from __future__ import annotations

import numpy as np
import pytest

from primage.image import resize_image
from primage.render.cubic import sample
from primage.render.upsampling import copied_colours, copies, enlarged, resized
from tests.tiny import picture

SIZE, FULL = (48, 64), (192, 256)


def pixels(size: tuple[int, int] = FULL) -> np.ndarray:
    return np.moveaxis(np.indices(size), 0, -1).reshape(-1, 2)


def identity() -> np.ndarray:
    return np.moveaxis(np.indices(SIZE, np.float32), 0, -1).copy()


def painted(photo: np.ndarray, field: np.ndarray, image: np.ndarray | None = None) -> np.ndarray:
    small = resized(photo, SIZE)
    if image is None:
        image = sample(small, field.reshape(-1, 2)).reshape(*SIZE, 3)
    return copied_colours(photo, copies(image, field, small), pixels()).reshape(*FULL, 3)


def test_samples_at_whole_pixels_are_the_photo() -> None:
    photo = picture(size=FULL)
    np.testing.assert_array_equal(sample(photo, pixels()).reshape(photo.shape), photo)
    ramp = np.arange(20, dtype=np.float32)[None, :, None] * np.ones((20, 1, 3), np.float32)
    at = np.array([[5.0, 7.25], [9.5, 3.75], [-4.0, 40.0]])
    np.testing.assert_allclose(sample(ramp, at)[:, 0], [7.25, 3.75, 19], atol=1e-5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_shifts_by_whole_pixels_are_not_resampled(dtype: type) -> None:
    photo = picture(size=FULL).astype(dtype) * (1 if dtype == np.uint8 else 257)
    field = identity() + np.float32((0, 5))
    inside = np.s_[:, 8:-24]
    np.testing.assert_allclose(
        painted(photo, field)[inside], np.roll(photo, -20, axis=1)[inside], atol=1e-3 * photo.max()
    )


def test_between_two_sources_nothing_is_mixed_but_a_narrow_seam() -> None:
    photo = picture(size=FULL)
    field = identity()
    field[:, 32:, 0] += np.float32(9)
    out = painted(photo, field)
    expected = photo.astype(np.float32)
    expected[:, 128:] = np.roll(photo, -36, axis=0)[:, 128:]
    rows = slice(8, -44)
    away = np.abs(np.arange(FULL[1]) - 127.5) > 3
    assert np.abs(out[rows][:, away] - expected[rows][:, away]).max() < 0.5


def test_a_turned_field_is_followed_between_its_pixels() -> None:
    full = np.random.default_rng(0).random(FULL).astype(np.float32)
    photo = np.repeat(np.uint8(255 * full)[..., None], 3, axis=2)
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    centre = (np.array(SIZE) - 1) / 2
    field = ((identity() - centre) @ turn.T + centre).astype(np.float32)
    middle = (np.array(FULL) - 1) / 2
    at = (pixels() - middle) @ turn.T + middle
    expected = sample(photo, at).reshape(*FULL, 3)
    inside = np.s_[60:-60, 70:-70]
    # The smooth colour difference at the working size is noise here; it must not blur the copy.
    assert np.abs(painted(photo, field)[inside] - expected[inside]).mean() < 2


def test_smooth_differences_of_the_picture_are_kept() -> None:
    photo = picture(size=FULL)
    brighter = resized(photo, SIZE) + np.float32(20)
    out = painted(photo, identity(), brighter)
    np.testing.assert_allclose(out, photo.astype(np.float32) + 20, atol=1e-2)


def test_pictures_of_16_bits_are_resized_like_those_of_8() -> None:
    photo = picture(size=FULL)
    found = resized(photo.astype(np.uint16) * np.uint16(257), SIZE) / 257
    np.testing.assert_allclose(found, resize_image(photo, SIZE), atol=1)


def test_an_enlarged_picture_keeps_its_places() -> None:
    ramp = np.arange(64, dtype=np.float32)[None, :, None] * np.ones((48, 1, 3), np.float32)
    found = enlarged(ramp, pixels(), FULL).reshape(*FULL, 3)
    np.testing.assert_allclose(
        found[:, 8:-8, 0], (np.arange(256)[8:-8] + 0.5) / 4 - 0.5 + np.zeros((192, 1)), atol=1e-3
    )
