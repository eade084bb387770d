"""Accessibility, as axe-core sees it."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.browser.launch import EDITOR

AXE = EDITOR / "node_modules" / "axe-core" / "axe.min.js"


def problems(page: Page) -> list[str]:
    """What axe-core finds serious or critical, each with the element and the reason."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{v['impact']} {v['id']}: {v['help']} — {v['nodes'][0]['html'][:160]} {v['nodes'][0]['failureSummary'][:300]}"
        for v in found["violations"]
        if v["impact"] in ("serious", "critical")
    ]
