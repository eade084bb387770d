"""Objects selected in a project's picture, by requests of its tabs."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from primage.studio.selection import StrokeMark
from primage.studio.workers.selecting import select_marked
from primage.studio.workers.selector import SelectMarked
from tests.studio.visitor import Visitor, unpack

Y, X = np.mgrid[:96, :128]
BALL = np.hypot(X - 40, Y - 50) < 20


@pytest.fixture
def ball(visitor: Visitor) -> Iterator[str]:
    """A project of a red ball on grey; gone afterwards."""
    encoded = io.BytesIO()
    Image.fromarray(np.where(BALL[..., None], (200, 40, 40), (120, 124, 128)).astype(np.uint8)).save(encoded, "PNG")
    made: str = visitor.upload(encoded.getvalue())["id"]
    yield made
    visitor.http.delete(f"/api/projects/{made}")


def selected(visitor: Visitor, project: str, *marks: dict[str, Any]) -> np.ndarray:
    answer = visitor.http.post(f"/api/projects/{project}/select", json={"marks": marks})
    assert answer.status_code == 200, answer.text
    header, pixels = unpack(answer.content)
    return np.frombuffer(pixels, np.uint8).reshape(header["size"]["height"], header["size"]["width"])


def click(x: float, y: float, add: bool = True) -> dict[str, Any]:
    return {"type": "stroke", "points": [[x, y]], "add": add}


def test_a_click_a_box_and_a_scribble_select_the_ball(visitor: Visitor, ball: str) -> None:
    size = visitor.get(ball).json()["size"]
    assert (size["height"], size["width"]) == BALL.shape
    assert not selected(visitor, ball).any()
    for mark in (
        click(40, 50),
        {"type": "box", "corners": [[17, 27], [64, 73]]},
        {"type": "stroke", "points": [[30, 50], [50, 52]]},
    ):
        mask = selected(visitor, ball, mark)
        assert set(np.unique(mask)) == {0, 1}
        assert ((mask > 0) & BALL).sum() / ((mask > 0) | BALL).sum() > 0.95


def test_marks_may_be_taken_back(visitor: Visitor, ball: str) -> None:
    first = selected(visitor, ball, click(40, 50))
    assert not selected(visitor, ball, click(40, 50), click(40, 50, add=False))[50, 40]
    assert (selected(visitor, ball, click(40, 50)) == first).all()


def test_what_is_shown_is_what_is_selected_in(visitor: Visitor, ball: str) -> None:
    with visitor.tab(ball) as tab:
        tab.until("render", lambda header: header["final"])
        live = visitor.app.state.hub._open[ball]
        shown, image = live.selecting._shown(), live.rendering.image
        assert shown.picture is image
        assert visitor.http.post(f"/api/projects/{ball}/corrections/begin").status_code == 200
        assert live.selecting._shown().picture is None  # the photo itself is corrected
    assert (shown.regions == visitor.layers(ball)["segments"]).all()
    moved = np.roll(BALL, 50, axis=1)
    picture = np.roll(shown.picture, 50, axis=1)
    mask = select_marked(
        SelectMarked(replace(shown, picture=picture, regions=None), (StrokeMark(points=((90.0, 50.0),)),))
    )
    assert (mask & moved).sum() / (mask | moved).sum() > 0.95


def test_a_path_follows_the_edge(visitor: Visitor, ball: str) -> None:
    answer = visitor.http.post(f"/api/projects/{ball}/edge-path", json={"start": [20, 50], "end": [40, 30]})
    points = np.array(answer.json()["points"])
    assert points[0].tolist() == [20, 50]
    assert points[-1].tolist() == [40, 30]
    assert np.abs(np.hypot(points[:, 0] - 40, points[:, 1] - 50) - 20).max() < 3


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("select", {"marks": [click(500, 5)]}, "the mark is outside the photo, which has 128 × 96 pixels"),
        ("select", {"marks": [{"type": "box", "corners": [[5, 5], [5, 9]]}]}, "the box contains no pixel"),
        ("select", {"marks": [{"type": "stroke", "points": []}]}, "marks"),
        ("select", {"marks": [click(1, 1)], "other": 1}, "other"),
        ("edge-path", {"start": [1, 1], "end": [900, 1]}, "the point is outside the photo"),
    ],
)
def test_what_makes_no_sense_is_refused(
    visitor: Visitor, ball: str, path: str, body: dict[str, Any], message: str
) -> None:
    answer = visitor.http.post(f"/api/projects/{ball}/{path}", json=body)
    assert answer.status_code == 422
    assert message in answer.json()["message"]
