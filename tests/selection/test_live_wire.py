"""Paths that follow edges."""

from __future__ import annotations

import numpy as np
import pytest

from primage.selection.live_wire import LiveWire
from primage.selection.prepared import prepare
from primage.selection.selecting import SelectionError

Y, X = np.mgrid[:200, :200]


def disc(factor: int = 1) -> np.ndarray:
    picture = np.where((np.hypot(X - 100, Y - 100) < 60)[..., None], (200, 90, 60), (40, 70, 90)).astype(np.uint8)
    return np.kron(picture, np.ones((factor, factor, 1), np.uint8))


@pytest.mark.parametrize("factor", [1, 6])
def test_the_path_follows_the_edge(factor: int) -> None:
    wire = LiveWire(prepare(disc(factor)))
    start, end = (40.0 * factor, 100.0 * factor), (100.0 * factor, 40.0 * factor)
    path = wire.path(start, end)
    assert tuple(path[0]) == start
    assert tuple(path[-1]) == end
    radius = np.hypot(path[:, 0] / factor - 100, path[:, 1] / factor - 100)
    assert np.abs(radius - 60).max() < 3  # the straight line would be 17 px off
    assert len(path) > 40


def test_it_may_start_anywhere_next() -> None:
    wire = LiveWire(prepare(disc()))
    wire.path((40.0, 100.0), (100.0, 40.0))
    path = wire.path((100.0, 40.0), (160.0, 100.0))
    assert np.abs(np.hypot(path[:, 0] - 100, path[:, 1] - 100) - 60).max() < 3
    assert (path == LiveWire(prepare(disc())).path((100.0, 40.0), (160.0, 100.0))).all()


def test_ends_at_the_border_and_equal_ends() -> None:
    wire = LiveWire(prepare(disc()))
    assert len(wire.path((50.0, 50.0), (50.0, 50.0))) == 2
    assert tuple(wire.path((0.0, 0.0), (200.0, 200.0))[-1]) == (200, 200)
    with pytest.raises(SelectionError, match="outside the photo"):
        wire.path((0.0, 0.0), (201.0, 5.0))


@pytest.mark.parametrize("size", [(1, 1), (2, 40), (40, 2), (3, 3)])
def test_tiny_photos_do_not_fail(size: tuple[int, int]) -> None:
    tiny = np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)
    path = LiveWire(prepare(tiny)).path((0.0, 0.0), (float(size[1]), float(size[0])))
    assert tuple(path[-1]) == (size[1], size[0])
