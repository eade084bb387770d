"""Warping of features, the distance of primitives, and one refinement level."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from primage.grid import coords_grid
from primage.nets.refinement import FlowState, Level, RefineLevel, primitive_distance, warp_features
from primage.nets.upsample import candidate_flows

CPU = torch.device("cpu")


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def level(stride: int, side: int = 64) -> Level:
    features, pool = noise(1, 6, side // stride, side // stride), noise(1, 3, side // stride, side // stride, seed=1)
    target_coords = F.avg_pool2d(coords_grid((side, side), (side, side), CPU), stride)
    return Level(features, features, pool, pool, target_coords, (side, side), stride, torch.zeros(3))


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_zero_flow_warps_features_onto_themselves(stride: int) -> None:
    at = level(stride)
    torch.testing.assert_close(at.warped(at.target_coords), at.reference, atol=1e-4, rtol=0)


def test_features_are_warped_by_whole_cells() -> None:
    features = noise(1, 4, 8, 8)
    source_coords = F.avg_pool2d(coords_grid((64, 64), (64, 64), CPU), 8)
    source_coords = source_coords + torch.tensor([2 * 8 / 63, 0.0])[None, :, None, None]
    warped = warp_features(features, source_coords, (64, 64), 8)
    torch.testing.assert_close(warped[..., :-1], features[..., 1:], atol=1e-4, rtol=0)


def test_the_distance_is_0_for_the_true_flow_alone() -> None:
    finer = level(4)
    distance = primitive_distance(candidate_flows(torch.zeros(1, 2, 8, 8)), finer)
    assert distance.shape == (1, 9, 16, 16)
    assert float(distance.max()) < 1e-6
    wrong = primitive_distance(candidate_flows(torch.full((1, 2, 8, 8), 0.3)), finer)
    assert float(wrong.min()) > 0.01


def test_an_untrained_level_keeps_smooth_flow_and_doubles_the_resolution() -> None:
    refine = RefineLevel(6 + 6 + 2, 8, 0.1, finer=6).eval()
    torch.nn.init.zeros_(refine.flow_head.weight)
    torch.nn.init.zeros_(refine.flow_head.bias)
    coarse, finer = level(8), level(4)
    flow = torch.full((1, 2, 8, 8), 0.05)
    state = refine(FlowState(flow, coarse.target_coords), coarse)
    assert torch.equal(state.flow, flow)
    assert state.hidden is not None
    torch.testing.assert_close(state.source_coords, flow + coarse.target_coords)
    state = refine.upsample(state, coarse, finer)
    torch.testing.assert_close(state.flow, torch.full((1, 2, 16, 16), 0.05))
    assert state.hidden is not None
    assert state.hidden.shape == (1, 8, 16, 16)


def test_the_last_level_upsamples_to_full_size() -> None:
    refine = RefineLevel(6 + 6, 8, 0.1, finer=None).eval()
    half = level(2)
    state = refine(FlowState(torch.zeros(1, 2, 32, 32), half.target_coords), half)
    assert refine.upsample_full(state, half).shape == (1, 2, 64, 64)
