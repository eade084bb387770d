"""Edits seen and exported at the photo's own size, compared with the photo."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page
from scipy import ndimage
from skimage import data
from torch.nn import functional as F

from primage.origin.plane import FIRST, REMOVED
from primage.origin.transforms import Piece
from tests.browser.desk import DRAWN_PX, Desk, duplicate_cup, move_nose, open_photo, remove_spoon
from tests.browser.launch import Studio


@pytest.fixture
def desk(page: Page, studio: Studio, request: pytest.FixtureRequest) -> Desk:
    photo: np.ndarray = getattr(data, request.param)()
    return open_photo(page, studio, photo[:, : photo.shape[1] // 2 * 2])  # pixels of the drawing are squares


def enlarged(mask: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """A mask of the drawing at the photo's size."""
    return np.asarray(Image.fromarray(mask).resize((photo.shape[1], photo.shape[0]), Image.Resampling.NEAREST))


def inside(mask: np.ndarray, photo: np.ndarray, px: int = 5) -> np.ndarray:
    return ndimage.binary_erosion(enlarged(mask, photo), iterations=px)


def untouched(index: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """What is farther away from an edit than what may change with it: 3.5 % of the shorter side, and an edge."""
    return ~enlarged(ndimage.distance_transform_edt(index == 0) <= 0.035 * DRAWN_PX + 4, photo)


def direct(photo: np.ndarray, piece: Piece) -> np.ndarray:
    """The whole photo under the map of a piece, in one call of PyTorch's bicubic resampling."""
    height, width = photo.shape[:2]
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    grid = torch.from_numpy(2 * piece(points).reshape(1, height, width, 2) - 1)
    image = torch.from_numpy(photo).permute(2, 0, 1)[None].double()
    out = F.grid_sample(image, grid, mode="bicubic", padding_mode="border", align_corners=False)
    return np.asarray(out[0].permute(1, 2, 0).clamp(0, 255).numpy())


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(float(((a.astype(float) - b) ** 2).mean()), 1e-9)))


@pytest.mark.parametrize("desk", ["coffee"], indirect=True)
def test_a_duplicated_scaled_and_turned_cup_is_the_photo_resampled(desk: Desk) -> None:
    duplicate_cup(desk)
    result = desk.result()

    index, (piece,) = desk.origin()
    (matrix,) = (transform.matrix for transform in piece.transforms)
    linear = np.array(matrix[:4]).reshape(2, 2)
    assert np.linalg.det(linear) < 0.97  # larger
    assert abs(linear[0, 1]) > 0.05  # turned
    cup = inside(index == FIRST, desk.photo)
    assert cup.mean() > 0.1
    assert psnr(result[cup], direct(desk.photo, piece)[cup]) >= 45
    still = untouched(index, desk.photo)
    assert still.mean() > 0.3
    np.testing.assert_array_equal(result[still], desk.photo[still])


@pytest.mark.parametrize("desk", ["coffee"], indirect=True)
def test_the_spoon_is_removed(desk: Desk) -> None:
    remove_spoon(desk)
    result = desk.result()
    index, pieces = desk.origin()
    assert not pieces
    spoon = inside(index == REMOVED, desk.photo, 8)
    assert spoon.any()
    # The bowl is bright and grey; saucer and shadow are dark and red.
    grey = (desk.photo.min(axis=2) > 110) & spoon
    assert grey.mean() > 0.001
    assert (result.min(axis=2) > 110)[spoon].sum() < 0.1 * grey.sum()
    still = untouched(index, desk.photo)
    assert still.mean() > 0.5
    np.testing.assert_array_equal(result[still], desk.photo[still])


@pytest.mark.parametrize("desk", ["chelsea"], indirect=True)
def test_a_moved_nose_is_the_photo_itself(desk: Desk) -> None:
    move_nose(desk)
    result = desk.result()
    index, (piece,) = desk.origin()
    assert (index == REMOVED).any()
    (matrix,) = (transform.matrix for transform in piece.transforms)
    assert np.allclose(matrix[:4], (1, 0, 0, 1))
    nose = inside(index == FIRST, desk.photo)
    assert nose.any()
    height, width = desk.photo.shape[:2]
    shift = np.array([-matrix[5] * height, -matrix[4] * width])
    np.testing.assert_allclose(shift, np.rint(shift), atol=1e-6)
    moved = np.roll(desk.photo, np.rint(shift).astype(int), (0, 1))
    np.testing.assert_array_equal(result[nose], moved[nose])
    still = untouched(index, desk.photo)
    np.testing.assert_array_equal(result[still], desk.photo[still])
