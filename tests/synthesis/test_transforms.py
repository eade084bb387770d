"""The affine maps of a field: scaled, rotated and mirrored parts are found, and a mere shift needs none."""

from __future__ import annotations

import numpy as np
import pytest

from primage.synthesis.transforms import resizings, transforms
from tests.synthesis.textures import positions

SIZE = (64, 80)
EVERYWHERE = np.ones(SIZE, bool)
DOUBLE = [[0.5, 0, 10], [0, 0.5, 12]]
HALF = [[2, 0, -20], [0, 2, -25]]
ROTATED = [[0, 1, 0], [-1, 0, 63]]
MIRRORED = [[1, 0, 0], [0, -1, 79]]
TILTED = [[0.866, -0.5, 20], [0.5, 0.866, -10]]


def field_of(matrix: list[list[float]]) -> np.ndarray:
    m = np.array(matrix, np.float32)
    return (positions(SIZE) @ m[:, :2].T + m[:, 2]).astype(np.float32)


def close(found: np.ndarray, matrix: list[list[float]]) -> bool:
    places = positions(SIZE)[::9, ::9]
    wanted = field_of(matrix)[::9, ::9]
    return bool(np.abs(places @ found[:, :2].T + found[:, 2] - wanted).max() < 1.5)


@pytest.mark.parametrize("shift", [(0, 0), (7, -12), (0.4, 0.3)])
def test_a_shift_needs_no_map(shift: tuple[float, float]) -> None:
    maps, index = transforms(positions(SIZE) + np.float32(shift), EVERYWHERE)
    assert maps.shape == (0, 2, 3)
    assert not index.any()


@pytest.mark.parametrize("matrix", [DOUBLE, HALF, ROTATED, MIRRORED, TILTED])
def test_a_map_is_found(matrix: list[list[float]]) -> None:
    noise = np.random.default_rng(0).normal(0, 0.4, (*SIZE, 2)).astype(np.float32)
    maps, index = transforms(field_of(matrix) + noise, EVERYWHERE)
    assert len(maps) == 1
    assert close(maps[0], matrix)
    assert (index == 1).mean() > 0.98


def test_two_maps_at_once() -> None:
    field = positions(SIZE) + np.float32((40, 0))
    field[:, :30] = field_of(DOUBLE)[:, :30]
    field[:, 50:] = field_of(MIRRORED)[:, 50:]
    maps, index = transforms(field, EVERYWHERE)
    assert len(maps) == 2
    left, right = index[32, 10], index[32, 70]
    assert close(maps[left - 1], DOUBLE)
    assert close(maps[right - 1], MIRRORED)
    assert (index[:, :30] == left).mean() > 0.95
    assert (index[:, 50:] == right).mean() > 0.95
    assert (index[:, 31:49] == 0).mean() > 0.8


def test_only_the_hole_is_searched() -> None:
    field = positions(SIZE).copy()
    field[:, :30] = field_of(DOUBLE)[:, :30]
    hole = EVERYWHERE.copy()
    hole[:, :30] = False
    maps, index = transforms(field, hole)
    assert len(maps) == 0
    maps, index = transforms(field, ~hole)
    assert len(maps) == 1
    assert not index[hole].any()


def test_nonsense_has_no_maps() -> None:
    rng = np.random.default_rng(0)
    assert len(transforms((rng.random((*SIZE, 2)) * 64).astype(np.float32), EVERYWHERE)[0]) == 0


@pytest.mark.parametrize("value", [0.0, 31.5])
def test_a_constant_field_has_no_map(value: float) -> None:
    assert len(transforms(np.full((*SIZE, 2), value, np.float32), EVERYWHERE)[0]) == 0


@pytest.mark.parametrize("matrix", [[[0.1, 0, 0], [0, 0.1, 0]], [[9, 0, 0], [0, 9, 0]], [[1, 0, 0], [0, 0.01, 5]]])
def test_extreme_maps_are_left_out(matrix: list[list[float]]) -> None:
    assert len(transforms(field_of(matrix), EVERYWHERE)[0]) == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (8, 8), (64, 80)])
def test_small_and_empty_holes(size: tuple[int, int]) -> None:
    field = positions(size)
    for hole in (np.zeros(size, bool), np.ones(size, bool)):
        maps, index = transforms((2 * field).astype(np.float32), hole)
        assert index.shape == size
        assert len(maps) == (1 if size == (64, 80) and hole.any() else 0)


def test_the_same_seed_finds_the_same() -> None:
    field = positions(SIZE) + 5
    field[:, :30] = field_of(TILTED)[:, :30]
    first, second = transforms(field, EVERYWHERE, 4), transforms(field, EVERYWHERE, 4)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_resized_regions_are_found_by_their_boxes() -> None:
    training, drawn = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    training[10:30, 10:34] = 1
    training[40:60, 40:60] = 2
    drawn[4:44, 4:52] = 1  # twice as large
    drawn[44:64, 60:80] = 2  # moved
    found, where = resizings(drawn, training, EVERYWHERE)
    assert found.tolist() == [[[0.5, 0], [0, 0.5]]]
    assert np.array_equal(where, drawn == 1)
    elsewhere = EVERYWHERE.copy()
    elsewhere[:44, :52] = False
    assert not resizings(drawn, training, elsewhere)[1].any()
    assert not resizings(drawn, training, ~EVERYWHERE)[1].any()


def test_other_shapes_and_regions_cut_off_by_the_border_were_not_resized() -> None:
    training, drawn = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.uint8)
    training[10:30, 10:34] = 1
    drawn[4:44, 4:52] = 1
    drawn[4:34, 16:52] = 0  # an L
    assert not resizings(drawn, training, EVERYWHERE)[1].any()
    drawn[:] = 0
    drawn[0:40, 4:52] = 1
    assert not resizings(drawn, training, EVERYWHERE)[1].any()


def test_one_label_everywhere_was_not_resized() -> None:
    for shape in (SIZE, (1, 30)):
        found, where = resizings(np.ones(shape, np.uint8), np.ones(SIZE, np.uint8), np.ones(shape, bool))
        assert len(found) == 0
        assert not where.any()
