"""Results at the photo's own size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from primage.image import resize_image
from primage.origin.plane import REMOVED, Origin
from primage.origin.transforms import Affine
from primage.render.blending import blend
from primage.render.full_size import FullSize, WorkingResult, rendered_window
from tests.tiny import picture

SIZE, FULL = (72, 96), (576, 768)
#: The box of `picture`, at the working size.
BOX = (slice(20, 46), slice(20, 40))


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return picture(size=FULL)


def moved(by: tuple[float, float], linear: np.ndarray | None = None) -> Origin:
    """The origin after a part was moved by (rows, columns)."""
    mask = np.zeros(SIZE, bool)
    mask[BOX] = True
    linear = np.eye(2) if linear is None else linear
    centre = np.array([32.5, 29.5])
    offset = centre - linear @ (centre + by)
    coords = np.moveaxis(np.indices(SIZE), 0, -1) @ linear.T + offset
    near = np.rint(coords).astype(int)
    inside = ((near >= 0) & (near < SIZE)).all(axis=-1)
    near = near.clip(0, np.array(SIZE) - 1)
    target = mask[near[..., 0], near[..., 1]] & inside
    still = Origin.unmoved(SIZE)
    return still.emptied(mask).pasted(still, coords, target, Affine.of_pixels(linear, offset, SIZE))


def result(photo: np.ndarray, origin: Origin) -> WorkingResult:
    """What was removed is filled from above."""
    small = resize_image(photo if photo.dtype == np.uint8 else (photo >> 8).astype(np.uint8), SIZE)
    field = np.moveaxis(np.indices(SIZE, np.float32), 0, -1).copy()
    hole = origin.index == REMOVED
    field[hole, 1] += 50
    rows, columns = (field[..., i].astype(int).clip(0, SIZE[i] - 1) for i in (0, 1))
    return WorkingResult(small[rows, columns], hole.astype(np.float32), field, hole, None, origin)


def eroded(mask: np.ndarray, px: int) -> np.ndarray:
    return np.asarray(ndimage.binary_erosion(mask, iterations=px))


def large(mask: np.ndarray) -> np.ndarray:
    return np.repeat(np.repeat(mask, 8, 0), 8, 1)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_moved_piece_is_the_photo_and_so_is_what_was_not_edited(photo: np.ndarray, dtype: type) -> None:
    photo = photo.astype(dtype) * dtype(1 if dtype == np.uint8 else 257)
    origin = moved((10, 30))
    out = FullSize(photo, result(photo, origin)).picture()
    assert out.dtype == photo.dtype
    piece = eroded(large(origin.index > REMOVED), 14)
    assert piece.any()
    np.testing.assert_array_equal(out[piece], np.roll(photo, (80, 240), (0, 1))[piece])
    still = eroded(large(origin.index == 0), 12)
    np.testing.assert_array_equal(out[still], photo[still])
    hole = eroded(large(origin.index == REMOVED), 14)
    difference = np.abs(out[hole].astype(float) - np.roll(photo, -400, axis=1)[hole])
    assert difference.max() < 0.01 * np.iinfo(dtype).max


def test_light_changes_pieces_alone(photo: np.ndarray) -> None:
    origin = moved((10, 30))
    plain = result(photo, origin)
    light = np.where((origin.index > REMOVED)[..., None], np.log(np.float32(0.5)), np.float32(0)).repeat(3, 2)
    out, before = (FullSize(photo, replace(plain, light=each)).picture().astype(int) for each in (light, None))
    piece = eroded(large(origin.index > REMOVED), 14)
    np.testing.assert_allclose(out[piece], ((before[piece] + 8) / 2 - 8).clip(0), atol=0.51)
    others = eroded(large(origin.index <= REMOVED), 14)
    np.testing.assert_array_equal(out[others], before[others])
    deep = photo.astype(np.uint16) * np.uint16(257)
    found = FullSize(deep, replace(plain, light=light)).picture()[piece]
    source = deep[np.roll(piece, (-80, -240), (0, 1))].astype(int)
    np.testing.assert_allclose(found, ((source + 8 * 257) / 2 - 8 * 257).clip(0), atol=0.51)


def test_scaled_and_turned_pieces_are_as_a_direct_resample(photo: np.ndarray) -> None:
    turn = np.array([[0.8, 0.6], [-0.6, 0.8]])
    for linear in (turn, np.eye(2) / 1.5):
        origin = moved((2, 25), linear)
        out = FullSize(photo, result(photo, origin)).picture()
        centre = (np.array([32.5, 29.5]) + 0.5) * 8 - 0.5
        at = (np.moveaxis(np.indices(FULL), 0, -1) - centre - (16, 200)) @ linear.T + centre
        planes = [
            ndimage.map_coordinates(plane.astype(float), np.moveaxis(at, -1, 0), order=3)
            for plane in np.moveaxis(photo, -1, 0)
        ]
        piece = eroded(large(origin.index > REMOVED), 20)
        error = out[piece] - np.stack(planes, axis=-1)[piece]
        assert 10 * np.log10(255**2 / (error**2).mean()) > 40


def test_windows_are_parts_of_the_picture(photo: np.ndarray) -> None:
    whole = FullSize(photo, result(photo, moved((10, 30))))
    out = whole.picture()
    for window in ((slice(0, 300), slice(100, 701)), (slice(201, 202), slice(0, 768)), (slice(500, 576), slice(0, 9))):
        part = rendered_window(photo, whole.result, window)
        assert np.abs(part.astype(int) - out[window]).max() <= 1


def test_tiles_are_exactly_those_of_the_picture(photo: np.ndarray) -> None:
    whole = FullSize(photo, result(photo, moved((10, 30))))
    out = whole.picture()
    assert len(whole.changed) > 2
    for tile in whole.changed:
        np.testing.assert_array_equal(whole.window(tile), out[tile])


def test_tiles_without_edits_are_not_painted(photo: np.ndarray) -> None:
    mask = np.zeros(SIZE, bool)
    mask[4:8, 4:8] = True
    found = FullSize(photo, result(photo, Origin.unmoved(SIZE).emptied(mask)))
    assert found.changed == [(slice(0, 256), slice(0, 256))]
    unmoved = FullSize(photo, result(photo, Origin.unmoved(SIZE)))
    assert unmoved.changed == []
    np.testing.assert_array_equal(unmoved.picture(), photo)


def test_without_an_origin_the_weight_says_where_the_photo_is_replaced(photo: np.ndarray) -> None:
    weight = np.zeros(SIZE, np.float32)
    weight[20:40, 30:60] = 1
    field = np.moveaxis(np.indices(SIZE, np.float32), 0, -1).copy()
    field[..., 0] += 16
    small = resize_image(photo, SIZE)
    image = np.roll(small, -16, axis=0)
    out = FullSize(photo, WorkingResult(image, weight, field)).picture()
    replaced, kept = eroded(large(weight > 0), 8), eroded(large(weight == 0), 8)
    np.testing.assert_array_equal(out[kept], photo[kept])
    assert np.abs(out[replaced].astype(int) - np.roll(photo, -128, axis=0)[replaced]).max() <= 2
    # What the network painted itself has no detail to copy.
    own = FullSize(photo, WorkingResult(image, weight, field, None, np.zeros(SIZE, np.float32))).picture()
    none = FullSize(photo, WorkingResult(image, weight)).picture()
    np.testing.assert_array_equal(own, none)
    assert np.abs(none[replaced].astype(float) - resize_image(image, FULL)[replaced]).mean() < 2


def test_two_pieces_side_by_side_leave_no_gap(photo: np.ndarray) -> None:
    whole = Origin.unmoved(SIZE)
    mask = np.zeros(SIZE, bool)
    mask[20:50, 50:80] = True
    coords = np.moveaxis(np.indices(SIZE), 0, -1)
    for columns, shift in ((slice(50, 65), 30.0), (slice(65, 80), 29.0)):
        part = np.zeros(SIZE, bool)
        part[20:50, columns] = True
        whole = whole.pasted(
            Origin.unmoved(SIZE), coords - (0, shift), part, Affine.of_pixels(np.eye(2), np.array([0, -shift]), SIZE)
        )
    white = np.full_like(photo, 255)
    white[:, :460] = (30, 60, 160)
    out = FullSize(white, result(white, whole)).picture()
    assert (out[180:380, 420:620] == (30, 60, 160)).all()


def test_at_the_working_size_the_result_is_the_picture_itself(photo: np.ndarray) -> None:
    small = resize_image(photo, SIZE)
    image = np.random.default_rng(0).integers(0, 256, small.shape, dtype=np.uint8)
    weight = np.zeros(SIZE, np.float32)
    weight[20:40, 30:60] = 1
    weight[20:40, 60:64] = 0.4
    field = np.moveaxis(np.indices(SIZE, np.float32), 0, -1).copy()
    out = FullSize(small, WorkingResult(image, weight, field)).picture()
    np.testing.assert_array_equal(out, blend(small, image, weight))


def test_another_result_on_the_same_photo_shares_what_depends_on_the_photo(photo: np.ndarray) -> None:
    first = FullSize(photo, result(photo, moved((10, 30))))
    first.picture()
    other = result(photo, moved((2, 25)))
    np.testing.assert_array_equal(first.with_result(other).picture(), FullSize(photo, other).picture())
