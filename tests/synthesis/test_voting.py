"""Voting copies where a field is coherent, and is a weighted mean elsewhere."""

from __future__ import annotations

import numpy as np
import torch

from primage.synthesis.search import RADIUS
from primage.synthesis.voting import vote
from tests.synthesis.textures import place, positions, random_field, texture

SIZE = (20, 24)
EVERYWHERE = np.argwhere(np.ones(SIZE, bool)).astype(np.int32)
BLANK = np.zeros((*SIZE, 3), np.float32)


def test_a_coherent_field_is_a_copy() -> None:
    photo = texture()
    where = place(photo)
    field = (positions(SIZE) + where.origins[0] + (8, 11)).astype(np.int32)
    cost = np.random.default_rng(0).random(SIZE).astype(np.float32)
    picture = vote(where.colours, field, cost, EVERYWHERE, BLANK)
    assert np.array_equal(np.round(picture * 255), photo[8:28, 11:35])


def test_votes_are_a_weighted_mean() -> None:
    where = place(texture())
    field = random_field(where, SIZE)
    cost = np.random.default_rng(0).random(SIZE).astype(np.float32)
    picture = vote(where.colours, field, cost, EVERYWHERE, BLANK, sigma=0.4)
    for y, x in ((10, 12), (0, 0), (19, 5), (7, 23)):
        total, expected = 0.0, np.zeros(3)
        for qy, qx in np.ndindex(SIZE):
            dy, dx = qy - y, qx - x
            if max(abs(dy), abs(dx)) <= RADIUS:
                weight = (np.exp(-cost[qy, qx] / 0.4) + 1e-4) / (1 + 0.5 * (dy**2 + dx**2))
                total += weight
                expected += weight * where.colours[field[qy, qx, 0] - dy, field[qy, qx, 1] - dx]
        np.testing.assert_allclose(picture[y, x], expected / total, atol=1e-5)


def test_cheaper_matches_weigh_more() -> None:
    black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)
    where = place(np.concatenate([black, white], axis=1))
    field = np.broadcast_to(where.origins[0] + (4, 4), (*SIZE, 2)).astype(np.int32).copy()
    field[:, 12:] = where.origins[0] + (4, 12)
    cost = np.zeros(SIZE, np.float32)
    cost[:, 12:] = 3.0
    picture = vote(where.colours, field, cost, EVERYWHERE, BLANK)
    assert picture[10, 11].max() < 0.01
    assert picture[10, 20].min() > 0.99


def test_worthless_matches_still_vote() -> None:
    where = place(texture())
    picture = vote(where.colours, random_field(where, SIZE), np.full(SIZE, 1e6, np.float32), EVERYWHERE, BLANK)
    assert np.isfinite(picture).all()


def test_other_pixels_are_kept() -> None:
    where = place(texture())
    before = texture(SIZE, seed=3).astype(np.float32) / 255
    some = np.array([(3, 4), (19, 23)], np.int32)
    after = vote(where.colours, random_field(where, SIZE), np.zeros(SIZE, np.float32), some, before)
    assert [tuple(place) for place in np.argwhere((after != before).any(-1))] == [(3, 4), (19, 23)]


def test_votes_do_not_depend_on_threads() -> None:
    where = place(texture())
    arguments = (where.colours, random_field(where, SIZE), np.ones(SIZE, np.float32), EVERYWHERE, BLANK)
    before = torch.get_num_threads()
    pictures = []
    try:
        for threads in (1, 2):
            torch.set_num_threads(threads)
            pictures.append(vote(*arguments))
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(*pictures)
