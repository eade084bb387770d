"""Enlarging displacements: bilinear where they are whole, sharp where they are torn."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from primage.nets.enlarge import candidates, enlarge, nine_around, slope_where_stretched, twice

CELL = torch.tensor([1.0, 1.0])


def test_without_a_preference_it_enlarges_bilinearly() -> None:
    moved = torch.rand(2, 2, 5, 7, generator=torch.Generator().manual_seed(0)) * 0.9  # never a cell apart
    out = enlarge(candidates(moved), torch.zeros(2, 36, 5, 7), CELL)
    torch.testing.assert_close(out, F.interpolate(moved, scale_factor=2.0, mode="bilinear"), atol=1e-2, rtol=0)


def test_a_strong_preference_takes_one_neighbour_as_it_is() -> None:
    moved = torch.rand(1, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    preference = torch.zeros(1, 36, 4, 4)
    preference[:, 4 * 5 : 4 * 6] = 50.0  # the one to the right
    torch.testing.assert_close(enlarge(candidates(moved), preference, CELL)[:, :, 2, 2], moved[:, :, 1, 2])


def test_nothing_is_invented_between_the_two_sides_of_a_tear() -> None:
    moved = torch.zeros(1, 2, 4, 6)
    moved[..., 3:] = 7.0
    out = enlarge(candidates(moved), torch.randn(1, 36, 4, 6, generator=torch.Generator().manual_seed(0)), CELL)
    assert set(out.round(decimals=3).unique().tolist()) <= {0.0, 7.0}


def test_what_counts_as_a_tear_is_measured_in_cells() -> None:
    moved = torch.zeros(1, 2, 4, 6)
    moved[..., 3:] = 7.0
    out = enlarge(candidates(moved), torch.zeros(1, 36, 4, 6), 10 * CELL)
    torch.testing.assert_close(out, F.interpolate(moved, scale_factor=2.0, mode="bilinear"), atol=3e-2, rtol=0)


def test_nine_around_are_in_rows_and_repeat_the_border() -> None:
    moved = torch.arange(6.0).view(1, 1, 2, 3).expand(1, 2, 2, 3)
    nine = nine_around(moved)
    assert nine[0, 0, :, 0, 1].tolist() == [0, 1, 2, 0, 1, 2, 3, 4, 5]
    assert twice(moved)[0, 0, 0].tolist() == [0, 0, 1, 1, 2, 2]


def test_along_a_slope_every_neighbour_offers_the_same() -> None:
    y, x = torch.meshgrid(torch.arange(4.0), torch.arange(6.0), indexing="ij")
    moved = torch.stack([0.5 * x + 0.25 * y, -0.5 * y])[None]
    slope = torch.tensor([[0.5, 0.25], [0.0, -0.5]])[None, :, :, None, None].expand(1, 2, 2, 4, 6)
    preference = torch.randn(1, 36, 4, 6, generator=torch.Generator().manual_seed(0))
    out = enlarge(candidates(moved, slope), preference, CELL)[..., 2:-2, 2:-2]
    wanted = F.interpolate(moved, scale_factor=2.0, mode="bilinear")[..., 2:-2, 2:-2]
    torch.testing.assert_close(out, wanted, atol=1e-4, rtol=0)


@pytest.mark.parametrize("stretch", [-0.5, 1.0])
def test_the_slope_of_a_scaled_part_is_found(stretch: float) -> None:
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    slope = slope_where_stretched(stretch * torch.stack([x, y])[None], CELL)
    assert slope is not None
    wanted = stretch * torch.eye(2)[None, :, :, None, None].expand(1, 2, 2, 8, 8)
    torch.testing.assert_close(slope, wanted, atol=1e-2, rtol=0)


def test_gentle_warps_and_tears_are_no_slopes() -> None:
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    moved = -0.2 * torch.stack([x, y])[None]
    moved[..., 4:] += 9.0
    assert slope_where_stretched(moved, CELL) is None
