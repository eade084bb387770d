"""Edits of landmarks: where points go, and that labels, lines and origin follow them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from skimage import data
from skimage.draw import polygon2mask

from primage.detection.bodies import Body
from primage.detection.crops import Crop
from primage.detection.figures import Figure, figures, find_figures
from primage.detection.hands import Hand
from primage.detection.people import People
from primage.edit.apply import Edited, apply_edits, edited
from primage.edit.landmarks import moved
from primage.edit.records import Erase, Landmarks, Move, Rectangle, edits_from_json
from primage.errors import PrimitiveError
from primage.image import resize_image
from primage.labels.label_map import LabelMap
from primage.origin.places import places_of
from primage.origin.plane import UNMOVED, Origin
from primage.primitive.primitive import Primitive
from tests.detection.drawn_face import HEIGHT, drawn_face
from tests.primitive.drawings import palette_of

SIZE = (240, 320)
WIDE = np.array([SIZE[1], SIZE[0]])
SKIN, LIPS, MOUTH, EYES = 1, 2, 3, 4
REGIONS = {"face oval": SKIN, "outer lips": LIPS, "inner lips": MOUTH, "right eye": EYES, "left eye": EYES}


def face_at(x: float = 160, y: float = 120, angle: float = 0.0, scale: float = 1.0) -> Figure:
    (figure,) = figures(People((drawn_face((x, y), scale, angle),)), SIZE)
    return figure


def points_of(figure: Figure) -> np.ndarray:
    return np.array(figure.points) * WIDE


def numbers(figure: Figure, curve: str) -> list[int]:
    return list(next(each.points for each in figure.curves if each.name == curve))


def portrait(figure: Figure) -> Primitive:
    """Its face, lips, mouth and eyes as labels, and the same outlines as lines."""
    index, edges = np.zeros(SIZE, np.uint8), np.zeros(SIZE, bool)
    for name, label in REGIONS.items():
        inside = polygon2mask(SIZE, points_of(figure)[numbers(figure, name)][:, ::-1] - 0.5)
        index[inside] = label
    return Primitive("super", segments=LabelMap(index, palette_of(*((50 * i, 0, 0) for i in range(5)))), edges=edges)


def changed(figure: Figure, *edits: dict[str, Any]) -> tuple[np.ndarray, Origin]:
    primitive = portrait(figure)
    records = [Landmarks(**edit) for edit in edits]
    drawing = edited(Edited(primitive, Origin.unmoved(SIZE)), records, lambda: [figure])
    assert drawing.primitive.segments is not None
    return drawing.primitive.segments.index, drawing.origin


@settings(max_examples=30)
@given(st.floats(-3.1, 3.1), st.floats(0.3, 3), st.sampled_from(["by", "scale", "turn", "open", "yaw", "pitch"]))
def test_a_turned_face_is_edited_like_an_upright_one(angle: float, scale: float, what: str) -> None:
    value = {"by": (0.1, -0.05), "scale": (1.2, 0.9), "turn": 10, "open": 0.4, "yaw": 12, "pitch": -8}[what]
    edit = Landmarks(part="lips" if what not in ("yaw", "pitch") else "face", **{what: value})  # type: ignore[arg-type]
    upright, turned = face_at(), face_at(angle=angle, scale=scale)
    expected = moved(upright, points_of(upright), edit, SIZE) - (160, 120)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = moved(turned, points_of(turned), edit, SIZE) - (160, 120)
    np.testing.assert_allclose(found, expected @ turn.T * scale, atol=0.1)


def test_lengths_are_sizes_of_the_face() -> None:
    figure = face_at()
    before = points_of(figure)
    after = moved(figure, before, Landmarks(part="brows", by=(0.02, -0.1)), SIZE)
    brows = numbers(figure, "left brow") + numbers(figure, "right brow")
    np.testing.assert_allclose(
        after[brows] - before[brows], np.tile([0.02 * HEIGHT, -0.1 * HEIGHT], (20, 1)), atol=0.01
    )
    others = np.setdiff1d(np.arange(len(before)), brows)
    np.testing.assert_array_equal(after[others], before[others])


def test_a_turned_head_shows_its_nose_on_one_side() -> None:
    figure = face_at()
    before = points_of(figure)
    after = moved(figure, before, Landmarks(part="face", yaw=10), SIZE)
    assert figure.turning is not None
    np.testing.assert_allclose((after - before)[figure.turning], (24 * np.sin(np.radians(10)), 0), atol=0.05)
    oval = numbers(figure, "face oval")
    assert np.abs((after - before)[oval]).max() < 1
    down = moved(figure, before, Landmarks(part="face", pitch=10), SIZE)
    assert (down - before)[figure.turning][1] > 3


@pytest.mark.parametrize(
    "edit",
    [
        {"part": "brows", "by": (0, -0.05)},
        {"part": "lips", "scale": (1.2, 1)},
        {"part": "eyes", "scale": 1.2},
        {"part": "face", "yaw": 10, "pitch": 5},
        {"part": "face", "turn": 8},
        {"part": "lips", "open": 1.5},
    ],
)
def test_what_the_points_show_follows_them(edit: dict[str, Any]) -> None:
    figure = face_at()
    index, origin = changed(figure, edit)
    targets = moved(figure, points_of(figure), Landmarks(**edit), SIZE)
    np.testing.assert_allclose(places_of(origin, np.array(figure.points)) * WIDE, targets, atol=0.1)
    for name in ("outer lips", "right eye"):
        inside = polygon2mask(SIZE, targets[numbers(figure, name)][:, ::-1] - 0.5)
        shown = np.isin(index, (LIPS, MOUTH) if name == "outer lips" else (EYES,)) & (
            np.mgrid[: SIZE[1], : SIZE[0]].transpose(0, 2, 1)[0] < 160 if name == "right eye" else True
        )
        assert (inside & shown).sum() > 0.8 * (inside | shown).sum()
    assert (origin.index[:20] == UNMOVED).all()
    assert (origin.index[:, :40] == UNMOVED).all()


def test_closed_lips_touch_and_hide_the_mouth() -> None:
    figure = face_at()
    before = portrait(figure).segments
    assert before is not None
    index, origin = changed(figure, {"part": "lips", "open": 0})
    assert (before.index == MOUTH).sum() > 200
    assert (index == MOUTH).sum() < 10
    column = index[:, 160]
    lips = np.flatnonzero(column == LIPS)
    assert len(lips) == pytest.approx((before.index[:, 160] == LIPS).sum(), abs=2)
    assert np.ptp(lips) == len(lips) - 1
    assert len(origin.pieces) == 2


def test_an_eye_that_narrows_hides_its_ball_and_does_not_squeeze_it() -> None:
    figure = face_at()
    _, origin = changed(figure, {"part": "eyes", "open": 0.7})
    iris = np.array(figure.points)[numbers(figure, "right iris")][:3]
    np.testing.assert_allclose(places_of(origin, iris) * WIDE, iris * WIDE, atol=0.1)
    index, _ = changed(figure, {"part": "eyes", "open": 0})
    assert (index == EYES).sum() < 12


def test_edits_in_a_row_are_one_warp_and_others_come_first() -> None:
    figure = face_at()
    _, origin = changed(figure, {"part": "brows", "by": (0, -0.05)}, {"part": "lips", "scale": 1.2})
    assert [len(piece.transforms) for piece in origin.pieces] == [1]
    primitive = portrait(figure)
    away = Move(region=Rectangle(top_left=(0.2, 0), bottom_right=(0.8, 1)), by=(0.1, 0))
    lift = Landmarks(part="brows", by=(0, -0.05))
    drawing = edited(Edited(primitive, Origin.unmoved(SIZE)), [away, lift], lambda: [figure])
    brows = numbers(figure, "left brow")
    found = places_of(drawing.origin, np.array(figure.points)[brows]) * WIDE
    np.testing.assert_allclose(found - points_of(figure)[brows], np.tile([32, -5], (10, 1)), atol=0.1)


def test_one_of_several_faces_is_chosen_from_the_left() -> None:
    right, left = face_at(x=230, scale=0.6), face_at(x=90, scale=0.6)
    primitive = portrait(left)
    edit = Landmarks(part="brows", by=(0, -0.1), person=2)
    origin = edited(Edited(primitive, Origin.unmoved(SIZE)), [edit], lambda: [right, left]).origin
    assert (origin.index[:, :120] == UNMOVED).all()
    assert (origin.index[:, 200:] != UNMOVED).any()


def test_a_finger_turns_about_its_root() -> None:
    points = np.zeros((21, 2))
    points[:, 0] = np.repeat([0, 1, 2, 3, 4, 5], [1, 4, 4, 4, 4, 4])[:21] * 10 + 100
    points[:, 1] = 200 - np.array([0, *([20, 30, 40, 50] * 5)])
    (hand,) = figures(People(hands=(Hand(points, 1.0),)), SIZE)
    after = moved(hand, points_of(hand), Landmarks(part="index finger", turn=90), SIZE)
    root, *rest = numbers(hand, "index finger")
    np.testing.assert_allclose(after[root], points_of(hand)[root], atol=1e-6)
    np.testing.assert_allclose(after[rest] - after[root], [[10, 0], [20, 0], [30, 0]], atol=0.01)


def body_with(*shown: int) -> Figure:
    """A body that stands upright with its arms down; its torso is 60 px high, and its shoulders are level."""
    points, visible = np.zeros((33, 2)), np.zeros(33, bool)
    places = {11: (180, 60), 12: (140, 60), 13: (190, 90), 14: (130, 90), 15: (192, 120), 16: (128, 120)}
    places |= {23: (175, 120), 24: (145, 120), 25: (175, 160), 26: (145, 160), 27: (175, 200), 28: (145, 200)}
    for number, place in places.items():
        points[number] = place
    visible[list(shown)] = True
    crop = Crop((160.0, 120.0), 200.0)
    (body,) = figures(People(bodies=(Body(points, visible, crop, np.zeros((256, 256), np.float32), 1.0),)), SIZE)
    return body


@pytest.mark.parametrize("hips", [(), (23,), (23, 24)])
def test_limbs_move_by_the_size_of_what_is_shown_of_the_body(hips: tuple[int, ...]) -> None:
    body = body_with(11, 12, 13, 14, 15, 16, *hips)
    before = points_of(body)
    after = moved(body, before, Landmarks(part="left arm", by=(0.1, 0)), SIZE)
    assert np.abs(after - before)[:, 0].max() == pytest.approx(6, abs=0.5)
    assert (after != before).any(axis=1).sum() == 3


def test_a_limb_turns_about_the_first_of_its_known_points() -> None:
    body = body_with(11, 12, 13, 14, 15, 16)
    before = points_of(body)
    shoulder, elbow, wrist = numbers(body, "left arm")
    before[shoulder] = np.nan
    after = moved(body, before, Landmarks(part="left arm", turn=180), SIZE)
    np.testing.assert_allclose(after[elbow], before[elbow])
    np.testing.assert_allclose(after[wrist] - before[elbow], before[elbow] - before[wrist])
    before[[elbow, wrist]] = np.nan  # nothing of it is known
    np.testing.assert_array_equal(moved(body, before, Landmarks(part="left arm", turn=180), SIZE), before)


@pytest.mark.parametrize("hidden", [(5,), (0,), (18,), (0, 1, 35), (17, 18, 19)])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_head_turns_though_a_part_of_its_outline_is_hidden(hidden: tuple[int, ...], mirrored: bool) -> None:
    figure = face_at()
    whole = points_of(figure) * (-1 if mirrored else 1, 1) + (320 if mirrored else 0, 0)
    oval = numbers(figure, "face oval")
    partly = whole.copy()
    partly[[oval[number] for number in hidden]] = np.nan
    edit = Landmarks(part="face", yaw=12, pitch=5)
    expected, after = (moved(figure, points, edit, SIZE) for points in (whole, partly))
    known = ~np.isnan(partly[:, 0])
    np.testing.assert_array_equal(np.isnan(after[:, 0]), ~known)
    np.testing.assert_allclose(after[known], expected[known], atol=2)
    assert figure.turning is not None
    assert abs(after[figure.turning] - whole[figure.turning])[0] > 3


@pytest.mark.parametrize("part", ["face", "lips"])
def test_a_figure_that_is_erased_is_left_out_with_a_warning(part: str, caplog: pytest.LogCaptureFixture) -> None:
    figure = face_at()
    erase = Erase(region=Rectangle(top_left=(0.05, 0.02), bottom_right=(0.95, 0.98)))
    start = Edited(portrait(figure), Origin.unmoved(SIZE))
    erased = edited(start, [erase], lambda: [figure])
    edit = Landmarks.model_validate({"part": part, "scale": 1.2})
    drawing = edited(start, [erase, edit], lambda: [figure])
    np.testing.assert_array_equal(drawing.origin.index, erased.origin.index)
    assert [record.getMessage() for record in caplog.records] == [
        "the edits of face 1 are left out: the drawing shows nothing of it any more"
    ]


@pytest.mark.parametrize(
    ("edit", "word"),
    [
        ({"part": "brows", "open": 0}, "open is for lips"),
        ({"part": "lips", "yaw": 5}, "yaw and pitch are for the face"),
        ({"part": "ears"}, "part"),
        ({"part": "lips", "scale": 0}, "scale"),
    ],
)
def test_records_that_mean_nothing_are_refused(edit: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        Landmarks(**edit)
    assert edits_from_json('[{"op": "landmarks", "part": "lips", "scale": [1.2, 1]}]')


@pytest.mark.parametrize(
    ("edit", "word"),
    [({"part": "thumb"}, "nobody with the part “thumb”"), ({"part": "nose", "person": 2}, "only 1 with")],
)
def test_parts_that_the_photo_does_not_show_are_named(edit: dict[str, Any], word: str) -> None:
    with pytest.raises(PrimitiveError, match=word):
        changed(face_at(), edit)


def test_without_a_photo_nobody_is_looked_for() -> None:
    with pytest.raises(PrimitiveError, match="need the photo"):
        apply_edits(portrait(face_at()), [Landmarks(part="nose", by=(0.1, 0))])


@pytest.mark.usefixtures("detectors")
def test_the_same_edit_of_a_photo_at_two_sizes() -> None:
    edit = Landmarks(part="brows", by=(0, -0.06))
    photo = data.astronaut()
    rises = []
    for side in (320, 200):
        (figure, *_) = found = find_figures(resize_image(photo, (side, side)))
        blank = Primitive("edges", edges=np.zeros((side, side), bool))
        origin = edited(Edited(blank, Origin.unmoved((side, side))), [edit], lambda found=found: found).origin  # type: ignore[misc]
        brow = np.array(figure.points)[numbers(figure, "left brow")]
        rises.append((places_of(origin, brow) - brow).mean(axis=0))
    np.testing.assert_allclose(rises[0], rises[1], atol=0.005)
    assert rises[0][1] < -0.01
