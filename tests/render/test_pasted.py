"""Parts of other pictures: their own pixels, within their outline, at both sizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from skimage import data

from primage.image import resize_image
from primage.origin.pictures import Picture
from primage.origin.plane import DRAWN, FIRST, Origin
from primage.origin.transforms import Affine, Piece
from primage.render.full_size import FullSize, WorkingResult
from primage.render.pasted import Pasted, pasted_parts, with_parts
from tests.tiny import picture

SIZE, FULL = (72, 96), (576, 768)
ID = "ab" * 32
CAT = np.ascontiguousarray(data.chelsea()[:240, 100:340])
#: Where the cat is pasted, in pixels of the result: as large as it is, from row 200 and column 304 on.
TOP, LEFT = 200, 304
PIECE = Piece(transforms=(Affine(matrix=(768 / 240, 0, 0, 576 / 240, -LEFT / 240, -TOP / 240)),), picture=ID)


def disc(soft_px: float) -> np.ndarray:
    """The cat with opacity: a disc with a soft border."""
    y, x = np.indices((240, 240)) - 119.5
    opacity = np.clip((90 - np.hypot(x, y)) / soft_px + 0.5, 0, 1)
    return np.dstack([CAT, np.rint(255 * opacity).astype(np.uint8)])


def pasted_origin(pixels: np.ndarray) -> Origin:
    """As the editor makes it: pixels of the drawing that show what is not half transparent."""
    still = Origin.unmoved(SIZE)
    _, opacity = Picture(pixels).at(PIECE, still.places(np.ones(SIZE, bool)), SIZE)
    index = np.where(opacity.reshape(SIZE) >= 0.5, FIRST, 0).astype(np.uint16)
    return Origin(index, (PIECE,))


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return picture(size=FULL)


def full_size(photo: np.ndarray, origin: Origin, parts: tuple[Pasted, ...]) -> np.ndarray:
    eight = photo if photo.dtype == np.uint8 else (photo >> 8).astype(np.uint8)
    small = resize_image(eight, SIZE)
    result = WorkingResult(small, np.zeros(SIZE, np.float32), origin=origin.beneath, pasted=parts)
    return FullSize(photo, result).picture()


def expected(photo: np.ndarray, pixels: np.ndarray) -> np.ndarray:
    out = photo.astype(float)
    place = out[TOP : TOP + 240, LEFT : LEFT + 240]
    opacity = pixels[..., 3:] / 255 if pixels.shape[2] == 4 else np.ones((240, 240, 1))
    place += opacity * (pixels[..., :3] - place)
    return out


@pytest.mark.parametrize("pixels", [CAT, disc(2), disc(40)], ids=["opaque", "sharp", "soft"])
def test_at_full_size_it_is_the_picture_over_the_photo(photo: np.ndarray, pixels: np.ndarray) -> None:
    origin = pasted_origin(pixels)
    out = full_size(photo, origin, pasted_parts(origin, {ID: Picture(pixels)}))
    assert np.abs(out - expected(photo, pixels)).max() <= 1


def test_deep_photos(photo: np.ndarray) -> None:
    origin = pasted_origin(CAT)
    deep = photo.astype(np.uint16) * np.uint16(257)
    out = full_size(deep, origin, pasted_parts(origin, {ID: Picture(CAT)}))
    assert np.abs(out / 257 - expected(photo, CAT)).max() <= 1


def test_at_working_size_it_is_its_mean(photo: np.ndarray) -> None:
    pixels = disc(2)
    origin = pasted_origin(pixels)
    small = resize_image(photo, SIZE)
    out = with_parts(small, pasted_parts(origin, {ID: Picture(pixels)}))
    boxes = expected(photo, pixels).reshape(72, 8, 96, 8, 3).mean((1, 3))
    inside = ndimage.binary_erosion(origin.index == FIRST, iterations=2)
    assert np.abs(out - boxes)[inside].max() < 10
    assert np.abs(out - boxes)[inside].mean() < 1
    beside = ndimage.binary_dilation(origin.index == FIRST, iterations=2)
    assert (out[~beside] == small[~beside]).all()
    border = beside & ~inside
    assert np.abs(out[border] - boxes[border]).mean() < 8


def test_what_was_cut_off_does_not_come_back(photo: np.ndarray) -> None:
    origin = pasted_origin(CAT)
    index = origin.index.copy()
    index[:, 60:] = 0
    index[50:, 38:60] = DRAWN
    cut = replace(origin, index=index)
    out = full_size(photo, cut, pasted_parts(cut, {ID: Picture(CAT)}))
    right, below = np.s_[:, 60 * 8 + 24 :], np.s_[50 * 8 + 24 :, 38 * 8 : 60 * 8]
    np.testing.assert_array_equal(out[right], photo[right])
    assert (out[below] != CAT.mean()).all()
    inside = np.s_[TOP + 8 : 48 * 8, LEFT + 8 : 57 * 8]
    np.testing.assert_array_equal(out[inside], CAT[8 : 48 * 8 - TOP, 8 : 57 * 8 - LEFT])


def test_enlarged_it_is_as_sharp_as_the_picture(photo: np.ndarray) -> None:
    # A picture of 240 px over 480 px of the photo: one bicubic resampling.
    piece = Piece(transforms=(Affine(matrix=(1.6, 0, 0, 1.2, -0.3, -0.1)),), picture=ID)
    index = np.zeros(SIZE, np.uint16)
    index[10:60, 22:74] = FIRST
    origin = Origin(index, (piece,))
    out = full_size(photo, origin, pasted_parts(origin, {ID: Picture(CAT)}))
    y, x = np.mgrid[120:440, 220:560].astype(float)
    at = ((y + 0.5) / 576 * 1.2 - 0.1) * 240 - 0.5, ((x + 0.5) / 768 * 1.6 - 0.3) * 240 - 0.5
    direct = np.stack([ndimage.map_coordinates(p.astype(float), at, order=3) for p in np.moveaxis(CAT, -1, 0)], -1)
    error = out[120:440, 220:560] - direct
    assert 10 * np.log10(255**2 / (error**2).mean()) > 40


def test_light_is_fitted_where_the_same_is_around(photo: np.ndarray) -> None:
    grey = np.full((*FULL, 3), 150, np.uint8)
    dark = np.full((240, 240, 3), 120, np.uint8)
    dark[100:140, 100:140] = (200, 60, 40)
    index = np.zeros(SIZE, np.uint16)
    index[34:46, 46:60] = FIRST
    origin = Origin(index, (PIECE,))
    small = resize_image(grey, SIZE)
    (part,) = pasted_parts(origin, {ID: Picture(dark)})
    fitted = part.fitted(small)
    assert fitted.light is not None
    for out in (with_parts(small, [fitted]).repeat(8, 0).repeat(8, 1), full_size(grey, origin, (fitted,))):
        assert np.abs(out[36 * 8, 48 * 8] - 150.0).max() <= 2
    # White around it is another material, and so is nothing.
    bright = with_parts(np.full_like(small, 255), [part.fitted(np.full_like(small, 255))])
    assert np.abs(bright[36, 48] - 120.0).max() <= 1
    alone = np.dstack([dark, np.where(np.hypot(*(np.indices((240, 240)) - 120.0)) < 50, 255, 0)]).astype(np.uint8)
    (part,) = pasted_parts(origin, {ID: Picture(alone)})
    assert part.fitted(small).light is None


def test_other_colour_spaces(photo: np.ndarray) -> None:
    origin = pasted_origin(disc(2))
    (part,) = pasted_parts(origin, {ID: Picture(disc(2))})
    swapped = part.in_colours(lambda image: np.ascontiguousarray(image[..., ::-1]))
    assert (swapped.picture.colours == CAT[..., ::-1]).all()
    assert (swapped.picture.pixels[..., 3] == disc(2)[..., 3]).all()
    assert part.in_colours(lambda image: image) is part


def test_pictures_that_are_not_there_are_left_out() -> None:
    assert pasted_parts(pasted_origin(CAT), {}) == ()
