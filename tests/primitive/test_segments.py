"""Segmentation: the requested number of regions, the same every time, merged in Ward's order."""

from __future__ import annotations

import numpy as np
import pytest

from primage.primitive.extraction_config import SegmentsConfig
from primage.primitive.primitive import free_line_colour
from primage.primitive.segments import extract_segments, merge_regions
from tests.primitive.drawings import astronaut

METHODS = ["felzenszwalb", "slic"]


def of(method: str, regions: int = 12, min_area: float = 0.002) -> SegmentsConfig:
    return SegmentsConfig.model_validate({"method": method, "regions": regions, "min_area": min_area})


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("regions", [2, 5, 12, 30, 64])
def test_a_photo_gets_exactly_the_requested_number_of_regions(method: str, regions: int) -> None:
    labels = extract_segments(astronaut(), of(method, regions))
    assert len(labels.palette.labels) == regions
    np.testing.assert_array_equal(np.unique(labels.index), np.arange(regions))


@pytest.mark.parametrize("method", METHODS)
def test_segmenting_twice_gives_the_same(method: str) -> None:
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    first, again = (extract_segments(astronaut(), of(method)) for _ in range(2))
    np.testing.assert_array_equal(first.index, again.index)
    assert first.palette == again.palette
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


@pytest.mark.parametrize("method", METHODS)
def test_labels_are_in_order_of_area_with_distinct_colours_and_one_free_for_lines(method: str) -> None:
    labels = extract_segments(astronaut(), of(method, 30))
    areas = np.bincount(labels.index.ravel())
    assert (np.diff(areas) <= 0).all()
    colours = np.array([label.colour for label in labels.palette.labels])
    distances = np.abs(colours[:, None] - colours[None]).max(axis=-1)
    assert distances[~np.eye(30, dtype=bool)].min() >= 8
    free = np.array(free_line_colour(labels.palette))
    assert np.abs(colours - free).max(axis=1).min() >= 32


@pytest.mark.parametrize("method", METHODS)
def test_no_region_is_smaller_than_requested(method: str) -> None:
    labels = extract_segments(astronaut(), of(method, 30, min_area=0.02))
    assert np.bincount(labels.index.ravel()).min() >= 0.02 * labels.index.size


@pytest.mark.parametrize("method", METHODS)
def test_two_flat_halves_are_separated_exactly(method: str) -> None:
    photo = np.full((48, 64, 3), (200, 30, 30), np.uint8)
    photo[:, 24:] = (20, 60, 200)
    index = extract_segments(photo, of(method, 2)).index
    np.testing.assert_array_equal(index, (np.arange(64) < 24)[None].repeat(48, 0))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2), (8, 8), (40, 50)])
def test_tiny_and_flat_photos_have_fewer_regions(method: str, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)
    for photo in (noise, np.full_like(noise, 7)):
        labels = extract_segments(photo, of(method))
        assert labels.index.shape == shape
        assert len(np.unique(labels.index)) == len(labels.palette.labels) <= 12


def stripes(*values: float) -> tuple[np.ndarray, np.ndarray]:
    """Regions of three columns each, side by side, of one feature."""
    index = np.repeat(np.arange(len(values)), 3)[None].repeat(4, 0)
    return index, np.array(values)[index][..., None]


def test_the_most_similar_neighbours_merge_first() -> None:
    index, features = stripes(0, 1, 10, 14)
    merged = merge_regions(index, features, 3, 0.0)
    np.testing.assert_array_equal(merged[0, ::3], [0, 0, 1, 2])
    merged = merge_regions(index, features, 2, 0.0)
    np.testing.assert_array_equal(merged[0, ::3], [0, 0, 1, 1])


def test_only_neighbours_merge() -> None:
    index, features = stripes(0, 10, 0, 4)
    np.testing.assert_array_equal(merge_regions(index, features, 3, 0.0)[0, ::3], [0, 1, 2, 2])


def test_a_merged_region_is_judged_by_its_mean() -> None:
    # 0 and 4 become 2 (of twice the area): then 2|8 costs 2/3·36 = 24, and 8|12.5 costs 1/2·20.25 = 10.1.
    index, features = stripes(0, 4, 8, 12.5)
    np.testing.assert_array_equal(merge_regions(index, features, 2, 0.0)[0, ::3], [0, 0, 1, 1])


def test_wards_cost_prefers_small_regions() -> None:
    # Equal steps of colour: joining the narrow pair costs less than joining the wide ones.
    index = np.repeat([0, 1, 2, 3], [20, 20, 2, 2])[None].repeat(5, 0)
    features = np.array([0.0, 3, 6, 9])[index][..., None]
    merged = merge_regions(index, features, 3, 0.0)
    np.testing.assert_array_equal(merged[0, [0, 20, 40, 42]], [0, 1, 2, 2])


def test_a_speck_is_merged_even_if_there_are_few_enough_regions() -> None:
    index = np.repeat([0, 1, 2], [20, 1, 20])[None].repeat(5, 0)
    features = np.array([0.0, 90, 100])[index][..., None]
    np.testing.assert_array_equal(merge_regions(index, features, 3, 0.05)[0, [0, 20, 21]], [0, 1, 1])
    np.testing.assert_array_equal(merge_regions(index, features, 3, 0.01)[0, [0, 20, 21]], [0, 1, 2])


def test_merging_leaves_its_input_alone() -> None:
    index, features = stripes(0, 1, 2, 3)
    before = index.copy()
    merge_regions(index, features, 2, 0.0)
    np.testing.assert_array_equal(index, before)
