"""Levels: blocks are averaged, and nothing but copies of the last row and column is added."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primage.synthesis.pyramid import halve, padded
from tests.synthesis.textures import texture


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 2, 4, 8]))
def test_sides_become_multiples(height: int, width: int, multiple: int) -> None:
    array = np.arange(height * width * 2).reshape(height, width, 2)
    found = padded(array, multiple)
    assert all(
        side % multiple == 0 and 0 <= side - old < multiple
        for side, old in zip(found.shape, (height, width), strict=False)
    )
    y, x = np.indices(found.shape[:2])
    assert np.array_equal(found, array[y.clip(0, height - 1), x.clip(0, width - 1)])


@pytest.mark.parametrize("channels", [(), (3,), (2, 2)])
def test_halving_averages_blocks(channels: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).random((6, 8, *channels), np.float32)
    found = halve(array)
    assert found.shape == (3, 4, *channels)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found[1, 2], array[2:4, 4:6].mean((0, 1)), rtol=1e-6)


def test_halving_keeps_the_mean() -> None:
    image = texture((16, 16)).astype(np.float32)
    assert halve(halve(image)).mean() == pytest.approx(image.mean(), rel=1e-5)
