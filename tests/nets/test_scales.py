"""Scales: cells keep the scale at which they fit best, and a stretched field says at which scale to look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from primage.config import PainterConfig
from primage.nets.generator import Source, build_generator
from primage.nets.scales import Candidates, scale_of, slope_of
from primage.nets.universal import start_from_matcher
from primage.primitive.codes import code_matrix
from primage.primitive.primitive import encode
from tests.primitive.drawings import described, drawing
from tests.tiny import one_thread


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def own(rows: int, columns: int) -> Candidates:
    """One cell at hand, and rows × columns that it may come from, none of which fits."""
    count = rows * columns
    scale = torch.zeros(count, dtype=torch.long)
    return Candidates(torch.full((1, 1, count), -9.0), torch.zeros(count, 2), None, scale)


@pytest.mark.parametrize(("shape", "cell"), [((4, 6), (1, 3)), ((5, 6), (1, 3)), ((4, 7), (1, 3))])
def test_the_cells_of_a_larger_drawing_serve_the_cell_they_lie_in(
    shape: tuple[int, int], cell: tuple[int, int]
) -> None:
    larger = torch.full((1, 1, 8, 12), -9.0)
    larger[0, 0, 3, 7] = 5.0
    places = torch.rand(96, 2, generator=torch.Generator().manual_seed(0))
    both = own(*shape).beside(larger, places, shape)
    best = both.logits[0, 0].argmax()
    assert divmod(int(best), shape[1]) == cell
    at = both.of(best.view(1, 1, 1))
    torch.testing.assert_close(both.places[at][0, 0, 0], places[3 * 12 + 7])
    assert int(both.scale[at]) == 1


def test_a_cell_of_a_smaller_drawing_serves_the_four_it_covers() -> None:
    smaller = torch.full((1, 1, 2, 3), -9.0)
    smaller[0, 0, 1, 2] = 5.0
    both = own(4, 6).beside(smaller, torch.zeros(6, 2), (4, 6))
    fit = (both.logits[0, 0].view(4, 6) > 0).nonzero().tolist()
    assert fit == [[2, 4], [2, 5], [3, 4], [3, 5]]


def test_another_scale_has_to_fit_better_than_a_little() -> None:
    first = replace(own(4, 6), logits=torch.zeros(1, 1, 24))
    both = first.beside(torch.full((1, 1, 8, 12), 1.0), torch.zeros(96, 2), (4, 6))
    assert both.scale[both.of(torch.arange(24).view(1, 1, 24))].unique().tolist() == [0]


@pytest.mark.parametrize(("stretch", "scale"), [(-0.5, 1), (0.0, 0), (-0.1, 0), (1.0, 2)])
def test_a_stretched_field_is_looked_at_in_its_own_scale(stretch: float, scale: int) -> None:
    y, x = torch.meshgrid(torch.arange(8.0), torch.arange(8.0), indexing="ij")
    moved = stretch * torch.stack([x, y])[None]
    found = scale_of(slope_of(moved))
    if scale == 0:
        assert found is None
    else:
        assert found is not None
        assert (found == scale).all()


def test_a_tear_is_no_slope() -> None:
    moved = torch.zeros(1, 2, 6, 8)
    moved[..., 4:] = 9.0
    assert float(slope_of(moved).abs().max()) == 0.0


def test_the_unedited_drawing_is_found_at_its_own_scale() -> None:
    primitive = drawing("super")
    spec = described(primitive)
    network = build_generator(PainterConfig(), spec.channels, torch.Generator().manual_seed(0)).eval()
    start_from_matcher(network, code_matrix(spec))
    height, width = primitive.size

    def source(scale: float) -> Source:
        size = (round(height * scale), round(width * scale))
        return Source(torch.zeros(1, 3, *size), encode(primitive.resized(size), spec))

    pair = network.prepared(replace(source(1.0), scaled=tuple(source(scale) for scale in network.scales)))
    assert pair.known is not None
    assert [known.size for known in pair.known.scaled] == [(2 * height, 2 * width), (height // 2, width // 2)]
    with torch.no_grad():
        alone, both = (network(source(1.0).primitive, known).grids[-1] for known in (source(1.0), pair))
    torch.testing.assert_close(alone, both, atol=0.02, rtol=0)
