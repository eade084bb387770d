"""Points of people, dragged: what they show follows them, in every tab; by mouse, keys and touch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect
from skimage import data

from primage.detection.figures import Figure, figures
from primage.detection.people import People
from primage.image import resize_image
from primage.origin.places import places_of
from primage.origin.plane import Origin
from tests.browser.axe import AXE, problems
from tests.browser.desk import Desk, open_photo
from tests.browser.launch import Studio
from tests.browser.person import PATIENCE_MS, Person, Spot
from tests.detection.drawn_face import drawn_face

SIDE = 160


def face() -> Figure:
    """Roughly that of the astronaut, cut out."""
    (figure,) = figures(People((drawn_face((76, 80), 0.85),)), (SIDE, SIDE))
    return figure


def answer_with(page: Page, *found: Figure) -> None:
    """The detectors need weights, which are not everywhere: their answer is given."""
    body = json.dumps({"figures": [json.loads(figure.model_dump_json()) for figure in found]})
    page.route("**/people", lambda route: route.fulfill(content_type="application/json", body=body))


@pytest.fixture
def desk(page: Page, studio: Studio) -> Desk:
    answer_with(page, face())
    photo = resize_image(np.ascontiguousarray(data.astronaut()[20:200, 130:310]), (SIDE, SIDE))
    desk = open_photo(page, studio, photo, SIDE)
    desk.person.take("Points")
    expect(handle(page, "right corner of the mouth")).to_be_visible(timeout=PATIENCE_MS)
    return desk


def handle(page: Page, name: str) -> Locator:
    """A point over the drawing; the history names points, too."""
    return page.get_by_test_id("points").get_by_role("button", name=name, exact=True)


def spot(name: str) -> Spot:
    figure = face()
    return next(figure.points[handle.point] for handle in figure.handles if handle.name == name)


def places(desk: Desk) -> np.ndarray:
    index, pieces = desk.origin()
    return places_of(Origin(index.astype(np.uint16), tuple(pieces)), np.array(face().points)) * SIDE


def number(name: str) -> int:
    return next(handle.point for handle in face().handles if handle.name == name)


def test_a_dragged_point_takes_its_neighbours_along_and_is_one_step(desk: Desk) -> None:
    person, corner = desk.person, "right corner of the mouth"
    before = places(desk)
    x, y = spot(corner)
    person.drag([(x, y), (x - 0.03, y - 0.03), (x - 0.05, y - 0.05)])
    person.painted()
    shift = places(desk) - before
    np.testing.assert_allclose(shift[number(corner)], (-8, -8), atol=0.6)
    lip = np.hypot(*shift[number("upper lip")])
    assert lip < 1
    outer = next(curve.points for curve in face().curves if curve.name == "outer lips")
    assert 2 < np.hypot(*shift[outer[2]]) < 8
    assert np.hypot(*shift[number("chin")]) < 0.1
    index, _ = desk.origin()
    assert (index[:, -8:] == 0).all()
    person.undo()
    person.painted()
    np.testing.assert_allclose(places(desk), before, atol=0.01)
    box = handle(person.page, corner).bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    np.testing.assert_allclose(middle, person.at((x, y)), atol=2)
    # Drags in a row start from the unbent drawing.
    for name in ("right corner of the mouth", "left corner of the mouth"):
        x, y = spot(name)
        person.drag([(x, y), (x, y - 0.04)])
        person.painted()
    _, pieces = desk.origin()
    assert [len(piece.transforms) for piece in pieces] == [1]
    shift = places(desk) - np.array(face().points) * SIDE
    for name in ("right corner of the mouth", "left corner of the mouth"):
        np.testing.assert_allclose(shift[number(name)], (0, -0.04 * SIDE), atol=0.6)


def test_a_part_moves_by_its_line_a_point_alone_with_shift_and_the_head_by_its_nose(desk: Desk) -> None:
    person = desk.person
    brow = next(curve for curve in face().curves if curve.name == "left brow")
    a, b = (np.array(face().points[number]) for number in brow.points[:2])
    x, y = (0.5 * a + 0.5 * b).tolist()
    person.keys("+")  # nearer, so that the line is not hidden by its points
    person.keys("+")
    person.drag([(x, y), (x, y - 0.03)])
    person.painted()
    shift = places(desk) - np.array(face().points) * SIDE
    np.testing.assert_allclose(shift[list(brow.points)], np.tile([0, -0.03 * SIDE], (10, 1)), atol=0.7)
    x, y = spot("chin")
    person.page.keyboard.down("Shift")
    person.drag([(x, y), (x, y + 0.03)])
    person.page.keyboard.up("Shift")
    person.painted()
    now = places(desk) - np.array(face().points) * SIDE
    assert now[number("chin")][1] > 3
    oval = next(curve.points for curve in face().curves if curve.name == "face oval")
    assert abs(now[oval[17]][1]) < 0.2
    x, y = spot("tip of the nose")
    person.drag([(x, y), (x + 0.02, y)])
    person.painted()
    turned = places(desk) - np.array(face().points) * SIDE - now
    assert turned[number("tip of the nose")][0] > 2
    assert np.abs(turned[list(oval)]).max() < 1


def test_the_keys_go_from_point_to_point_and_move_them(desk: Desk) -> None:
    person, page = desk.person, desk.person.page
    nose = handle(page, "tip of the nose: turns the head")
    nose.focus()
    person.keys("Tab")
    corner = handle(page, "right corner of the mouth")
    expect(corner).to_be_focused()
    for _ in range(3):
        person.keys("ArrowLeft")
    person.painted()
    shift = places(desk) - np.array(face().points) * SIDE
    np.testing.assert_allclose(shift[number("right corner of the mouth")], (-3, 0), atol=0.1)
    person.undo()  # all presses in a row
    person.painted()
    np.testing.assert_allclose(places(desk), np.array(face().points) * SIDE, atol=0.01)


def test_another_tab_shows_the_points_where_they_went(desk: Desk, browser: Browser) -> None:
    person, page = desk.person, desk.person.page
    other = page.context.new_page()
    answer_with(other, face())
    other.goto(page.url)
    second = Person(other, page.url)
    second.ready()
    second.take("Points")
    x, y = spot("chin")
    page.bring_to_front()
    person.drag([(x, y), (x, y + 0.05)])
    person.painted()
    other.bring_to_front()
    chin = handle(other, "chin")
    expect(chin).to_be_visible()
    for _ in range(100):
        box = chin.bounding_box()
        assert box is not None
        if abs(box["y"] + box["height"] / 2 - second.at((x, y + 0.05))[1]) < 3:
            break
        other.wait_for_timeout(50)
    else:
        raise AssertionError("the point is still where it was")
    other.close()


def test_a_finger_drags_a_point_and_axe_finds_nothing_serious(browser: Browser, studio: Studio, desk: Desk) -> None:
    context = browser.new_context(
        viewport={"width": 900, "height": 700},
        has_touch=True,
        bypass_csp=True,
        storage_state=desk.person.page.context.storage_state(),
    )
    page = context.new_page()
    answer_with(page, face())
    page.goto(desk.person.page.url)
    person = Person(page, studio.url)
    person.ready()
    person.take("Points")
    expect(handle(page, "chin")).to_be_visible()
    (x0, y0), (x1, y1) = person.at(spot("chin")), person.at((spot("chin")[0], spot("chin")[1] + 0.04))
    client = context.new_cdp_session(page)
    for kind, points in (("touchStart", [(x0, y0)]), ("touchMove", [(x1, y1)]), ("touchEnd", [])):
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})
    person.painted()
    assert (places(desk) - np.array(face().points) * SIDE)[number("chin")][1] > 4
    if AXE.is_file():
        assert problems(page) == []
    context.close()


def test_it_says_if_nobody_is_seen_or_nobody_can_look(page: Page, studio: Studio) -> None:
    def refuse(route: Route) -> None:
        problem = {"code": "unavailable", "message": "faces cannot be found here: pip install 'primage[detect]'"}
        route.fulfill(status=409, content_type="application/json", body=json.dumps(problem))

    answer_with(page)
    desk = open_photo(page, studio, data.astronaut()[20:116, 130:226], 96)
    desk.person.take("Points")
    desk.person.heard("No face, hand or body was found in this photo")
    page.unroute("**/people")
    page.route("**/people", refuse)
    page.reload()
    desk.person.ready()
    desk.person.take("Points")
    desk.person.heard("pip install 'primage\\[detect\\]'")


def test_points_are_a_kind_of_drawing_where_somebody_is_found(page: Page, studio: Studio, photo: Path) -> None:
    def able(route: Route) -> None:
        answer = route.fetch()
        info = answer.json()
        info["capabilities"]["people"] = True
        route.fulfill(response=answer, json=info)

    page.route("**/api/info", able)
    answer_with(page, face())
    person = Person(page, studio.url)
    person.arrive()
    person.drop_photo(photo)
    expect(page.get_by_role("radio", name="Points of people")).to_be_visible()
    page.unroute("**/people")
    answer_with(page)
    person.arrive()
    person.drop_photo(photo)
    expect(page.get_by_role("radio", name="Painting")).to_be_visible()
    expect(page.get_by_role("radio", name="Points of people")).to_have_count(0)
