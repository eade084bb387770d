"""The correlation volume and its best matches: the window around the best, aggregation, local refinement."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from primage.grid import identity_grid
from primage.nets.correlation import (
    Cells,
    CorrelationVolume,
    local_soft_argmax,
    pool_cells,
    squared_distances,
    windowed_soft_argmax,
)


def coords(height: int = 64, width: int = 64) -> torch.Tensor:
    return F.avg_pool2d(identity_grid((height, width)).permute(0, 3, 1, 2), 8)


def volume_of(logits: torch.Tensor) -> torch.Tensor:
    return logits.view(1, 1, 1, 8, 8)


def test_the_best_match_is_the_mean_of_its_window_alone() -> None:
    cells = coords()[0].flatten(1).T
    logits = torch.full((64,), -30.0)
    logits[9] = logits[10] = 5.0  # row 1, columns 1 and 2
    logits[54] = 4.9  # far away
    matched, log_likelihood = windowed_soft_argmax(volume_of(logits), volume_of(logits), coords())
    torch.testing.assert_close(matched[0, :, 0, 0], (cells[9] + cells[10]) / 2, atol=1e-4, rtol=0)
    assert float(log_likelihood) == pytest.approx(float(torch.tensor(2 / (2 + 0.9048)).log()), abs=1e-3)


def test_aggregation_decides_and_the_likelihood_is_the_volumes_own() -> None:
    cells = coords()[0].flatten(1).T
    logits = torch.full((64,), -30.0)
    logits[9], logits[54] = 5.0, 4.0
    aggregated = logits.clone()
    aggregated[54] = 9.0
    matched, log_likelihood = windowed_soft_argmax(volume_of(logits), volume_of(aggregated), coords())
    torch.testing.assert_close(matched[0, :, 0, 0], cells[54], atol=1e-4, rtol=0)
    assert float(log_likelihood) == pytest.approx(float(torch.tensor(1 / (1 + 2.71828)).log()), abs=1e-3)


def test_a_coarse_match_is_refined_among_the_cells_around_it() -> None:
    reference_coords = coords(64, 96)
    descriptors = F.normalize(torch.randn(1, 16, 8, 12, generator=torch.Generator().manual_seed(0)), dim=1)
    cell = torch.tensor([2 * 8 / 95, 2 * 8 / 63])[None, :, None, None]
    refined = local_soft_argmax(60 * descriptors, descriptors, reference_coords + 1.3 * cell, reference_coords, cell)
    torch.testing.assert_close(refined, reference_coords, atol=1e-3, rtol=0)


def test_the_volume_peaks_on_the_diagonal_for_a_primitive_and_itself() -> None:
    rng = torch.Generator().manual_seed(0)
    descriptors = F.normalize(torch.randn(2, 16, 8, 8, generator=rng), dim=1)
    cells = Cells(descriptors, coords(), torch.zeros(2, 4, 8, 8))
    correlation = CorrelationVolume(4)
    correlation.reset_parameters()
    volume = correlation(cells, cells)
    assert volume.shape == (2, 8, 8, 8, 8)
    assert torch.equal(volume.flatten(3).argmax(-1), torch.arange(64).view(8, 8).expand(2, 8, 8))


def test_primitives_are_compared_by_squared_distance() -> None:
    primitive = torch.zeros(1, 4, 8, 8)
    primitive[..., 4:] = 1.0
    cells = Cells(torch.zeros(1, 16, 8, 8), coords(), primitive)
    correlation = CorrelationVolume(4)
    correlation.reset_parameters()
    with torch.no_grad():
        correlation.log_displacement_weight.fill_(-100.0)
    volume = correlation(cells, cells)[0, 0, 0, 0]
    torch.testing.assert_close(volume[:4], torch.zeros(4))
    torch.testing.assert_close(volume[4:], torch.full((4,), -8.0))  # four channels, each of weight 2


def test_distances_are_those_of_cdist() -> None:
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 5, 3, generator=rng), torch.randn(2, 7, 3, generator=rng)
    torch.testing.assert_close(squared_distances(a, b), torch.cdist(a, b).square(), atol=1e-5, rtol=1e-5)


def test_incomplete_blocks_replicate_the_border() -> None:
    x = torch.tensor([[0.0, 2.0, 5.0]])[None, None]
    assert pool_cells(x, 2).tolist() == [[[[1.0, 5.0]]]]
    assert pool_cells(x, 1) is x
