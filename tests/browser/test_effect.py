"""An edit that cannot be seen in the picture is told, and shown where it is."""

from __future__ import annotations

import numpy as np
from playwright.sync_api import Page, expect

from tests.browser.desk import open_photo
from tests.browser.launch import Studio
from tests.browser.person import PATIENCE_MS


def test_an_edit_without_effect_is_told_and_outlined(page: Page, studio: Studio) -> None:
    # Lines across a blank wall show nowhere.
    wall = np.full((160, 200, 3), 128, np.uint8)
    wall[110:150, 140:190] = (60, 70, 90)
    person = open_photo(page, studio, wall).person
    notice = page.get_by_text("One edit does not show in the picture")
    show = page.get_by_role("button", name="Show", exact=True)
    outlines = page.get_by_test_id("effect-outline")
    expect(notice).to_have_count(0)
    person.take("Pencil")
    person.drag([(0.2, 0.3), (0.4, 0.3), (0.4, 0.5), (0.2, 0.5), (0.2, 0.3)])
    person.polished()
    expect(notice).to_be_visible(timeout=PATIENCE_MS)
    expect(outlines).to_have_count(0)
    show.click()
    expect(outlines).to_have_count(2)  # over the drawing and over the picture
    box, (left, top), (right, bottom) = outlines.first.bounding_box(), person.at((0.2, 0.3)), person.at((0.4, 0.5))
    assert box is not None
    assert left - 60 < box["x"] < left
    assert top - 60 < box["y"] < top
    assert right < box["x"] + box["width"] < right + 60
    assert bottom < box["y"] + box["height"] < bottom + 60
    show.click()
    expect(outlines).to_have_count(0)
    show.click()
    # The next stroke ends it; then there are two.
    person.drag([(0.6, 0.2), (0.85, 0.2)])
    expect(page.get_by_text("2 edits do not show in the picture")).to_be_visible(timeout=PATIENCE_MS)
    expect(outlines).to_have_count(0)
    person.undo()
    expect(notice).to_be_visible(timeout=PATIENCE_MS)
    person.undo()
    person.polished()
    expect(notice).to_have_count(0)
    expect(show).to_have_count(0)
