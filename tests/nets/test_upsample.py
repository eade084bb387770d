"""Upsampling of flow: bilinear where it is continuous, sharp at discontinuities."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from primage.nets.upsample import (
    candidate_flows,
    convex_upsample,
    flow_gradient_where_scaled,
    neighbours_3x3,
    upsample_nearest,
)

CELL = torch.tensor([1.0, 1.0])


def test_equal_weights_upsample_bilinearly() -> None:
    flow = torch.rand(2, 2, 5, 7, generator=torch.Generator().manual_seed(0)) * 0.9  # never a cell apart
    out = convex_upsample(candidate_flows(flow), torch.zeros(2, 36, 5, 7), CELL)
    torch.testing.assert_close(out, F.interpolate(flow, scale_factor=2.0, mode="bilinear"), atol=1e-2, rtol=0)


def test_a_large_weight_takes_one_neighbour_unchanged() -> None:
    flow = torch.rand(1, 2, 4, 4, generator=torch.Generator().manual_seed(0))
    logits = torch.zeros(1, 36, 4, 4)
    logits[:, 4 * 5 : 4 * 6] = 50.0  # the right neighbour
    torch.testing.assert_close(convex_upsample(candidate_flows(flow), logits, CELL)[:, :, 2, 2], flow[:, :, 1, 2])


def test_the_two_sides_of_a_discontinuity_are_not_averaged() -> None:
    flow = torch.zeros(1, 2, 4, 6)
    flow[..., 3:] = 7.0
    logits = torch.randn(1, 36, 4, 6, generator=torch.Generator().manual_seed(0))
    out = convex_upsample(candidate_flows(flow), logits, CELL)
    assert set(out.round(decimals=3).unique().tolist()) <= {0.0, 7.0}


def test_what_counts_as_a_discontinuity_is_measured_in_cells() -> None:
    flow = torch.zeros(1, 2, 4, 6)
    flow[..., 3:] = 7.0
    out = convex_upsample(candidate_flows(flow), torch.zeros(1, 36, 4, 6), 10 * CELL)
    torch.testing.assert_close(out, F.interpolate(flow, scale_factor=2.0, mode="bilinear"), atol=3e-2, rtol=0)


def test_neighbours_are_in_rows_and_replicate_the_border() -> None:
    flow = torch.arange(6.0).view(1, 1, 2, 3).expand(1, 2, 2, 3)
    nine = neighbours_3x3(flow)
    assert nine[0, 0, :, 0, 1].tolist() == [0, 1, 2, 0, 1, 2, 3, 4, 5]
    assert upsample_nearest(flow)[0, 0, 0].tolist() == [0, 0, 1, 1, 2, 2]


def test_with_the_gradient_every_candidate_of_linear_flow_is_the_same() -> None:
    y, x = torch.meshgrid(torch.arange(4.0), torch.arange(6.0), indexing="ij")
    flow = torch.stack([0.5 * x + 0.25 * y, -0.5 * y])[None]
    gradient = torch.tensor([[0.5, 0.25], [0.0, -0.5]])[None, :, :, None, None].expand(1, 2, 2, 4, 6)
    logits = torch.randn(1, 36, 4, 6, generator=torch.Generator().manual_seed(0))
    out = convex_upsample(candidate_flows(flow, gradient), logits, CELL)[..., 2:-2, 2:-2]
    expected = F.interpolate(flow, scale_factor=2.0, mode="bilinear")[..., 2:-2, 2:-2]
    torch.testing.assert_close(out, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("stretch", [-0.5, 1.0])
def test_the_gradient_of_a_scaled_part_is_found(stretch: float) -> None:
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    gradient = flow_gradient_where_scaled(stretch * torch.stack([x, y])[None], CELL)
    assert gradient is not None
    expected = stretch * torch.eye(2)[None, :, :, None, None].expand(1, 2, 2, 8, 8)
    torch.testing.assert_close(gradient, expected, atol=1e-2, rtol=0)


def test_gentle_warps_and_discontinuities_have_no_gradient() -> None:
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    flow = -0.2 * torch.stack([x, y])[None]
    flow[..., 4:] += 9.0
    assert flow_gradient_where_scaled(flow, CELL) is None
