"""Faces, bodies and hands: what the networks find, where they are to be had, and the lines that are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from skimage import data
from skimage.transform import rotate

from primage.detection.bodies import Body, find_bodies, person_mask, refine
from primage.detection.crops import Crop
from primage.detection.faces import Face, find_faces
from primage.detection.hands import Hand, find_hands
from primage.detection.people import People, find_people, lines
from primage.image import resize_image
from tests.detection.drawn_hand import drawn_hand

#: Measured by hand in scikit-image's astronaut: the pupils, the mouth's corners, the chin.
PUPILS = [(204, 101), (247, 104)]
CORNERS = [(202, 139), (246, 141)]
CHIN = (221, 176)
needs_networks = pytest.mark.usefixtures("detectors")


@needs_networks
@pytest.mark.parametrize("side", [512, 256])
def test_the_points_of_a_face_are_where_they_are_seen(side: int) -> None:
    scale = side / 512
    (face,) = find_faces(resize_image(data.astronaut(), (side, side)))
    assert face.score > 0.99
    for numbers, places in (((468, 473), PUPILS), ((61, 291), CORNERS), ((152,), [CHIN])):
        for number, place in zip(numbers, places, strict=True):
            off = np.hypot(*(face.points[number] / scale - 0.5 - place))
            assert off < 4, (number, place, face.points[number] / scale)


@needs_networks
@pytest.mark.parametrize("angle", [-60, 35, 90])
def test_a_turned_face_has_the_turned_points(angle: int) -> None:
    photo = data.astronaut()
    (upright,) = find_faces(photo)
    (turned,) = find_faces((rotate(photo, angle, mode="edge") * 255).round().astype(np.uint8))
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    expected = (upright.points - 256) @ np.array([[cos, -sin], [sin, cos]]) + 256
    assert np.hypot(*(turned.points - expected).T).mean() < 3


@needs_networks
def test_several_faces_are_found_and_small_ones_in_large_photos() -> None:
    photo = np.full((700, 1200, 3), 110, np.uint8)
    places = ((400, 30, 20), (256, 200, 480), (160, 500, 1000))
    for side, top, left in places:
        photo[top : top + side, left : left + side] = resize_image(data.astronaut(), (side, side))
    faces = find_faces(photo)
    found = sorted(float(face.points[1, 0]) for face in faces)
    expected = sorted(left + 222 / 512 * side for side, _, left in places)
    np.testing.assert_allclose(found, expected, atol=4)


@needs_networks
def test_a_large_photo_has_the_same_points_at_its_own_size() -> None:
    photo = data.astronaut()
    (small,), (large,) = find_faces(photo), find_faces(resize_image(photo, (2048, 2048)))
    assert np.hypot(*(large.points / 4 - small.points).T).max() < 3
    (body,) = find_bodies(resize_image(photo, (2048, 2048)))
    np.testing.assert_allclose(body.points[[12, 11]] / 4, [(108, 234), (300, 242)], atol=15)


@needs_networks
@pytest.mark.parametrize("name", ["coffee", "chelsea", "rocket", "brick", "motorcycle"])
def test_there_are_no_faces_nor_hands_where_there_is_nobody(name: str) -> None:
    photo = data.stereo_motorcycle()[0] if name == "motorcycle" else getattr(data, name)()
    photo = np.ascontiguousarray(np.broadcast_to(photo.reshape(*photo.shape[:2], -1), (*photo.shape[:2], 3)))
    assert find_faces(photo) == ()
    assert find_hands(photo) == ()


@needs_networks
@pytest.mark.parametrize("angle", [0.0, 0.6, -1.5, 3.0])
def test_the_points_of_a_hand_are_where_they_were_drawn(angle: float) -> None:
    photo, tips = drawn_hand(angle, 0.5)
    (hand,) = find_hands(photo)
    found = {line.name.removeprefix("hand 1 "): line.points[-1] for line in lines(People(hands=(hand,)))}
    for name, tip in tips.items():
        assert np.hypot(*(found[name] - tip)) < 12, (name, found[name], tip)


@needs_networks
def test_detection_is_deterministic() -> None:
    first, second = (find_people(data.astronaut()) for _ in range(2))
    for a, b in zip(lines(first), lines(second), strict=True):
        np.testing.assert_array_equal(a.points, b.points)


@needs_networks
def test_a_person_is_masked_from_the_background() -> None:
    photo = data.astronaut()
    (body,) = find_bodies(photo)
    shoulders = body.points[[12, 11]]
    np.testing.assert_allclose(shoulders - 0.5, [(108, 234), (300, 242)], atol=15)
    mask = person_mask(photo, (body,))
    assert mask.shape == (512, 512)
    assert mask[[100, 300, 45], [222, 150, 230]].min() > 0.9  # face, suit, hair
    assert mask[[100, 100, 20], [60, 450, 350]].max() < 0.1  # flag, shuttle, wall


def some_body(visible: np.ndarray) -> Body:
    points = np.arange(66, dtype=float).reshape(33, 2)
    return Body(points, visible, Crop((0.0, 0.0), 100.0), np.zeros((256, 256), np.float32), 1.0)


def test_lines_end_where_a_body_is_hidden() -> None:
    visible = np.zeros(33, bool)
    visible[[11, 12, 24, 13]] = True
    found = {line.name: line for line in lines(People(bodies=(some_body(visible),)))}
    assert set(found) == {"body 1 torso", "body 1 left arm"}
    assert found["body 1 torso"].points[:, 0].tolist() == [22.0, 24.0, 48.0]
    assert not found["body 1 torso"].closed


def test_a_body_with_a_face_has_no_second_one() -> None:
    body = some_body(np.ones(33, bool))
    face = np.zeros((478, 2))
    face[:, :] = np.linspace(-9, 9, 478)[:, None]
    alone = {line.name for line in lines(People(bodies=(body,)))}
    both = {line.name for line in lines(People(faces=(Face(face, 1.0),), bodies=(body,)))}
    assert "body 1 mouth" in alone
    assert "body 1 mouth" not in both
    assert {"face 1 outer lips", "body 1 torso"} <= both


def test_every_line_has_a_name_of_its_own() -> None:
    hand, face = Hand(np.zeros((21, 2)), 1.0), Face(np.zeros((478, 2)), 1.0)
    names = [line.name for line in lines(People((face, face), (hand, hand)))]
    assert len(set(names)) == len(names)
    assert not People()
    assert lines(People()) == ()


def test_a_point_moves_to_the_mean_of_its_heatmap_if_that_is_certain() -> None:
    heat = np.zeros((64, 64, 2))
    heat[10, 21:24, 0] = 0.4, 0.8, 0.4
    heat[30, 30, 1] = 0.2
    points = np.array([[20 / 64, 11 / 64], [28 / 64, 30 / 64]])
    np.testing.assert_allclose(refine(points, heat), [[22 / 64, 10 / 64], points[1]])
