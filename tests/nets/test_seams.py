"""Seams: gone where the drawing shows none, kept where it does, and nothing done where nothing was moved."""

from __future__ import annotations

import pytest
import torch

from primage.grid import identity_grid
from primage.nets.layers import sample
from primage.nets.seams import mend_seams, soften_tears

SIDE = 64


def ramp() -> torch.Tensor:
    """A sky: brighter from row to row, (1, 3, 64, 64)."""
    return torch.linspace(-0.5, 0.5, SIDE)[None, None, :, None].expand(1, 3, SIDE, SIDE).clone()


def patch_from_above() -> tuple[torch.Tensor, torch.Tensor]:
    """The same with a square copied from 20 rows higher up, and where everything was copied from."""
    moved = torch.zeros(1, 2, SIDE, SIDE)
    moved[:, 1, 28:44, 24:40] = -20
    copied = ramp()
    copied[..., 28:44, 24:40] = ramp()[..., 8:24, 24:40]
    return copied, moved


def test_a_seam_in_an_empty_area_is_gone() -> None:
    copied, moved = patch_from_above()
    mended = mend_seams(copied, moved, torch.zeros(1, 10, SIDE, SIDE))
    before = (copied - ramp()).abs().amax()
    assert float((mended - ramp()).abs().amax()) < 0.15 * float(before)
    untouched = torch.ones(SIDE, SIDE, dtype=torch.bool)
    untouched[24:48, 20:44] = False
    torch.testing.assert_close(mended[..., untouched], copied[..., untouched], atol=2e-3, rtol=0)


def test_a_seam_that_the_drawing_shows_is_left() -> None:
    copied, moved = patch_from_above()
    drawing = torch.zeros(1, 10, SIDE, SIDE)
    drawing[:, :8, 28:44, 24:40] = 1.0  # a thing of another label
    mended = mend_seams(copied, moved, drawing)
    torch.testing.assert_close(mended, copied, atol=0.05, rtol=0)


def test_nothing_is_done_where_nothing_is_torn() -> None:
    copied = ramp()
    moved = torch.linspace(0, 20, SIDE)[None, None, None, :].expand(1, 2, SIDE, SIDE)
    assert mend_seams(copied, moved, torch.zeros(1, 10, SIDE, SIDE)) is copied


def test_a_border_between_two_copies_is_a_mixture_a_pixel_wide() -> None:
    photo = torch.zeros(1, 3, SIDE, SIDE)
    photo[..., :32], photo[..., 48:] = -1.0, 1.0
    here = identity_grid((SIDE, SIDE)).permute(0, 3, 1, 2)
    moved = torch.zeros(1, 2, SIDE, SIDE)
    moved[:, 0, :, 20:] = 36.0  # left of column 20 the photo's own left, from there on what lies 36 px further right
    moved *= 2 / (SIDE - 1)
    copied = sample(photo, (here + moved).permute(0, 2, 3, 1))
    softened = soften_tears(copied, photo, here, moved)
    assert softened[0, 0, 5, 18:22].tolist() == pytest.approx([-1.0, -0.5, 0.5, 1.0], abs=1e-4)
    assert soften_tears(copied, photo, here, torch.zeros_like(moved)) is copied


def test_a_smooth_field_is_not_softened() -> None:
    photo = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    moved = torch.linspace(0, 20, SIDE)[None, None, None].expand(1, 2, SIDE, SIDE)
    here = identity_grid((SIDE, SIDE)).permute(0, 3, 1, 2)
    assert soften_tears(photo, photo, here, moved * (2 / (SIDE - 1))) is photo


def test_a_border_is_softened_alike_from_a_photo_of_another_size() -> None:
    photo = torch.zeros(1, 3, SIDE, SIDE)
    photo[..., 32:] = 1.0
    here = identity_grid((SIDE, SIDE)).permute(0, 3, 1, 2)
    moved = torch.zeros(1, 2, SIDE, SIDE)
    moved[:, 0, :, 20:] = 40 * 2 / (SIDE - 1)
    softened = []
    for source in (photo, photo.repeat_interleave(3, 2).repeat_interleave(3, 3)):
        copied = sample(source, (here + moved).permute(0, 2, 3, 1))
        softened.append(soften_tears(copied, source, here, moved)[..., 16:24])
    torch.testing.assert_close(softened[0], softened[1], atol=1e-4, rtol=0)
