from __future__ import annotations

import numpy as np
import torch

from primage.grid import identity_grid
from primage.image import resize_image
from primage.nets.generator import Painted
from primage.studio.workers.blending import blend, blend_mask, resize_mask, upsample_render
from primage.tensors import to_tensor
from tests.tiny import picture

SIZE = (96, 128)


def test_without_an_edit_nothing_is_replaced() -> None:
    photo, other = picture(size=SIZE), picture(1, size=SIZE)
    mask = blend_mask(np.zeros(SIZE, bool), other, photo)
    assert not mask.any()
    np.testing.assert_array_equal(blend(photo, other, mask), photo)


def test_an_edit_affects_its_surroundings_and_what_moved_with_it() -> None:
    photo = picture(size=SIZE)
    changed = np.zeros(SIZE, bool)
    changed[40:44, 40:44] = True
    near = blend_mask(changed, photo, photo)
    assert (near[changed] == 1).all()
    assert not near[:, 64:].any()
    # The render moved the inside of something whose outline was moved, and something far away, which stays.
    moved = photo.copy()
    moved[40:70, 42:80] = 255 - moved[40:70, 42:80]
    moved[0:8, 110:120] = 255 - moved[0:8, 110:120]
    far = blend_mask(changed, moved, photo)
    assert (far[45:65, 46:76] == 1).all()
    assert not far[:20, 100:].any()
    mixed = blend(photo, moved, far)
    np.testing.assert_array_equal(mixed[far == 0], photo[far == 0])
    np.testing.assert_array_equal(mixed[far == 1], moved[far == 1])


def test_a_resized_mask_keeps_the_zeros() -> None:
    mask = np.zeros((10, 10), np.float32)
    mask[4:6, 4:6] = 1
    large = resize_mask(mask, (50, 50))
    assert large.shape == (50, 50)
    assert not large[:15].any()
    assert large.max() == 1


def painted(grid: torch.Tensor, image: np.ndarray) -> Painted:
    sure = torch.full((1, 1, *image.shape[:2]), 20.0)
    return Painted(to_tensor(image), grids=(grid,), confidence=sure)


def test_copied_pixels_get_their_full_size_detail() -> None:
    full = picture(size=(96, 128))
    small = resize_image(full, (48, 64))
    plain = resize_image(small, (96, 128))
    sharp = upsample_render(small, painted(identity_grid((48, 64)), small), full)
    assert sharp.shape == full.shape
    error = [float(np.abs(x.astype(int) - full).mean()) for x in (plain, sharp)]
    assert error[1] < 0.5 * error[0]


def test_a_shifted_copy_gets_the_detail_of_its_source() -> None:
    full = picture(size=(96, 128))
    small = resize_image(full, (48, 64))
    grid = identity_grid((48, 64)).clone()
    grid[..., 0] += 2 * 8 / 63  # eight small pixels to the right, sixteen large ones
    image = np.roll(small, -8, axis=1)
    sharp = upsample_render(image, painted(grid, image), full)
    inside = np.s_[8:-8, 8:96]
    expected = np.roll(full, -16, axis=1)[inside].astype(int)
    plain = resize_image(image, (96, 128))[inside]
    assert np.abs(sharp[inside] - expected).mean() < 0.6 * np.abs(plain - expected).mean()


def test_synthesised_pixels_get_no_detail() -> None:
    full = picture(size=(96, 128))
    small = resize_image(full, (48, 64))
    synthesised = np.zeros((48, 64), bool)
    synthesised[10:30, 20:50] = True
    sharp = upsample_render(small, painted(identity_grid((48, 64)), small), full)
    found = upsample_render(small, painted(identity_grid((48, 64)), small), full, synthesised)
    inside, outside = np.s_[20:60, 40:100], np.s_[70:]
    np.testing.assert_array_equal(found[inside], resize_image(small, (96, 128))[inside])
    np.testing.assert_array_equal(found[outside], sharp[outside])


def test_a_render_without_copies_is_only_resized() -> None:
    small = picture()
    large = upsample_render(small, Painted(to_tensor(small)), picture(size=(96, 128)))
    np.testing.assert_array_equal(large, resize_image(small, (96, 128)))
