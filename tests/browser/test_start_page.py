"""The start page: recent projects as they look now, then samples."""

from __future__ import annotations

import re

import numpy as np
from playwright.sync_api import Locator, expect

from tests.browser.person import Person

_PIXELS = """image => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return [canvas.height, canvas.width, ...context.getImageData(0, 0, canvas.width, canvas.height).data];
}"""


def pixels(image: Locator) -> np.ndarray:
    image.evaluate("image => image.decode()")
    height, width, *values = image.evaluate(_PIXELS)
    return np.array(values, np.uint8).reshape(height, width, 4)[..., :3]


def test_recent_projects_show_their_newest_picture_and_on_hover_the_photo(editor: Person) -> None:
    page = editor.page
    editor.take("Pencil")
    editor.drag([(0.2, 0.3), (0.8, 0.6), (0.3, 0.8)])
    editor.painted()
    editor.polished()
    address = page.url
    page.get_by_role("button", name="All projects").click()
    card = page.locator(f'.projects a[href="#{address.partition("#")[2]}"]')
    expect(card).to_contain_text(re.compile(r"[1-9]\d* edits?"))
    result, before = card.locator("img").all()
    assert (pixels(result).astype(int) - pixels(before)).std() > 1
    expect(card.locator(".before")).to_have_css("opacity", "0")
    card.hover()
    expect(card.locator(".before")).to_have_css("opacity", "1")
    # Samples come after a person's own work.
    headings = page.get_by_role("heading", level=2).all_inner_texts()
    assert headings.index("Recent projects") < headings.index("Or try a sample")
    card.click()
    editor.ready()


def test_a_sample_starts_with_its_edit(person: Person) -> None:
    page = person.page
    page.get_by_role("button", name="Try: A second rocket (Rocket)").click()
    person.ready()  # in the editor, not in the settings of the extraction
    expect(page.get_by_role("button", name="Undo A second rocket")).to_be_enabled()
    edited = person.labels()
    person.undo()
    person.painted()
    changed = (edited != person.labels()).any(axis=2)
    assert 0.01 < changed.mean() < 0.2
