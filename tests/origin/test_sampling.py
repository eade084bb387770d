"""Copies are the photo's own pixels, or one resampling of them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data
from skimage.metrics import peak_signal_noise_ratio
from torch.nn import functional as F

from primage.origin.sampling import piece_colours, sample
from primage.origin.transforms import Affine, Piece

PHOTO = np.ascontiguousarray(data.astronaut()[:200, 100:340])


def points_of(size: tuple[int, int]) -> np.ndarray:
    y, x = np.mgrid[0 : size[0], 0 : size[1]]
    return np.stack([(x + 0.5) / size[1], (y + 0.5) / size[0]], -1).reshape(-1, 2)


def copied(matrix: tuple[float, float, float, float, float, float], size: tuple[int, int]) -> np.ndarray:
    piece = Piece(transforms=(Affine(matrix=matrix),))
    return np.rint(piece_colours(PHOTO, piece, points_of(size), size)).reshape(*size, 3).astype(np.uint8)


def test_unmoved_pixels_are_the_photos() -> None:
    assert (copied((1, 0, 0, 1, 0, 0), (200, 240)) == PHOTO).all()


def test_a_shift_is_rounded_to_whole_pixels() -> None:
    shifted = copied((1, 0, 0, 1, 30.4 / 240, -20.3 / 200), (200, 240))
    assert (shifted[20:, :-30] == PHOTO[:-20, 30:]).all()


def test_enlarged_is_bicubic() -> None:
    enlarged = copied((0.5, 0, 0, 0.5, 0.25, 0.25), (200, 240))
    # PyTorch's own bicubic resampling of the same quarter.
    image = torch.from_numpy(PHOTO).permute(2, 0, 1)[None].float()
    y, x = torch.meshgrid((torch.arange(200) + 0.5) / 200, (torch.arange(240) + 0.5) / 240, indexing="ij")
    grid = torch.stack([(x * 0.5 + 0.25) * 2 - 1, (y * 0.5 + 0.25) * 2 - 1], -1)[None]
    direct = F.grid_sample(image, grid, mode="bicubic", padding_mode="border", align_corners=False)
    expected = direct[0].permute(1, 2, 0).clamp(0, 255).round().numpy().astype(np.uint8)
    assert peak_signal_noise_ratio(expected, enlarged) > 50


@pytest.mark.parametrize("factor", [2, 4])
def test_shrunk_is_the_mean(factor: int) -> None:
    size = (200 // factor, 240 // factor)
    smaller = copied((1, 0, 0, 1, 0, 0), size)
    direct = np.asarray(Image.fromarray(PHOTO).resize(size[::-1], Image.Resampling.BOX))
    assert peak_signal_noise_ratio(direct, smaller) > 45


def test_places_outside_the_photo_are_its_border() -> None:
    assert (sample(PHOTO, np.array([(-5.0, -7.0)]))[0] == PHOTO[0, 0]).all()
    assert sample(PHOTO, np.zeros((0, 2))).shape == (0, 3)


def test_one_pixel() -> None:
    assert sample(PHOTO[:1, :1], np.array([(0.3, 0.2)]))[0].tolist() == PHOTO[0, 0].tolist()
