"""The search finds nearest neighbours: checked against all distances, known copies, and its own repetition."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from primage.synthesis.search import CHANNELS, RADIUS, UNIT, UNKNOWN, Query, Sources, features, search
from primage.synthesis.sources import Atlas, Plane, atlas
from tests.synthesis.textures import no_guides, place, plane, positions, query, random_field, texture
from tests.tiny import one_thread


def all_costs(sources: Sources, asked: Query, y: int, x: int) -> np.ndarray:
    """The cost of each source for one patch, infinite where it is not allowed."""
    target = np.pad(asked.features.astype(np.int64), ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge")
    patch = target[y : y + 2 * RADIUS + 1, x : x + 2 * RADIUS + 1]
    costs = np.full(sources.allowed.shape, np.inf)
    for sy, sx in np.argwhere(sources.allowed):
        source = sources.features[sy - RADIUS : sy + RADIUS + 1, sx - RADIUS : sx + RADIUS + 1]
        away = np.square(sources.to_photo[sy, sx] - asked.prior[y, x]).sum()
        costs[sy, sx] = np.square(source - patch).sum() / UNIT**2 + asked.pull[y, x] * min(away, 64.0)
    return costs


def test_features_are_quantised_channels() -> None:
    first, second = np.full((2, 3, 3), 0.5, np.float32), np.full((2, 3, 2), -1.0, np.float32)
    found = features(first, second)
    assert found.shape == (2, 3, CHANNELS)
    assert found[0, 0].tolist() == [128, 128, 128, -255, -255] + [0] * (CHANNELS - 5)


def test_what_is_unknown_is_as_near_to_any_source_as_to_any_other() -> None:
    channels = np.full((2, 3, 3), 0.5, np.float32)
    channels[0, 1, 2] = np.nan
    found = features(channels)
    assert found[0, 1].tolist() == [128, 128, UNKNOWN] + [0] * (CHANNELS - 3)
    where, asked = place(texture()), query(texture(seed=1))
    start = random_field(where, (40, 48))
    nothing = replace(asked, features=np.full_like(asked.features, UNKNOWN))
    assert not search(where.sources, nothing, start, passes=0, seed=0)[1].any()
    some = asked.features.copy()
    some[..., 1] = UNKNOWN
    costs = [search(where.sources, each, start, passes=0, seed=0)[1] for each in (asked, replace(asked, features=some))]
    assert (costs[1] < costs[0]).all()
    assert costs[1].all()


@pytest.mark.parametrize("pull", [0.0, 0.05])
def test_every_cost_is_that_of_its_match_and_the_best_is_found(pull: float) -> None:
    where = place(texture((9, 11)), texture((9, 11), seed=5)[..., 0] < 250)
    asked = query(texture((6, 7), seed=1), np.full((6, 7, 2), 4.3, np.float32), pull)
    field, cost = search(where.sources, asked, random_field(where, (6, 7)), passes=80, seed=0)
    for y, x in np.ndindex(6, 7):
        costs = all_costs(where.sources, asked, y, x)
        assert cost[y, x] == pytest.approx(costs[tuple(field[y, x])], rel=1e-4)
        assert cost[y, x] == pytest.approx(costs.min(), rel=1e-4)


def test_no_pass_makes_a_match_worse() -> None:
    where, asked = place(texture()), query(texture(seed=1))
    start = random_field(where, (40, 48))
    costs = [search(where.sources, asked, start, passes, seed=3)[1] for passes in (0, 1, 2, 5)]
    assert all((after <= before).all() for before, after in pairwise(costs))
    assert costs[-1].mean() < 0.7 * costs[0].mean()


def test_a_shifted_copy_is_found() -> None:
    photo = texture()
    where = place(photo)
    asked = query(photo[6:30, 9:41])
    field, cost = search(where.sources, asked, random_field(where, (24, 32)), passes=8, seed=0)
    inner = (slice(RADIUS, -RADIUS), slice(RADIUS, -RADIUS))
    assert not cost[inner].any()
    truth = positions((24, 32)) + np.array((6, 9))
    assert np.array_equal(where.sources.to_photo[field[..., 0], field[..., 1]][inner], truth[inner])


@pytest.mark.parametrize("matrix", [[[1, 0, 0], [0, -1, 47]], [[0, 1, 0], [1, 0, 0]]])
def test_a_copy_is_found_in_another_plane(matrix: list[list[float]]) -> None:
    photo = texture((48, 48))
    to_photo = np.array(matrix, np.float32)
    there = np.rint(positions((48, 48)) @ to_photo[:, :2].T + to_photo[:, 2]).astype(int)
    turned = photo[there[..., 0], there[..., 1]]
    planes = [plane(photo), replace(plane(turned), to_photo=to_photo)]
    where = atlas(planes)
    # The start knows the place in the photo, but not the plane.
    start = where.nearest(there.astype(np.float32), np.zeros((48, 48), np.int32))
    field, cost = search(where.sources, query(turned), start, passes=12, seed=0)
    assert not cost.any()
    assert (where.plane[field[..., 0], field[..., 1]] == 1).all()
    assert np.array_equal(where.sources.to_photo[field[..., 0], field[..., 1]], there.astype(np.float32))


@pytest.mark.parametrize("seed", range(4))
def test_only_allowed_centres_are_returned(seed: int) -> None:
    rng = np.random.default_rng(seed)
    where = place(texture(seed=seed))
    sources = replace(where.sources, allowed=where.sources.allowed & (rng.random(where.plane.shape) < 0.05))
    sparse = replace(where, sources=sources)
    field, _ = search(sources, query(texture(seed=9)), random_field(sparse, (40, 48)), passes=6, seed=seed)
    assert sources.allowed[field[..., 0], field[..., 1]].all()


def test_only_the_asked_patches_are_matched() -> None:
    where, asked = place(texture()), query(texture(seed=1))
    some = replace(asked, centres=asked.centres[::7].copy())
    start = random_field(where, (40, 48))
    field, cost = search(where.sources, some, start, passes=2, seed=0)
    others = np.ones((40, 48), bool)
    others[tuple(some.centres.T)] = False
    assert np.array_equal(field[others], start[others])
    assert not cost[others].any()
    none = replace(asked, centres=asked.centres[:0])
    assert np.array_equal(search(where.sources, none, start, passes=2, seed=0)[0], start)


def test_the_arguments_stay_as_they_are() -> None:
    where = place(texture())
    start = random_field(where, (40, 48))
    before = start.copy()
    search(where.sources, query(texture(seed=1)), start, passes=3, seed=0)
    assert np.array_equal(start, before)


def test_results_do_not_depend_on_threads_or_repetition() -> None:
    where, asked = place(texture((64, 80))), query(texture((64, 80), seed=1), pull=0.01)
    start = random_field(where, (64, 80))
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 2, 1):
            torch.set_num_threads(threads)
            found.append(search(where.sources, asked, start, passes=4, seed=0))
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    assert all(np.array_equal(a, b) for each in found for a, b in zip(each, found[0], strict=True))
    assert not np.array_equal(search(where.sources, asked, start, passes=1, seed=9)[0], found[0][0])


def test_of_equal_copies_the_one_at_the_prior_is_chosen() -> None:
    part = texture((20, 20))
    where = place(np.concatenate([part, part, part], axis=1))
    for shift in (0, 20, 40):
        prior = positions((20, 20)) + np.array((0, shift), np.float32)
        start = random_field(where, (20, 20))
        field, _ = search(where.sources, query(part, prior, pull=0.02), start, passes=12, seed=0)
        inner = (slice(RADIUS, -RADIUS), slice(RADIUS, -RADIUS))
        assert np.array_equal(where.sources.to_photo[field[..., 0], field[..., 1]][inner], prior[inner])


def test_a_weak_pull_does_not_outweigh_a_copy() -> None:
    photo = texture()
    where = place(photo)
    wrong = np.full((40, 48, 2), 3.0, np.float32)
    field, cost = search(where.sources, query(photo, wrong, pull=0.001), random_field(where, (40, 48)), 8, seed=0)
    assert np.array_equal(where.sources.to_photo[field[..., 0], field[..., 1]], positions((40, 48)))
    # Far from the prior, the pull costs as much as 8 px from it.
    assert cost[30, 30] == pytest.approx(0.001 * 64, rel=1e-3)


def test_a_good_match_spreads_in_jumps() -> None:
    photo = texture((48, 48))
    where = place(photo)
    start = np.broadcast_to(where.origins[0] + 40, (48, 48, 2)).astype(np.int32)
    truth = (positions((48, 48)) + where.origins[0]).astype(np.int32)
    start = start.copy()
    start[12, 12] = truth[12, 12]
    field, _ = search(where.sources, query(photo), start, passes=1, seed=0)
    for y, x in ((12, 12), (8, 12), (16, 12), (12, 8), (12, 16)):
        assert np.array_equal(field[y, x], truth[y, x])
    field, _ = search(where.sources, query(photo), start, passes=4, seed=0)
    assert np.array_equal(field[12, 4:21], truth[12, 4:21])


def test_sources_and_targets_of_one_pixel() -> None:
    grey = np.full((1, 1, 3), 90, np.uint8)
    where: Atlas = place(grey)
    assert isinstance(plane(grey), Plane)
    field, cost = search(where.sources, query(grey), random_field(where, (1, 1)), passes=2, seed=0)
    assert (field[0, 0] == where.origins[0]).all()
    assert cost[0, 0] == 0
    with one_thread():
        wide, _ = search(where.sources, query(np.full((1, 30, 3), 80, np.uint8)), random_field(where, (1, 30)), 2, 0)
    assert (wide == where.origins[0]).all()


def test_guides_tell_equal_colours_apart() -> None:
    photo = np.full((20, 40, 3), 128, np.uint8)
    guides = no_guides((20, 40))
    guides[:, 20:, 0] = 0.5
    where = atlas([replace(plane(photo), guides=guides)])
    wanted = replace(query(photo), features=features(photo.astype(np.float32) / 255, guides[:, ::-1]))
    field, cost = search(where.sources, wanted, random_field(where, (20, 40)), passes=8, seed=0)
    x = where.sources.to_photo[field[..., 0], field[..., 1], 1]
    assert (x[:, :17] > 20).all()
    assert (x[:, 23:] < 20).all()
    assert not cost[:, :17].any()
