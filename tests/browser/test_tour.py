"""The tour: three steps, once, and in nobody's way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import WINDOW, Visit
from tests.browser.launch import EDITOR, watch
from tests.browser.person import PATIENCE_MS

AXE = EDITOR / "node_modules" / "axe-core" / "axe.min.js"


def _newcomer(browser: Browser, visit: Visit, width: int = WINDOW["width"]) -> tuple[Page, list[str]]:
    """Someone with access to the studio who has never edited in it."""
    context = browser.new_context(
        viewport={"width": width, "height": 844}, storage_state=visit.state, bypass_csp=True, reduced_motion="reduce"
    )
    context.clear_cookies(name="primage_toured")
    page = context.new_page()
    complaints = watch(page)
    page.goto(visit.url)
    expect(page.get_by_role("navigation", name="Tools")).to_be_visible(timeout=PATIENCE_MS)
    return page, complaints


@pytest.mark.parametrize("width", [1280, 390])
def test_the_tour_has_three_steps_and_is_never_shown_again(browser: Browser, visit: Visit, width: int) -> None:
    page, complaints = _newcomer(browser, visit, width)
    tour = page.get_by_role("region", name="Introduction")
    for title, button in (("Edit the drawing", "Next"), ("The photo follows", "Next"), ("Learn, then export", "Start")):
        expect(tour.get_by_role("heading", name=title)).to_be_visible()
        expect(tour).to_be_in_viewport(ratio=1)
        if AXE.is_file():
            page.evaluate(AXE.read_text())
            found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
            assert not [v["id"] for v in found if v["impact"] in ("serious", "critical")]
        tour.get_by_role("button", name=button).click()
    expect(tour).to_have_count(0)
    page.reload()
    expect(page.get_by_test_id("render-status")).to_have_text(re.compile("Up to date|Rendered"), timeout=PATIENCE_MS)
    expect(tour).to_have_count(0)
    page.context.close()
    assert not complaints, complaints


def test_the_tour_is_skipped_by_the_keyboard_and_does_not_take_it_away(browser: Browser, visit: Visit) -> None:
    page, complaints = _newcomer(browser, visit)
    tour = page.get_by_role("region", name="Introduction")
    expect(tour).to_be_visible()
    page.keyboard.press("w")
    expect(page.get_by_role("button", name="Select area", exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Shift+F6")
    expect(tour.get_by_role("button", name="Skip the tour")).to_be_focused()
    page.keyboard.press("Escape")
    expect(tour).to_have_count(0)
    page.context.close()
    assert not complaints, complaints


def test_the_tour_waits_until_the_drawing_is_corrected(browser: Browser, visit: Visit) -> None:
    page, _ = _newcomer(browser, visit)
    begin = "fetch(`/api/projects/${location.hash.split('/').pop()}/corrections/begin`, {method: 'POST'})"
    assert page.evaluate(f"{begin}.then((answer) => answer.status)") == 200
    page.context.clear_cookies(name="primage_toured")
    page.reload()
    discard = page.get_by_role("button", name="Discard corrections")
    expect(discard).to_be_visible(timeout=PATIENCE_MS)
    tour = page.get_by_role("region", name="Introduction")
    expect(tour).to_have_count(0)
    discard.click()
    expect(tour).to_be_visible(timeout=PATIENCE_MS)
    page.context.close()
