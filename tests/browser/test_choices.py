"""Choices over a render: variants, strength, and places of the photo to copy from."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.person import Person


def until(person: Person, true: Callable[[], object]) -> None:
    """Wait until something is true of what a person sees."""
    person.page.bring_to_front()  # a tab in the background is not painted regularly
    for _ in range(200):
        if true():
            return
        person.page.wait_for_timeout(50)
    raise AssertionError("it did not become true")


def test_one_of_three_variants_is_picked_and_stays(editor: Person) -> None:
    page = editor.page
    editor.take("Remove")
    page.get_by_label("Size", exact=True).fill("40")
    editor.drag([(0.35, 0.4), (0.45, 0.42)])
    editor.polished()
    first = editor.picture()
    page.get_by_role("tab", name="Result").click()
    page.get_by_role("button", name="Three variants").click()
    strip = page.get_by_role("radiogroup", name="Variants")
    expect(strip.get_by_role("radio")).to_have_count(3)
    expect(strip.get_by_role("radio", name="Variant 1", exact=True)).to_be_checked()
    loaded = "[...document.querySelectorAll('.variant-strip img')].every((image) => image.naturalWidth > 0)"
    until(editor, lambda: page.evaluate(loaded))
    third = strip.get_by_role("radio", name="Variant 3", exact=True)
    third.click()
    expect(third).to_be_checked()
    until(editor, lambda: bool((editor.picture() != first).any()))
    picked = editor.picture()
    page.reload()
    editor.ready()
    editor.polished()
    assert (editor.picture() == picked).all()
    page.get_by_role("tab", name="Result").click()
    page.get_by_role("button", name="Three variants").click()
    expect(third).to_be_checked()
    strip.get_by_role("radio", name="Variant 1", exact=True).click()
    until(editor, lambda: bool((editor.picture() == first).all()))


def test_the_strength_is_kept(editor: Person) -> None:
    page = editor.page
    page.get_by_role("tab", name="Result").click()
    strength = page.get_by_label("Strength", exact=True)
    expect(strength).to_have_value("0.5")
    strength.fill("1")
    page.wait_for_timeout(1000)
    page.reload()
    editor.ready()
    page.get_by_role("tab", name="Result").click()
    expect(strength).to_have_value("1")
    strength.fill("0.5")
    page.wait_for_timeout(1000)


def test_copy_marks_are_painted_undone_and_reach_other_tabs(editor: Person) -> None:
    page = editor.page
    other = Person(page.context.new_page(), page.url)
    other.page.goto(page.url)
    other.ready()
    lines = editor.lines()
    editor.take("Copy marks")
    page.get_by_label("Size", exact=True).fill("20")
    editor.drag([(0.6, 0.2), (0.8, 0.2)])
    page.get_by_role("radio", name="Copy from here", exact=True).check()
    editor.drag([(0.6, 0.7), (0.8, 0.7)])
    editor.painted()
    side = lines.shape[0]

    def colours(of: Person) -> tuple[list[int], list[int]]:
        marks = of.layer("sources")
        return tuple(marks[int(y * side), int(0.7 * side), :3].tolist() for y in (0.2, 0.7))  # type: ignore[return-value]

    until(editor, lambda: colours(editor)[1] != [0, 0, 0])
    red, green = colours(editor)
    assert red[0] > 150 > red[1]
    assert green[1] > 100 > green[0]
    until(other, lambda: colours(other) == (red, green))
    page.bring_to_front()
    assert (editor.lines() == lines).all()
    page.get_by_role("radio", name="Erase marks").check()
    editor.drag([(0.6, 0.2), (0.8, 0.2)])
    editor.painted()
    until(editor, lambda: not editor.layer("sources")[int(0.2 * side), int(0.7 * side), 3])
    editor.undo()
    expect(page.get_by_role("button", name=re.compile("^Undo Copy marks"))).to_be_visible()
    until(editor, lambda: colours(editor) == (red, green))
    page.reload()
    editor.ready()
    until(editor, lambda: colours(editor) == (red, green))
    other.page.close()
