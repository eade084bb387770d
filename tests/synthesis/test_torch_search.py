"""The search and the voting in PyTorch: the same results as those of the compiled kernels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from primage.synthesis import search, torch_search, voting
from primage.synthesis.sources import atlas
from primage.synthesis.synthesise import DEFAULTS, Target, synthesising
from tests.synthesis.test_synthesise import finished
from tests.synthesis.textures import no_guides, place, plane, positions, query, random_field, texture

MIRROR = np.array([[1, 0, 0], [0, -1, 47]], np.float32)


@pytest.mark.parametrize("pull", [0.0, 0.01])
@pytest.mark.parametrize("planes", [1, 2])
@pytest.mark.parametrize("seed", [0, 2030, 2**31 * 1_000_003])
def test_the_search_finds_the_same(pull: float, planes: int, seed: int) -> None:
    photo = texture()
    mirrored = replace(plane(photo[:, ::-1].copy()), to_photo=MIRROR)
    where = atlas([plane(photo), mirrored][:planes])
    asked = query(texture(seed=1), positions((40, 48)) + np.float32(1.3), pull)
    asked.features[10:20, 12:30, :2] = search.UNKNOWN
    some = replace(asked, centres=asked.centres[200:])
    start = random_field(where, (40, 48))
    wanted = search.search(where.sources, some, start, passes=5, seed=seed)
    found = torch_search.search("cpu", where.sources, some, start, passes=5, seed=seed)
    assert np.array_equal(found[0], wanted[0])
    assert np.array_equal(found[1], wanted[1])


def test_places_that_are_not_allowed_are_not_found() -> None:
    where = place(texture(), texture(seed=4)[..., 0] > 40)
    assert 0 < where.sources.allowed.sum() < where.sources.allowed.size
    start = random_field(where, (40, 48))
    wanted = search.search(where.sources, query(texture(seed=1)), start, passes=3, seed=0)
    found = torch_search.search("cpu", where.sources, query(texture(seed=1)), start, passes=3, seed=0)
    assert np.array_equal(found[0], wanted[0])


@pytest.mark.parametrize("unknown", [False, True])
def test_a_synthesis_on_another_device_is_the_same(unknown: bool) -> None:
    size = (24, 30)
    picture, hole = texture(size, seed=2), np.zeros(size, bool)
    hole[6:18, 8:20] = True
    prior, trust = positions(size), np.full(size, 0.5, np.float32)
    target = Target(picture, no_guides(size), prior, np.zeros(size, np.int32), trust, hole, hole & unknown)
    planes = [plane(texture(size), multiple=DEFAULTS.multiple)]
    results = []
    for device in ("cpu", "cpu:0"):  # the latter is a device like a GPU for the synthesis
        steps = synthesising(planes, target, DEFAULTS, device)
        results.append(finished(steps))
    np.testing.assert_allclose(results[0][0].astype(int), results[1][0], atol=1)
    assert (results[0][1] == results[1][1]).mean() > 0.99


def test_votes_are_the_same() -> None:
    where = place(texture())
    field = random_field(where, (20, 24))
    cost = np.random.default_rng(0).random((20, 24)).astype(np.float32)
    pixels = np.argwhere(np.ones((20, 24), bool)).astype(np.int32)[5:]
    picture = np.zeros((20, 24, 3), np.float32)
    wanted = voting.vote(where.colours, field, cost, pixels, picture)
    np.testing.assert_allclose(torch_search.vote("cpu", where.colours, field, cost, pixels, picture), wanted, atol=1e-6)
