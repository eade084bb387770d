"""Agreement on matches: against all assignments tried one by one along a row, and on torn fields."""

from __future__ import annotations

import itertools

import pytest
import torch

from primage.nets.consensus import _STRETCH, _WORST, _greatest_around, consensus


def likelihoods(*shape: int, seed: int = 0) -> torch.Tensor:
    logits = torch.randn(*shape, generator=torch.Generator().manual_seed(seed)).abs().neg()
    return logits - logits.amax((3, 4), keepdim=True)


def test_along_a_row_it_is_the_best_of_all_assignments() -> None:
    width, there = 3, 4
    own = likelihoods(1, 1, width, 1, there)
    breaks = torch.tensor([[[0.4, 0.9]]])
    agreed = consensus(own, breaks, torch.zeros(1, 0, width))[0, 0, :, 0]

    def total(matches: tuple[int, ...]) -> float:
        value = sum(float(own[0, 0, p, 0, m]) for p, m in enumerate(matches))
        for p, (a, b) in enumerate(itertools.pairwise(matches)):
            stretch = abs(b - a - 1)
            company = {0: 0.0, 1: _STRETCH}.get(stretch, float("inf"))
            value -= min(company, float(breaks[0, 0, p]))
        return value

    every = list(itertools.product(range(there), repeat=width))
    for p in range(width):
        exact = torch.tensor([max(total(m) for m in every if m[p] == wanted) for wanted in range(there)])
        # Up to a constant: the best of all is the same for every match of a cell.
        torch.testing.assert_close(agreed[p] - agreed[p].max(), exact - exact.max())


def test_an_empty_place_follows_its_neighbours_and_a_copied_one_stays_whole() -> None:
    # Eight columns; the right half shows the left one again. Within each half only the first cell can be told.
    own = torch.zeros(1, 1, 8, 1, 8)
    own[0, 0, 0, 0] = own[0, 0, 4, 0] = -_WORST
    own[0, 0, 0, 0, 0] = own[0, 0, 4, 0, 0] = 0.0
    breaks = torch.full((1, 1, 7), 5.0)
    breaks[0, 0, 3] = 0.5  # a line between the halves
    best = consensus(own, breaks, torch.zeros(1, 0, 8)).flatten(3).argmax(-1)[0, 0]
    assert best.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


def test_rows_and_columns_are_treated_alike() -> None:
    own = likelihoods(2, 4, 3, 3, 5)
    right = torch.rand(2, 4, 2, generator=torch.Generator().manual_seed(1))
    down = torch.rand(2, 3, 3, generator=torch.Generator().manual_seed(2))
    turned = consensus(own.permute(0, 2, 1, 4, 3), down.transpose(1, 2), right.transpose(1, 2))
    torch.testing.assert_close(consensus(own, right, down), turned.permute(0, 2, 1, 4, 3))


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (6, 4)])
def test_maxima_are_those_of_pooling(shape: tuple[int, int]) -> None:
    x = torch.randn(3, *shape, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(_greatest_around(x), torch.nn.functional.max_pool2d(x[:, None], 3, 1, 1)[:, 0])
