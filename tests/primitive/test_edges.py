"""Edge layers against scikit-image and scipy, and what thinning, resizing and reading keep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage
from skimage.color import rgb2gray
from skimage.feature import canny
from skimage.morphology import remove_small_objects, skeletonize

from primage.config import preset
from primage.primitive.edges import (
    MAX_DISTANCE_PX,
    distance_to_edges,
    extract_edges,
    remove_small,
    resize_edges,
    thin,
)
from primage.primitive.extraction_config import EdgesConfig
from tests.primitive.drawings import astronaut, components, cross

MASKS = hnp.arrays(bool, st.tuples(st.integers(1, 45), st.integers(1, 45)), elements=st.booleans())
SPARSE = st.builds(
    lambda mask, keep: mask & (np.arange(mask.size).reshape(mask.shape) % keep == 0), MASKS, st.integers(1, 97)
)


@settings(deadline=None)
@given(SPARSE)
def test_distance_is_scipys_up_to_the_cut_off(lines: np.ndarray) -> None:
    exact = ndimage.distance_transform_edt(~lines) if lines.any() else np.full(lines.shape, np.inf)
    distance = distance_to_edges(lines)
    np.testing.assert_allclose(distance, np.minimum(exact, MAX_DISTANCE_PX), rtol=1e-6)
    assert distance.dtype == np.float32


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 5), (200, 300)])
def test_distance_without_any_line_is_the_cut_off_everywhere(shape: tuple[int, int]) -> None:
    assert (distance_to_edges(np.zeros(shape, bool)) == MAX_DISTANCE_PX).all()
    assert (distance_to_edges(np.ones(shape, bool)) == 0).all()


def test_distance_leaves_its_input_alone() -> None:
    lines = cross()
    before = lines.copy()
    distance_to_edges(lines)
    np.testing.assert_array_equal(lines, before)


@settings(deadline=None)
@given(MASKS)
def test_thinning_is_skimages_and_never_breaks_joins_or_adds(lines: np.ndarray) -> None:
    thinned = thin(lines)
    np.testing.assert_array_equal(thinned, skeletonize(lines))
    np.testing.assert_array_equal(thin(thinned), thinned)
    assert not (thinned & ~lines).any()
    assert components(thinned) == components(lines)


@pytest.mark.parametrize("width", [2, 3, 6])
def test_a_thick_line_becomes_one_pixel_thin(width: int) -> None:
    lines = np.zeros((30, 50), bool)
    lines[10 : 10 + width, 5:45] = True
    assert (thin(lines).sum(axis=0) <= 1).all()
    assert thin(lines).sum() >= 30


@settings(deadline=None)
@given(SPARSE, st.tuples(st.integers(1, 90), st.integers(1, 90)))
def test_resized_lines_are_thin_and_never_vanish(lines: np.ndarray, size: tuple[int, int]) -> None:
    resized = resize_edges(lines, size)
    assert resized.shape == size
    assert resized.any() == lines.any()
    if size == lines.shape:
        np.testing.assert_array_equal(resized, lines)
    else:
        np.testing.assert_array_equal(thin(resized), resized)


@pytest.mark.parametrize("size", [(20, 30), (40, 61), (41, 60), (39, 90), (80, 30), (80, 120), (57, 93)])
def test_resizing_breaks_no_line(size: tuple[int, int]) -> None:
    lines = np.zeros((40, 60), bool)
    lines[7, 5:50] = lines[7:36, 20] = True
    lines[np.arange(10) + 12, np.arange(10) * 2 + 30] = True
    lines[np.arange(10) + 12, np.arange(10) * 2 + 31] = True
    resized = resize_edges(lines, size)
    assert components(lines) == 2
    assert components(resized) == 2
    assert resized.any(axis=1).sum() >= 0.65 * size[0]


def test_a_copy_is_returned_when_nothing_changes() -> None:
    lines = cross()
    resize_edges(lines, lines.shape)[:] = True
    remove_small(lines, 0)[:] = True
    assert not lines.all()


@pytest.mark.parametrize("length", [2, 5, 14])
def test_removing_specks_is_skimages(length: int) -> None:
    lines = np.random.default_rng(0).random((50, 60)) < 0.2
    expected = remove_small_objects(lines, max_size=length - 1, connectivity=2)
    np.testing.assert_array_equal(remove_small(lines, length), expected)


def test_extraction_is_canny_thinned_and_freed_of_specks() -> None:
    photo = astronaut()
    lines = extract_edges(photo, EdgesConfig(sigma=1.5, min_length_px=0))
    reference = canny(rgb2gray(photo), sigma=1.5, low_threshold=0.04, high_threshold=0.10, mode="nearest")
    np.testing.assert_array_equal(lines, skeletonize(reference))
    fewer = extract_edges(photo, EdgesConfig(sigma=1.5, min_length_px=14))
    sizes = np.bincount(ndimage.label(fewer, np.ones((3, 3)))[0].ravel())[1:]
    assert sizes.min() >= 14
    assert 0 < fewer.sum() < lines.sum()
    assert not (fewer & ~lines).any()


def test_the_papers_edges_are_cannys_as_they_are() -> None:
    photo = astronaut(96)
    config = preset("paper").primitive.edges
    for sigma, low, high in ((1.0, 0.02, 0.05), (config.sigma, config.low, config.high)):
        free = config.model_copy(update={"sigma": sigma, "low": low, "high": high})
        plain = canny(rgb2gray(photo), sigma=sigma, low_threshold=low, high_threshold=high, mode="nearest")
        np.testing.assert_array_equal(extract_edges(photo, free), plain)
        ours = extract_edges(photo, EdgesConfig(sigma=sigma, low=low, high=high))
        assert ours.sum() < plain.sum()


def test_a_larger_sigma_finds_fewer_lines() -> None:
    counts = [extract_edges(astronaut(), EdgesConfig(sigma=sigma)).sum() for sigma in (1, 2, 4)]
    assert counts == sorted(counts, reverse=True)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2)])
def test_tiny_photos_work(shape: tuple[int, int]) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert extract_edges(photo, EdgesConfig()).shape == shape
