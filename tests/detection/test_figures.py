"""Figures: the points of people that can be dragged."""

from __future__ import annotations

import json

import numpy as np
import pytest
from skimage import data

from primage.detection.bodies import Body
from primage.detection.crops import Crop
from primage.detection.figures import Figure, figures, find_figures
from primage.detection.hands import Hand
from primage.detection.people import People
from tests.detection.drawn_face import drawn_face

SIZE = (120, 160)


def body(visible: np.ndarray) -> Body:
    points = np.stack([np.arange(33.0), 40.0 + np.arange(33)], axis=1)
    return Body(points, visible, Crop((80.0, 60.0), 100.0), np.zeros((256, 256), np.float32), 1.0)


def everybody() -> tuple[Figure, ...]:
    hand = Hand(np.stack([np.arange(21.0), np.arange(21.0) ** 1.1], axis=1), 1.0)
    return figures(People((drawn_face((80, 60)),), (hand,), (body(np.ones(33, bool)),)), SIZE)


def test_every_point_has_one_handle_and_lies_on_a_curve() -> None:
    for figure in everybody():
        numbers = [handle.point for handle in figure.handles]
        assert sorted(numbers) == list(range(len(figure.points)))
        assert {point for curve in figure.curves for point in curve.points} == set(numbers)
        assert all(len(curve.points) == len(curve.at) for curve in figure.curves)
        assert len({handle.name for handle in figure.handles}) == len(numbers)


def test_the_most_useful_points_come_first() -> None:
    face, hand, person = everybody()
    assert [handle.name for handle in face.handles[:3]] == [
        "tip of the nose",
        "right corner of the mouth",
        "left corner of the mouth",
    ]
    assert face.turning == face.handles[0].point
    assert face.points[face.handles[1].point] == pytest.approx((62 / 160, 86 / 120), abs=1e-4)
    assert hand.handles[1].name == "tip of the thumb"
    assert person.handles[0].name == "left shoulder"
    assert hand.turning is None
    assert hand.depths == ()


def test_points_that_follow_one_another_are_at_the_same_place_of_their_part() -> None:
    face = everybody()[0]
    curves = {curve.name: curve for curve in face.curves}
    outer, inner = curves["outer lips"], curves["inner lips"]
    assert (outer.part, outer.at) == (inner.part, inner.at)
    brow = curves["left brow"]
    heights = {
        at: {face.points[p][0] for p, where in zip(brow.points, brow.at, strict=True) if where == at} for at in brow.at
    }
    assert all(len(columns) == 1 for columns in heights.values())


def test_hidden_points_of_a_body_are_left_out() -> None:
    visible = np.zeros(33, bool)
    visible[[11, 12, 13]] = True
    (person,) = figures(People(bodies=(body(visible),)), SIZE)
    assert [handle.name for handle in person.handles] == ["left shoulder", "right shoulder", "left elbow"]
    assert figures(People(bodies=(body(np.zeros(33, bool)),)), SIZE) == ()


def test_figures_are_small_json() -> None:
    text = everybody()[0].model_dump_json()
    assert Figure.model_validate(json.loads(text)) == everybody()[0]
    assert len(text) < 20_000


@pytest.mark.usefixtures("detectors")
def test_a_photo_has_its_figures_with_depth() -> None:
    face, person = find_figures(data.astronaut())
    assert (face.kind, person.kind) == ("face", "body")
    depths = {handle.name: face.depths[handle.point] for handle in face.handles}
    assert depths["tip of the nose"] < depths["chin"] < depths["left cheek"]
