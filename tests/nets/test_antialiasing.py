"""Antialiasing: a pixel beside a flow discontinuity is a mixture, all others are unchanged."""

from __future__ import annotations

import pytest
import torch

from primage.grid import identity_grid
from primage.nets.antialiasing import antialias_discontinuities
from primage.nets.layers import sample

SIDE = 64


def target_coords() -> torch.Tensor:
    return identity_grid((SIDE, SIDE)).permute(0, 3, 1, 2)


def test_the_boundary_between_two_copies_is_a_mixture_a_pixel_wide() -> None:
    photo = torch.zeros(1, 3, SIDE, SIDE)
    photo[..., :32], photo[..., 48:] = -1.0, 1.0
    flow = torch.zeros(1, 2, SIDE, SIDE)
    flow[:, 0, :, 20:] = 36.0  # left of column 20 the photo's own left, from there on what lies 36 px further right
    flow *= 2 / (SIDE - 1)
    copied = sample(photo, (target_coords() + flow).permute(0, 2, 3, 1))
    smooth = antialias_discontinuities(copied, photo, target_coords(), flow)
    assert smooth[0, 0, 5, 18:22].tolist() == pytest.approx([-1.0, -0.5, 0.5, 1.0], abs=1e-4)
    assert antialias_discontinuities(copied, photo, target_coords(), torch.zeros_like(flow)) is copied


def test_continuous_flow_changes_nothing() -> None:
    photo = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    flow = torch.linspace(0, 20, SIDE)[None, None, None].expand(1, 2, SIDE, SIDE) * (2 / (SIDE - 1))
    assert antialias_discontinuities(photo, photo, target_coords(), flow) is photo


def test_the_photos_size_makes_no_difference() -> None:
    photo = torch.zeros(1, 3, SIDE, SIDE)
    photo[..., 32:] = 1.0
    flow = torch.zeros(1, 2, SIDE, SIDE)
    flow[:, 0, :, 20:] = 40 * 2 / (SIDE - 1)
    out = []
    for source in (photo, photo.repeat_interleave(3, 2).repeat_interleave(3, 3)):
        copied = sample(source, (target_coords() + flow).permute(0, 2, 3, 1))
        out.append(antialias_discontinuities(copied, source, target_coords(), flow)[..., 16:24])
    torch.testing.assert_close(out[0], out[1], atol=1e-4, rtol=0)
