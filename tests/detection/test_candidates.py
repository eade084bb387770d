"""Anchors, decoding and suppression, without any weights."""

from __future__ import annotations

import numpy as np

from primage.detection.candidates import Candidates, anchors, decode, overlaps, suppress


def candidates(*rows: tuple[float, float, float, float, float]) -> Candidates:
    """Boxes with scores; the one key point of each is its centre."""
    values = np.array(rows, float).reshape(-1, 5)
    centres = (values[:, :2] + values[:, 2:4]) / 2
    return Candidates(values[:, :4], centres[:, None], values[:, 4])


def test_anchors_are_as_many_as_the_networks_have() -> None:
    assert len(anchors((128, 128), (8, 16, 16, 16), 2)) == 896
    assert len(anchors((192, 192), (4,), 1)) == 2304
    assert len(anchors((192, 192), (8, 16, 16, 16), 2)) == 2016
    assert len(anchors((224, 224), (8, 16, 32, 32, 32), 2)) == 2254


def test_anchors_are_at_the_centres_of_cells() -> None:
    found = anchors((16, 16), (8,), 2)
    assert found.tolist() == [[0.25, 0.25]] * 2 + [[0.75, 0.25]] * 2 + [[0.25, 0.75]] * 2 + [[0.75, 0.75]] * 2


def test_decoding_is_relative_to_the_anchor() -> None:
    raw = np.array([[10.0, -10, 20, 40, 5, 0]])
    found = decode(raw, np.array([0.0]), np.array([[0.5, 0.5]]), 100)
    np.testing.assert_allclose(found.boxes, [[0.5, 0.2, 0.7, 0.6]])
    np.testing.assert_allclose(found.points, [[[0.55, 0.5]]])
    assert found.scores.tolist() == [0.5]
    assert decode(raw, np.array([-1e9]), np.zeros((1, 2)), 100).scores[0] < 1e-9


def test_overlapping_candidates_become_their_weighted_mean() -> None:
    found = suppress(candidates((0, 0, 10, 10, 0.6), (50, 50, 60, 60, 0.7), (1, 0, 11, 10, 0.2)))
    np.testing.assert_allclose(found.boxes, [[50, 50, 60, 60], [0.25, 0, 10.25, 10]])
    np.testing.assert_allclose(found.points[1, 0], [5.25, 5])
    assert found.scores.tolist() == [0.7, 0.6]


def test_suppression_of_nothing_is_nothing() -> None:
    assert len(suppress(candidates())) == 0


def test_boxes_without_area_overlap_nothing() -> None:
    flat = np.array([3.0, 3, 3, 9])
    assert overlaps(flat, np.array([flat, [0, 0, 9, 9]])).tolist() == [0.0, 0.0]
