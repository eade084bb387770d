"""Objects and edges selected in the photo: Select object, and the magnetic lasso."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from scipy import ndimage

from tests.browser.person import Person, Spot

SIDE = 200
Y, X = np.mgrid[:SIDE, :SIDE]
BALL = np.hypot(X - 80, Y - 100) < 40
FOOT = (np.abs(X - 150) < 20) & (np.abs(Y - 150) < 25)


@pytest.fixture
def still(person: Person, tmp_path: Path) -> Person:
    """A person editing a photo of a ball and a box."""
    picture = np.full((SIDE, SIDE, 3), (120.0, 122.0, 126.0)) + np.random.default_rng(0).normal(0, 5, (SIDE, SIDE, 1))
    picture[BALL], picture[FOOT] = (190, 40, 40), (40, 130, 60)
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(tmp_path / "still.png")
    person.drop_photo(tmp_path / "still.png")
    person.edit()
    return person


def at(x: float, y: float) -> Spot:
    return x / SIDE, y / SIDE


def is_selected(person: Person, what: np.ndarray) -> None:
    """Delete the selection, look at the hole, and undo."""
    expect(person.page.get_by_role("group", name="Selection", exact=True)).to_be_visible()
    person.page.get_by_role("button", name="Delete", exact=True).click()
    person.painted()
    # Holes are hatched.
    hole = ndimage.binary_closing(person.layer("marks")[..., 3] > 0, np.ones((5, 5)))
    person.undo()
    person.painted()
    assert (hole & what).sum() / (hole | what).sum() > 0.9


def answered(person: Person, spot: Spot, modifiers: str | None = None) -> None:
    with person.page.expect_response("**/select"):
        person.press(spot, modifiers)
    person.page.wait_for_timeout(100)


def test_clicks_and_boxes_select_objects(still: Person) -> None:
    page = still.page
    with page.expect_response("**/select"):
        still.take("Select object")
    answered(still, at(80, 100))
    is_selected(still, BALL)

    answered(still, at(80, 100))
    answered(still, at(150, 150), "Shift")
    is_selected(still, BALL | FOOT)

    answered(still, at(80, 100))
    answered(still, at(150, 150), "Shift")
    answered(still, at(80, 100), "Alt")
    is_selected(still, FOOT)

    with page.expect_response("**/select"):
        still.drag([at(120, 115), at(182, 188)])
    page.wait_for_timeout(100)
    is_selected(still, FOOT)

    page.get_by_role("radio", name="Scribble").check(force=True)
    with page.expect_response("**/select"):
        still.drag([at(60, 90), at(80, 110), at(100, 95)])
    page.wait_for_timeout(100)
    is_selected(still, BALL)


def test_the_magnetic_lasso_follows_the_edge(still: Person) -> None:
    page = still.page
    still.take("Magnetic lasso")
    # Not quite on the edge; the straight lines between these points enclose two thirds of the ball.
    for spot in (at(80, 61), at(119, 100), at(80, 139)):
        still.press(spot)
    still.press(at(150, 60))  # wrong, and taken back
    page.keyboard.press("Backspace")
    still.press(at(41, 100))
    page.mouse.move(*still.at(at(52, 71)))
    page.wait_for_timeout(300)
    page.keyboard.press("Enter")
    is_selected(still, BALL)


def test_escape_leaves_the_lasso(still: Person) -> None:
    still.take("Magnetic lasso")
    for spot in (at(80, 61), at(119, 100), at(80, 139)):
        still.press(spot)
    still.page.keyboard.press("Escape")
    still.page.keyboard.press("Enter")
    still.page.wait_for_timeout(300)
    expect(still.page.get_by_role("group", name="Selection", exact=True)).to_have_count(0)


def test_a_selection_becomes_a_label_with_a_name(still: Person) -> None:
    page = still.page
    before = still.labels()
    with page.expect_response("**/select"):
        still.take("Select object")
    answered(still, at(80, 100))
    page.get_by_role("button", name="Name this region…").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("ball")
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="Correct the drawing")
    expect(panel).to_be_visible()
    panel.get_by_role("button", name="Edit without learning").click()
    expect(panel).to_have_count(0)
    still.ready()
    expect(page.get_by_role("button", name=re.compile("^ball"))).to_be_visible()
    labels = still.labels()
    assert before.shape == labels.shape
    values, counts = np.unique(labels[BALL], axis=0, return_counts=True)
    ball = (labels == values[np.argmax(counts)]).all(axis=2)
    assert (ball & BALL).sum() / (ball | BALL).sum() > 0.9


def test_a_region_is_named_before_edits_only(still: Person) -> None:
    page = still.page
    with page.expect_response("**/select"):
        still.take("Select object")
    answered(still, at(80, 100))
    page.get_by_role("button", name="Fill with the label").click()
    still.painted()
    page.get_by_role("button", name="Name this region…").click()
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill("ball")
    page.keyboard.press("Enter")
    expect(page.get_by_text("correct the drawing by hand first")).to_be_visible()
