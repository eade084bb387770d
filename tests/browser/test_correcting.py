"""Correcting the drawing by hand before it is learned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from playwright.sync_api import expect

from tests.browser.person import PATIENCE_MS, Person


def test_corrections_leave_the_photo_as_it_is_and_are_what_is_edited_then(person: Person, photo: Path) -> None:
    page = person.page
    person.drop_photo(photo)
    page.get_by_role("button", name="Correct it by hand").click()
    panel = page.get_by_role("region", name="Correct the drawing")
    expect(panel).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("group", name="Photo")).to_be_visible()
    expect(page.get_by_role("button", name="Export")).to_have_count(0)

    # Split a label: what is selected gets one of its own, with a name. Then a line is erased.
    labels = page.locator(".labels .label")
    count = labels.count()
    person.take("Select rectangle")
    person.drag([(0.1, 0.1), (0.4, 0.4)])
    page.get_by_role("button", name="New label for the selection").click()
    expect(labels).to_have_count(count + 1)
    name = page.get_by_label(f"Name of Label {count + 1}")
    name.fill("ear")
    name.press("Enter")
    split = person.labels()
    page.keyboard.press("Escape")
    lines = person.lines()
    person.take("Eraser")
    person.drag([(0.5, 0.5), (0.8, 0.8)])
    assert person.lines().sum() < lines.sum()
    person.undo()
    person.sees_lines(lines)
    person.redo()

    # A reload goes on with it.
    page.reload()
    expect(panel).to_be_visible(timeout=PATIENCE_MS)
    corrected = person.lines()
    page.get_by_role("button", name="Edit without learning").click()
    expect(panel).to_have_count(0, timeout=PATIENCE_MS)
    person.ready()
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()  # corrections are no edits
    expect(page.locator(".labels")).to_contain_text("ear")
    person.sees_lines(corrected)
    after = person.labels()
    assert (after[24:60, 24:60] == after[40, 40]).all()  # the new label
    assert split.shape == after.shape

    # Editing goes on from there: the unedited drawing is the photo.
    shown = person.picture().astype(int)
    person.take("Pencil")
    person.drag([(0.6, 0.2), (0.9, 0.3)])
    person.painted()
    person.polished()
    changed = np.abs(person.picture().astype(int) - shown).max(axis=2) > 0
    assert changed.any()
    assert not changed[100:, :60].any()


def test_corrections_can_be_discarded(person: Person, photo: Path) -> None:
    page = person.page
    person.drop_photo(photo)
    before = person.lines()
    page.get_by_role("button", name="Correct it by hand").click()
    panel = page.get_by_role("region", name="Correct the drawing")
    expect(panel).to_be_visible(timeout=PATIENCE_MS)
    person.take("Pencil")
    person.drag([(0.1, 0.1), (0.9, 0.2)])
    assert (person.lines() != before).any()
    page.get_by_role("button", name="Discard corrections").click()
    expect(panel).to_have_count(0, timeout=PATIENCE_MS)
    person.ready()
    person.sees_lines(before)


def test_discarding_corrections_costs_nothing(person: Person, photo: Path) -> None:
    page = person.page
    person.drop_photo(photo)
    page.get_by_role("button", name="Edit without learning").click()
    person.ready()
    page.get_by_role("tab", name="History").click()
    page.get_by_role("button", name="Save snapshot", exact=True).click()
    snapshots = page.get_by_role("list", name="Snapshots").get_by_role("listitem")
    expect(snapshots).to_have_count(1)
    page.get_by_role("button", name="Change the drawing…").click()
    page.get_by_role("button", name="Extract it again").click()
    page.get_by_role("button", name="Correct it by hand").click()
    panel = page.get_by_role("region", name="Correct the drawing")
    expect(panel).to_contain_text("the training and the snapshots are discarded", timeout=PATIENCE_MS)
    page.get_by_role("button", name="Discard corrections").click()
    expect(panel).to_have_count(0, timeout=PATIENCE_MS)
    page.get_by_role("tab", name="History").click()
    expect(snapshots).to_have_count(1)


def test_edits_come_back_on_the_corrected_drawing(person: Person, photo: Path) -> None:
    page = person.page
    person.drop_photo(photo)
    person.edit()
    person.take("Pencil")
    person.drag([(0.55, 0.15), (0.9, 0.25)])
    person.take("Select rectangle")
    person.drag([(0.1, 0.1), (0.3, 0.3)])
    person.keys("Control+j")  # a copy of it
    person.take("Move")
    person.drag([(0.2, 0.2), (0.6, 0.7)])
    page.keyboard.press("Enter")
    edited = person.lines()

    page.get_by_role("button", name="Change the drawing…").click()
    page.get_by_role("button", name="Correct it by hand").click()
    panel = page.get_by_role("region", name="Correct the drawing")
    expect(panel).to_contain_text("Your edits are put aside", timeout=PATIENCE_MS)
    expect(page.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
    for _ in range(100):  # the drawing is loaded after the panel is shown
        original = person.lines()
        if (original != edited).any():
            break
        page.wait_for_timeout(50)
    assert (original != edited).any()
    person.take("Select rectangle")
    person.drag([(0.1, 0.1), (0.3, 0.3)])
    page.get_by_role("button", name="New label for the selection").click()
    page.get_by_role("button", name="Edit without learning").click()
    expect(panel).to_have_count(0, timeout=PATIENCE_MS)
    person.ready()
    person.sees_lines(edited)  # nothing but labels was corrected
    expect(page.get_by_text("One edit may no longer fit")).to_be_visible()
    expect(page.get_by_test_id("unsettled-outline").first).to_be_visible()
    labels = person.labels()
    height, width = labels.shape[:2]
    source, copy = labels[int(0.2 * height), int(0.2 * width)], labels[int(0.7 * height), int(0.6 * width)]
    np.testing.assert_array_equal(copy, source)
    person.undo()
    person.sees_lines(original)
    expect(page.get_by_test_id("unsettled-outline")).to_have_count(0)
    person.redo()
    page.get_by_role("button", name="They are as they should be").click()
    expect(page.get_by_test_id("unsettled-outline")).to_have_count(0)
