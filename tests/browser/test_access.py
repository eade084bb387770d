"""Accessibility: axe-core finds no serious problem in either theme or size, and the keyboard is enough."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, expect

from tests.browser.axe import AXE, problems
from tests.browser.conftest import Visit
from tests.browser.launch import Studio
from tests.browser.person import Person


@pytest.mark.parametrize(("theme", "size"), [("dark", (1280, 800)), ("light", (1024, 768))])
def test_axe_finds_nothing_serious(
    browser: Browser, studio: Studio, visit: Visit, photo: Path, tmp_path: Path, theme: str, size: tuple[int, int]
) -> None:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in editor/")
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=theme,
        bypass_csp=True,
        reduced_motion="reduce",
        storage_state=visit.state,
    )
    page = context.new_page()
    person = Person(page, studio.url)
    person.arrive()
    expect(page.get_by_role("button", name=re.compile("^Cat Chelsea"))).to_be_visible()
    assert problems(page) == []
    person.drop_photo(photo)
    assert problems(page) == []
    page.goto(visit.url)
    person.ready()
    assert problems(page) == []
    person.take("Label brush")
    person.keys("Control+a")
    page.get_by_role("tab", name="History").click()
    assert problems(page) == []
    page.get_by_role("button", name="Compare with the photo").click()
    for opener in ("Export", "Keyboard shortcuts", "Change the drawing…"):
        page.get_by_role("button", name=opener).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert problems(page) == []
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    drawing = page.request.get(visit.url.replace("/#/p/", "/api/projects/") + "/export/primitive.png").body()
    Image.open(io.BytesIO(drawing)).convert("RGB").save(tmp_path / "drawing.jpg", quality=60)
    page.get_by_label("Open drawing", exact=True).set_input_files(tmp_path / "drawing.jpg")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert problems(page) == []
    page.keyboard.press("Escape")
    # Nothing overflows the window.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing_on_a_phone(browser: Browser, studio: Studio, visit: Visit, theme: str) -> None:
    """Nor in the bar of a floating selection, at any size."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: npm ci in editor/")
    context = browser.new_context(
        viewport={"width": 390, "height": 844},
        color_scheme=theme,
        bypass_csp=True,
        reduced_motion="reduce",
        storage_state=visit.state,
    )
    page = context.new_page()
    person = Person(page, studio.url)
    page.goto(visit.url)
    person.ready()
    assert problems(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Show panels").click()
    assert problems(page) == []
    page.get_by_role("button", name="Hide panels").click()
    person.take("Lasso")
    person.keys("Control+a")
    person.keys("Control+t")
    expect(page.get_by_role("spinbutton", name="Angle")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Apply")).to_be_in_viewport()
    assert problems(page) == []
    page.set_viewport_size({"width": 1280, "height": 800})
    for name in ("Flip horizontally", "Link width and height", "Apply"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport()
    assert problems(page) == []
    person.keys("Escape")
    context.close()


def test_the_keyboard_reaches_everything(editor: Person) -> None:
    page = editor.page
    page.get_by_role("button", name=re.compile("^Primage")).focus()
    names = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "(e => e.getAttribute('aria-label') || e.labels?.[0]?.textContent || e.textContent)(document.activeElement)"
        )
        names.append(name)
    for control in ("Export", "Pencil", "Show Lines", "Opacity of Labels", "Learn", "Labels"):
        assert any(control in name for name in names if name), (control, names)


def test_shortcuts(editor: Person) -> None:
    page = editor.page
    tools = page.get_by_role("navigation", name="Tools")
    for key, tool in (("b", "Label brush"), ("e", "Eraser"), ("g", "Bucket"), ("v", "Move"), ("m", "Select rectangle")):
        editor.keys(key)
        expect(tools.get_by_role("button", name=tool, exact=True)).to_have_attribute("aria-pressed", "true")
    editor.keys("b")
    size = page.get_by_label("Size", exact=True)
    first = float(size.input_value())
    editor.keys("]")
    assert float(size.input_value()) > first
    editor.keys("d")
    assert float(size.input_value()) == 12
    editor.keys("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    for key, panes in (("3", 1), ("4", 1), ("1", 2)):
        editor.keys(key)
        expect(page.locator(".pane")).to_have_count(panes)
