"""Objects: placed parts that are moved again later, reordered, hidden and deleted, and the drawing below them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.axe import AXE, problems
from tests.browser.conftest import WINDOW, Visit
from tests.browser.desk import affine_pieces
from tests.browser.launch import Studio, watch
from tests.browser.person import PATIENCE_MS, Person


def _objects(person: Person) -> Locator:
    return person.page.get_by_role("group", name="Objects")


def _names(person: Person) -> list[str]:
    return person.page.locator(".object-pick").all_inner_texts()


def _pick(person: Person, name: str) -> None:
    _objects(person).get_by_role("button", name=name, exact=True).click()


def _move(person: Person, start: tuple[float, float], end: tuple[float, float], to: tuple[float, float]) -> None:
    """Select a rectangle, and drag its middle somewhere."""
    person.take("Select rectangle")
    person.drag([start, end])
    person.take("Move")
    person.drag([((start[0] + end[0]) / 2, (start[1] + end[1]) / 2), to])
    person.keys("Enter")


def _sees_labels(person: Person, expected: np.ndarray) -> None:
    for _ in range(200):
        if (person.labels() == expected).all():
            return
        person.page.wait_for_timeout(50)
    raise AssertionError(f"{(person.labels() != expected).any(axis=2).sum()} pixels of the labels differ")


def test_what_was_placed_is_moved_again_and_the_place_it_left_is_as_before(editor: Person) -> None:
    page = editor.page
    lines, labels = editor.lines(), editor.labels()
    _move(editor, (0.1, 0.1), (0.3, 0.3), (0.5, 0.2))
    expect(_objects(editor).get_by_role("listitem")).to_have_count(1)
    editor.painted()
    first, there = affine_pieces(editor), editor.labels()
    # Something else is edited meanwhile, away from it, and the selection is dropped.
    page.keyboard.press("Control+d")
    editor.take("Pencil")
    editor.drag([(0.1, 0.9), (0.4, 0.9)])
    drawn = editor.lines()
    editor.take("Move")
    editor.drag([(0.5, 0.2), (0.5, 0.6)])
    editor.keys("Enter")
    expect(page.get_by_role("button", name=re.compile("^Undo Move object"))).to_be_visible()
    editor.painted()
    second = affine_pieces(editor)
    assert np.allclose(np.subtract(second, first)[0][:5], 0, atol=1e-9)
    assert abs(np.subtract(second, first)[0][5]) > 10
    # Where it was, the drawing is as it was before it came; where it came from, the hole is closed.
    height, width = lines.shape
    box = (slice(int(0.12 * height), int(0.28 * height)), slice(int(0.42 * width), int(0.58 * width)))
    assert (editor.lines()[box] == lines[box]).all()
    assert (editor.labels()[box] == labels[box]).all()
    assert (there[box] != labels[box]).any() or (drawn[box] != lines[box]).any()

    # Hidden, shown and deleted; each is a step.
    moved = editor.lines(), editor.labels()
    show = _objects(editor).get_by_role("button", name=re.compile("^Show "))
    show.click()
    expect(show).to_have_attribute("aria-pressed", "false")
    hidden = editor.lines()
    assert (hidden[box] == lines[box]).all()
    show.click()
    editor.sees_lines(moved[0])
    _sees_labels(editor, moved[1])
    _objects(editor).get_by_role("button", name="Delete object").click()
    expect(_objects(editor)).to_have_count(0)
    editor.sees_lines(hidden)
    editor.undo()
    editor.sees_lines(moved[0])
    expect(_objects(editor).get_by_role("listitem")).to_have_count(1)
    editor.undo()
    editor.sees_lines(hidden)
    editor.redo()
    editor.sees_lines(moved[0])

    # After a reload, it can still be moved: back to where it came from.
    page.reload()
    editor.ready()
    expect(_objects(editor).get_by_role("listitem")).to_have_count(1)
    page.locator(".object-pick").click()
    expect(_objects(editor).get_by_role("textbox", name="Name of the object")).to_be_visible()
    editor.keys("Control+t")
    bar = page.get_by_role("toolbar", name="Floating selection")
    expect(bar).to_contain_text("Transform object")
    for name, back in (("X, px", second[0][4]), ("Y, px", second[0][5])):
        field = bar.get_by_role("spinbutton", name=name)
        value = float(field.get_attribute("aria-valuenow") or "nan")
        field.fill(str(value + back))
        field.press("Enter")
    editor.keys("Enter")
    editor.keys("Enter")
    _sees_labels(editor, labels)
    assert affine_pieces(editor) == []


def test_objects_are_raised_renamed_merged_and_the_same_in_another_tab(
    browser: Browser, studio: Studio, visit: Visit, editor: Person
) -> None:
    page = editor.page
    context = browser.new_context(viewport=WINDOW, storage_state=visit.state)
    other = Person(context.new_page(), studio.url)
    complaints = watch(other.page)
    other.page.goto(visit.url)
    other.ready()

    _move(editor, (0.1, 0.1), (0.3, 0.3), (0.6, 0.5))
    page.keyboard.press("Control+d")
    _move(editor, (0.1, 0.6), (0.3, 0.8), (0.66, 0.56))
    expect(_objects(editor).get_by_role("listitem")).to_have_count(2)
    expect(_objects(other).get_by_role("listitem")).to_have_count(2)
    upper, lower = _names(editor)
    name = _objects(editor).get_by_role("textbox", name="Name of the object")
    expect(name).to_have_value(upper)
    name.fill("Whiskers")
    name.press("Enter")
    expect(other.page.locator(".object-pick").first).to_have_text("Whiskers")
    both = editor.labels()
    editor.keys("Control+[")
    expect(page.locator(".object-pick").last).to_have_text("Whiskers")
    assert (editor.labels() != both).any()
    # The other tab raises it again, and moves the one below it; nothing else of it shows.
    expect(other.page.locator(".object-pick").last).to_have_text("Whiskers")
    _pick(other, "Whiskers")
    other.keys("Control+]")
    _sees_labels(editor, both)
    _pick(other, lower)
    for key in ("ArrowRight", "ArrowLeft", "Enter"):
        other.keys(key)
    _sees_labels(editor, both)
    expect(page.locator(".object-pick").first).to_have_text("Whiskers")
    # Merged, it stays where it is seen; then the rest is merged.
    _pick(editor, "Whiskers")
    editor.keys("Control+e")
    expect(_objects(editor).get_by_role("listitem")).to_have_count(1)
    _sees_labels(editor, both)
    _objects(editor).get_by_role("button", name="Merge all with the drawing").click()
    expect(_objects(other)).to_have_count(0)
    _sees_labels(editor, both)
    _sees_labels(other, both)
    context.close()
    assert not complaints, complaints


def test_a_part_that_is_not_kept_becomes_drawing(editor: Person) -> None:
    editor.take("Select rectangle")
    editor.drag([(0.1, 0.1), (0.3, 0.3)])
    editor.keys("Control+j")
    keep = editor.page.get_by_role("button", name="Keep as an object")
    expect(keep).to_have_attribute("aria-pressed", "true")
    keep.click()
    editor.keys("Enter")
    editor.painted()
    expect(_objects(editor)).to_have_count(0)
    assert len(affine_pieces(editor)) == 1


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_objects_on_a_phone_by_keyboard_alone(browser: Browser, studio: Studio, visit: Visit, theme: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme=theme,
        bypass_csp=True,
        reduced_motion="reduce",
        storage_state=visit.state,
    )
    page = context.new_page()
    complaints = watch(page)
    page.goto(visit.url)
    person = Person(page, studio.url)
    person.ready()
    lines = person.lines()
    person.keys("Control+a")
    person.keys("Control+j")
    for _ in range(3):
        person.keys("Shift+ArrowRight")
    person.keys("Enter")
    person.painted()
    page.get_by_role("button", name="Show panels").click()
    expect(_objects(person)).to_be_visible()
    pick = page.locator(".object-pick")
    box = pick.bounding_box()
    assert box is not None
    assert box["height"] >= 32
    assert box["x"] + box["width"] <= 390
    pick.focus()
    person.keys("Enter")
    expect(pick).to_have_attribute("aria-pressed", "true")
    if AXE.is_file():
        assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    person.keys("Delete")
    expect(_objects(person)).to_have_count(0, timeout=PATIENCE_MS)
    person.sees_lines(lines)
    for _ in range(10):
        if page.get_by_role("button", name="Undo", exact=True).count():
            break
        person.keys("Control+z")
        page.wait_for_timeout(100)
    person.painted()
    context.close()
    assert not complaints, complaints
