"""Semi-global matching: against an exhaustive search along a row, and across flow discontinuities."""

from __future__ import annotations

import itertools

import pytest
import torch

from primage.nets.semi_global_matching import _MAX_COST, _SMALL_PENALTY, aggregate_costs, max_filter_3x3


def likelihoods(*shape: int, seed: int = 0) -> torch.Tensor:
    logits = torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).abs().neg()
    return logits - logits.amax((3, 4), keepdim=True)


def test_along_a_row_it_is_the_best_of_all_assignments() -> None:
    width, columns = 3, 4
    own = likelihoods(1, 1, width, 1, columns)
    penalties = torch.tensor([[[0.4, 0.9]]])
    aggregated = aggregate_costs(own, penalties, torch.zeros(1, 0, width))[0, 0, :, 0]

    def total(matches: tuple[int, ...]) -> float:
        value = sum(float(own[0, 0, p, 0, m]) for p, m in enumerate(matches))
        for p, (a, b) in enumerate(itertools.pairwise(matches)):
            penalty = {0: 0.0, 1: _SMALL_PENALTY}.get(abs(b - a - 1), float("inf"))
            value -= min(penalty, float(penalties[0, 0, p]))
        return value

    every = list(itertools.product(range(columns), repeat=width))
    for p in range(width):
        exact = torch.tensor([max(total(m) for m in every if m[p] == match) for match in range(columns)])
        # Up to a constant: the best of all is the same for every match of a cell.
        torch.testing.assert_close(aggregated[p] - aggregated[p].max(), exact - exact.max())


def test_an_empty_cell_follows_its_neighbours_and_a_copied_part_stays_whole() -> None:
    # Eight columns; the right half repeats the left one. Within each half only the first cell is distinctive.
    own = torch.zeros(1, 1, 8, 1, 8)
    own[0, 0, 0, 0] = own[0, 0, 4, 0] = -_MAX_COST
    own[0, 0, 0, 0, 0] = own[0, 0, 4, 0, 0] = 0.0
    penalties = torch.full((1, 1, 7), 5.0)
    penalties[0, 0, 3] = 0.5  # a line between the halves
    best = aggregate_costs(own, penalties, torch.zeros(1, 0, 8)).flatten(3).argmax(-1)[0, 0]
    assert best.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


def test_rows_and_columns_are_treated_alike() -> None:
    own = likelihoods(2, 4, 3, 3, 5)
    right = torch.rand(2, 4, 2, generator=torch.Generator().manual_seed(1))
    down = torch.rand(2, 3, 3, generator=torch.Generator().manual_seed(2))
    transposed = aggregate_costs(own.permute(0, 2, 1, 4, 3), down.transpose(1, 2), right.transpose(1, 2))
    torch.testing.assert_close(aggregate_costs(own, right, down), transposed.permute(0, 2, 1, 4, 3))


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (6, 4)])
def test_the_max_filter_is_max_pooling(shape: tuple[int, int]) -> None:
    x = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(max_filter_3x3(x), torch.nn.functional.max_pool2d(x[:, None], 3, 1, 1)[:, 0])
