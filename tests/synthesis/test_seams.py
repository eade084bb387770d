"""Steps in colour between what was synthesised and what was kept vanish; edges and the kept pixels stay."""

from __future__ import annotations

import numpy as np
import pytest

from primage.synthesis.seams import without_seams
from tests.synthesis.textures import positions, texture

SIZE = (40, 60)
PHOTO = texture(SIZE, smoothness_px=2).astype(np.float32) / 255 * 0.5 + 0.2
BORDERED = np.pad(PHOTO, ((1, 1), (1, 1), (0, 0)), mode="edge")
MATCHES = positions(SIZE).astype(np.int32) + np.int32(1)
HOLE = np.zeros(SIZE, bool)
HOLE[12:28, 20:40] = True


def shifted(by: float) -> np.ndarray:
    out = PHOTO.copy()
    out[HOLE] += np.float32(by)
    return out


def test_a_step_in_brightness_vanishes_at_the_border() -> None:
    found = without_seams(shifted(0.08), HOLE, MATCHES, BORDERED)
    off = np.abs(found - PHOTO)
    assert off[12:28, 20].mean() < 0.03
    assert off[12:28, 20].mean() < 0.6 * off[18:22, 28:32].mean()
    assert np.array_equal(found[~HOLE], PHOTO[~HOLE])


def test_a_large_step_is_an_edge_and_stays() -> None:
    assert without_seams(shifted(0.25), HOLE, MATCHES, BORDERED) == pytest.approx(shifted(0.25), abs=1e-6)


@pytest.mark.parametrize("hole", [np.zeros(SIZE, bool), np.ones(SIZE, bool)])
def test_nothing_changes_without_a_border(hole: np.ndarray) -> None:
    assert without_seams(PHOTO, hole, MATCHES, BORDERED) is PHOTO


def test_a_hole_at_the_border_of_the_picture() -> None:
    hole = np.zeros(SIZE, bool)
    hole[:, :10] = True
    assert without_seams(PHOTO, hole, MATCHES, BORDERED) == pytest.approx(PHOTO, abs=1e-6)


@pytest.mark.parametrize("size", [(1, 40), (40, 1), (1, 2)])
def test_pictures_one_pixel_wide(size: tuple[int, int]) -> None:
    picture = np.full((*size, 3), 0.5, np.float32)
    hole = np.zeros(size, bool)
    hole.ravel()[0] = True
    matches = np.ones((*size, 2), np.int32)
    found = without_seams(picture, hole, matches, np.full((3, 3, 3), 0.5, np.float32))
    assert found == pytest.approx(picture)
