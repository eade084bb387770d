"""Keyboard focus: shortcuts work whatever has the focus, and every control can be reached."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.person import Person


def _focused(page: Page) -> str:
    """The accessible name of the focused element."""
    return str(
        page.evaluate(
            """(e => e.getAttribute('aria-label') || e.labels?.[0]?.textContent || (e === document.body
                ? 'body' : e.textContent))(document.activeElement)"""
        )
    )


def _pressed(editor: Person, tool: str) -> None:
    button = editor.page.get_by_role("navigation", name="Tools").get_by_role("button", name=tool, exact=True)
    expect(button).to_have_attribute("aria-pressed", "true")


def _drag_slider(editor: Person, name: str) -> None:
    box = editor.page.get_by_role("slider", name=name, exact=True).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    editor.page.mouse.move(box["x"] + 0.3 * box["width"], middle)
    editor.page.mouse.down()
    editor.page.mouse.move(box["x"] + 0.6 * box["width"], middle, steps=4)
    editor.page.mouse.up()


def test_shortcuts_after_a_slider(editor: Person) -> None:
    editor.take("Label brush")
    _drag_slider(editor, "Size")
    size = editor.page.get_by_role("slider", name="Size", exact=True)
    dragged = float(size.input_value())
    # Arrow keys still belong to the slider, other keys do not.
    editor.keys("ArrowRight")
    assert float(size.input_value()) == dragged + 1
    editor.keys("p")
    _pressed(editor, "Pencil")
    _drag_slider(editor, "Opacity of Labels")
    editor.keys("e")
    _pressed(editor, "Eraser")


@pytest.mark.parametrize("control", ["tab", "tool", "switch", "select"])
def test_space_pans_after_pressing_a_control(editor: Person, control: str) -> None:
    page = editor.page
    editor.take("Label brush")
    match control:
        case "tab":
            page.get_by_role("tab", name="Labels").click()
        case "switch":
            page.get_by_text("Erase lines below", exact=True).click()
        case "select":
            page.get_by_label("For how long").select_option("5")
    labels = editor.labels()
    before = editor.at((0.5, 0.5))
    page.keyboard.down("Space")
    editor.drag([(0.5, 0.5), (0.6, 0.55)])
    page.keyboard.up("Space")
    page.wait_for_timeout(100)
    assert (editor.labels() == labels).all(), "it painted"
    after = editor.at((0.5, 0.5))
    assert abs(after[0] - before[0]) > 10, "the canvas did not move"
    editor.keys("0")


def test_undo_after_a_tab(editor: Person) -> None:
    lines = editor.lines()
    editor.take("Line")
    editor.drag([(0.2, 0.2), (0.7, 0.3)])
    editor.painted()
    assert (editor.lines() != lines).any()
    editor.page.get_by_role("tab", name="History").click()
    editor.keys("Control+z")
    editor.sees_lines(lines)


def test_tab_walks_through_a_loaded_project(editor: Person) -> None:
    page = editor.page
    panels = page.get_by_role("complementary", name="Panels")
    names = []
    for _ in range(60):
        page.keyboard.press("Tab")
        names.append(_focused(page))
        expect(panels).to_be_visible()
    for expected in ("Export", "Pencil", "Show Lines", "Opacity of Labels"):
        assert any(expected in name for name in names), (expected, names)


def test_tab_on_the_canvas_hides_the_panels(editor: Person) -> None:
    page = editor.page
    panels = page.get_by_role("complementary", name="Panels")
    editor.take("Hand")
    editor.drag([(0.5, 0.5), (0.52, 0.5)])
    page.keyboard.press("Tab")
    expect(panels).to_have_count(0)
    page.keyboard.press("Tab")
    expect(panels).to_be_visible()
    # Three ways out: Shift+Tab, F6, and the link at the start of the page.
    page.keyboard.press("Shift+Tab")
    assert _focused(page) == "Zoom"
    page.keyboard.press("F6")
    assert _focused(page) == "Drawing"
    expect(editor.pane).to_have_attribute("data-ring", "")
    page.keyboard.press("F6")
    assert page.evaluate("document.querySelector('.side').contains(document.activeElement)")
    page.keyboard.press("Shift+F6")
    assert _focused(page) == "Drawing"
    editor.keys("0")


def test_the_first_tab_stop_leads_to_the_panels(editor: Person) -> None:
    page = editor.page
    page.keyboard.press("Tab")
    link = page.get_by_role("button", name="Skip to the panels")
    expect(link).to_be_focused()
    expect(link).to_have_css("opacity", "1")
    page.keyboard.press("Enter")
    assert page.evaluate("document.querySelector('.side').contains(document.activeElement)")


def test_space_and_arrows_work_on_controls_reached_with_the_keyboard(editor: Person) -> None:
    page = editor.page
    editor.take("Label brush")
    for key in ("Shift+F6", "Shift+F6", "Tab"):  # tools, options, the second of these
        page.keyboard.press(key)
    switch = page.get_by_role("switch", name="Pen pressure")
    expect(switch).to_be_focused()
    page.keyboard.press("Space")
    expect(switch).not_to_be_checked()
    page.keyboard.press("Space")
    expect(switch).to_be_checked()
    page.get_by_role("tab", name=re.compile("Labels")).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="History")).to_be_focused()
