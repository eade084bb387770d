"""A person's actions in the studio, by the accessible names of the controls: tests need not know the markup."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Locator, Page, expect

Spot = tuple[float, float]
#: Generous: the tests may run on a single busy core.
PATIENCE_MS = 60_000


class Person:
    """Someone using the page.

    Args:
        page: of a browser.
        url: what ``primage studio`` printed.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        page.set_default_timeout(PATIENCE_MS)

    # Opening a project

    def arrive(self) -> None:
        self.page.goto(self.url)
        expect(self.page.get_by_role("button", name="Choose a photo")).to_be_visible(timeout=PATIENCE_MS)

    def drop_photo(self, photo: Path) -> None:
        """Open a photo, like a file dropped on the page."""
        self.page.get_by_label("Photo or project file").set_input_files(photo)
        expect(self.page.get_by_role("heading", name="Make the drawing")).to_be_visible(timeout=PATIENCE_MS)

    def edit(self, learn: bool = False) -> None:
        """Go from the extraction settings to editing."""
        name = "Learn and edit" if learn else "Edit without learning"
        self.page.get_by_role("button", name=name).click()
        self.ready()

    def ready(self) -> None:
        """Wait for the first render, and skip the tour."""
        expect(self.page.get_by_role("navigation", name="Tools")).to_be_visible(timeout=PATIENCE_MS)
        skip = self.page.get_by_role("button", name="Skip the tour")
        if skip.count():
            skip.click()
        expect(self.status).to_have_text(re.compile("Up to date|Rendered"), timeout=PATIENCE_MS)

    # Reading the page

    @property
    def status(self) -> Locator:
        return self.page.get_by_test_id("render-status")

    @property
    def pane(self) -> Locator:
        return self.page.get_by_role("application", name="Drawing")

    @property
    def result(self) -> Locator:
        return self.page.get_by_role("group", name="Result")

    def painted(self) -> float:
        """Wait for the render of the last edit. Returns its latency in milliseconds, as shown by the page."""
        expect(self.status).to_have_attribute("data-busy", "false", timeout=PATIENCE_MS)
        text = self.status.text_content() or ""
        match = re.search(r"Rendered in (\d+) ms", text)
        return float(match.group(1)) if match else float("nan")

    def polished(self) -> float:
        """Wait for the final picture. Returns the time from the last edit to it in milliseconds, as shown by the page.

        NaN if there was nothing to synthesise.
        """
        expect(self.status).to_have_attribute("data-final", "true", timeout=PATIENCE_MS)
        match = re.search(r"synthesised after (\d+) ms", self.status.text_content() or "")
        return float(match.group(1)) if match else float("nan")

    def layer(self, name: str) -> np.ndarray:
        """The pixels of a canvas before scaling, (H, W, 4) uint8."""
        url = self.page.evaluate("name => document.querySelector(`[data-layer=${name}]`).toDataURL()", name)
        return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).convert("RGBA"))

    def picture(self) -> np.ndarray:
        """The final result shown, (H, W, 3) uint8."""
        self.polished()
        return self.layer("picture")[..., :3].astype(np.int16)

    def lines(self) -> np.ndarray:
        return self.layer("edges")[..., 3] > 0

    def labels(self) -> np.ndarray:
        return self.layer("labels")[..., :3].astype(np.int16)

    def sees_lines(self, expected: np.ndarray) -> None:
        """Wait until the lines shown are these."""
        self.page.bring_to_front()  # a tab in the background is not painted regularly
        for _ in range(200):
            if (self.lines() == expected).all():
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{(self.lines() != expected).sum()} pixels of the lines differ")

    def look_at_result(self) -> None:
        """Show the result alone, and wait until it is fitted into the larger pane."""
        choice, zoom = self.page.get_by_role("radio", name="Result only"), self.page.locator(".status .zoom")
        if not choice.is_checked():
            before = zoom.text_content()
            choice.check(force=True)
            expect(zoom).not_to_have_text(before or "", timeout=PATIENCE_MS)

    # Drawing

    def at(self, spot: Spot) -> Spot:
        """From fractions of the drawing's size to screen coordinates."""
        box = self.pane.locator(".sheet").bounding_box()
        assert box is not None
        return box["x"] + spot[0] * box["width"], box["y"] + spot[1] * box["height"]

    def take(self, tool: str) -> None:
        self.page.get_by_role("navigation", name="Tools").get_by_role("button", name=tool, exact=True).click()

    def drag(self, spots: Sequence[Spot], steps: int = 8) -> None:
        mouse = self.page.mouse
        mouse.move(*self.at(spots[0]))
        mouse.down()
        for spot in spots[1:]:
            mouse.move(*self.at(spot), steps=steps)
        mouse.up()

    def press(self, spot: Spot, modifiers: str | None = None) -> None:
        if modifiers:
            self.page.keyboard.down(modifiers)
        self.page.mouse.click(*self.at(spot))
        if modifiers:
            self.page.keyboard.up(modifiers)

    def keys(self, combination: str) -> None:
        self.page.keyboard.press(combination)

    def undo(self) -> None:
        self.page.get_by_role("button", name=re.compile("^Undo")).click()

    def redo(self) -> None:
        self.page.get_by_role("button", name=re.compile("^Redo")).click()

    def heard(self, sentence: str) -> None:
        """Wait for a message that matches a pattern."""
        expect(self.page.get_by_role("log", name="Messages")).to_contain_text(re.compile(sentence), timeout=PATIENCE_MS)


def box_of(mask: np.ndarray) -> tuple[int, int, int, int] | None:
    """Bounding box of a mask: left, top, right, bottom (half open)."""
    rows, columns = np.nonzero(mask)
    if len(rows) == 0:
        return None
    return int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
