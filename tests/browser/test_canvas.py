"""A canvas larger than the photo: resized in the dialog, drawn on, looked at in another tab and at 100 %, undone."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.desk import open_photo
from tests.browser.launch import Studio
from tests.browser.person import PATIENCE_MS, Person
from tests.tiny import picture


def resize(person: Person, **sides: float) -> None:
    """Set sides in the dialog, in percent."""
    page = person.page
    page.get_by_role("button", name="Canvas size…").click()
    dialog = page.get_by_role("dialog", name="Canvas size")
    dialog.get_by_role("radio", name="%").check(force=True)
    for side, percent in sides.items():
        dialog.get_by_label(side.title(), exact=True).fill(str(percent))
    dialog.get_by_role("button", name="Resize").click()
    expect(dialog).to_have_count(0)


def shows(person: Person, size: str) -> None:
    expect(person.page.locator(".status .fact").first).to_have_text(size, timeout=PATIENCE_MS)
    person.polished()


def test_the_canvas_is_made_larger_drawn_on_and_undone(page: Page, studio: Studio) -> None:
    photo = picture(size=(64, 80))
    desk = open_photo(page, studio, photo, size_px=64)
    person, before = desk.person, desk.person.lines()
    other = Person(page.context.new_page(), studio.url)
    other.page.goto(page.url)
    other.ready()
    page.bring_to_front()

    resize(person, left=25, bottom=12.5)
    shows(person, "100 × 72 px")
    assert person.lines().shape == (72, 100)
    np.testing.assert_array_equal(person.lines()[:64, 20:], before)
    shown = person.picture()
    np.testing.assert_array_equal(shown[:64, 20:], photo)
    np.testing.assert_array_equal(desk.exported(), shown)
    # The photo, over the drawing, lies where it is in the result.
    page.get_by_role("button", name="Show Photo", exact=True).click()
    image, sheet = (person.pane.locator(which).bounding_box() for which in ("img", ".sheet"))
    assert image is not None
    assert sheet is not None
    assert abs((image["x"] - sheet["x"]) / sheet["width"] - 20 / 100) < 0.01
    assert abs(image["height"] / sheet["height"] - 64 / 72) < 0.01
    page.get_by_role("button", name="Show Photo", exact=True).click()

    # Lines are drawn beyond the photo, and the other tab sees all of it.
    person.take("Pencil")
    person.drag([(0.05, 0.2), (0.15, 0.2)])
    person.polished()
    assert person.lines()[13:16, 6:14].any()
    other.sees_lines(person.lines())
    page.bring_to_front()
    np.testing.assert_array_equal(person.picture()[:64, 20:], photo)
    person.undo()
    person.undo()
    shows(person, "80 × 64 px")
    np.testing.assert_array_equal(person.picture(), photo)
    other.sees_lines(before)
    page.bring_to_front()
    person.redo()
    shows(person, "100 × 72 px")
    page.reload()
    person.ready()
    shows(person, "100 × 72 px")

    # What is too large is refused in the dialog; a preset and the handles fit the preview.
    page.get_by_role("button", name="Canvas size…").click()
    dialog = page.get_by_role("dialog", name="Canvas size")
    dialog.get_by_label("Top", exact=True).fill("300")
    expect(dialog.get_by_text(re.compile("at most 4 times"))).to_be_visible()
    expect(dialog.get_by_role("button", name="Resize")).to_be_disabled()
    dialog.get_by_role("button", name="1 : 1").click()
    expect(dialog.get_by_text("80 × 80 px")).to_be_visible()
    handle = dialog.get_by_role("button", name="Right: drag, or use the arrow keys")
    handle.focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(dialog.get_by_text("90 × 80 px")).to_be_visible()
    dialog.get_by_role("button", name="Photo alone").click()
    dialog.get_by_role("button", name="Resize").click()
    shows(person, "80 × 64 px")
    np.testing.assert_array_equal(person.picture(), photo)
