"""Takes screenshots of every step of the studio, in both themes and two sizes, for visual inspection.

python scripts/studio_screens.py build/screens
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect
from skimage import data

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browser.launch import Studio, build_editor, running_browser, running_studio
from tests.browser.person import Person

SIZES = {"desktop": (1280, 800), "tablet": (1024, 768)}


class Camera:
    """Takes numbered screenshots."""

    def __init__(self, page: Page, folder: Path, suffix: str) -> None:
        self.page, self.folder, self.suffix = page, folder, suffix

    def shoot(self, name: str) -> None:
        self.page.wait_for_timeout(350)
        self.page.screenshot(path=self.folder / f"{name}-{self.suffix}.png")


def write_photo(folder: Path) -> Path:
    """The astronaut, 512 px."""
    path = folder / "astronaut.png"
    Image.fromarray(data.astronaut()).save(path)
    return path


def walk(person: Person, camera: Camera, photo: Path, learn_sec: float) -> None:
    """All steps once."""
    page = person.page
    person.arrive()
    expect(page.get_by_role("button", name=re.compile("^Cat"))).to_be_visible()
    page.wait_for_load_state("networkidle")
    camera.shoot("01-start")
    person.drop_photo(photo)
    camera.shoot("02-drawing")
    page.locator(".kind", has_text=re.compile("^Painting")).click()
    page.wait_for_timeout(1500)
    camera.shoot("03-painting")
    page.locator(".kind", has_text=re.compile("^Areas and lines")).click()
    page.wait_for_timeout(1500)
    person.edit(learn=learn_sec > 0)
    camera.shoot("04-first-picture")
    if learn_sec:
        time.sleep(learn_sec)
        camera.shoot("05-learning")
    person.take("Label brush")
    page.locator(".label-pick").nth(2).click()
    page.get_by_label("Size", exact=True).fill("22")
    person.drag([(0.08, 0.5), (0.22, 0.42), (0.3, 0.5)])
    person.painted()
    page.mouse.move(*person.at((0.3, 0.55)))
    camera.shoot("06-brush")
    person.take("Lasso")
    person.drag([(0.33, 0.02), (0.62, 0.05), (0.6, 0.3), (0.5, 0.4), (0.36, 0.3), (0.3, 0.15), (0.33, 0.03)])
    camera.shoot("07-lasso")
    person.keys("Control+t")
    person.drag([(0.45, 0.2), (0.52, 0.24)])
    person.painted()
    camera.shoot("08-transform")
    person.keys("Control+Shift+t")
    person.drag([(0.53, 0.23), (0.58, 0.18)])
    person.painted()
    camera.shoot("09-warp")
    person.keys("Enter")
    person.painted()
    person.keys("Escape")
    page.get_by_role("tab", name="History").click()
    page.get_by_label("Name of the snapshot").fill("Head moved")
    page.get_by_role("button", name="Save snapshot", exact=True).click()
    expect(page.get_by_role("list", name="Snapshots")).to_be_visible()
    camera.shoot("10-history")
    person.keys("Escape")
    page.get_by_role("button", name="Compare with the photo").click()
    camera.shoot("11-compare")
    page.locator(".choice label").filter(has=page.get_by_label("Result over drawing")).click()
    camera.shoot("12-over")
    page.locator(".choice label").filter(has=page.get_by_label("Side by side")).click()
    page.get_by_role("tab", name="Labels").click()
    page.get_by_role("button", name="Another colour…").click()
    page.get_by_role("button", name="Use it").click()
    camera.shoot("13-refusal")
    page.keyboard.press("Escape")
    for name, button in (
        ("14-export", "Export"),
        ("15-shortcuts", "Keyboard shortcuts"),
        ("16-change", "Change the drawing…"),
    ):
        page.get_by_role("button", name=button).click()
        camera.shoot(name)
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Hide panels").click()
    page.get_by_role("button", name="Compare with the photo").click()
    person.page.wait_for_timeout(300)
    camera.shoot("17-without-panels")
    page.get_by_role("button", name=re.compile("^Primage")).click()
    expect(page.get_by_role("heading", name="Recent projects")).to_be_visible()
    camera.shoot("18-start-again")


def session(browser: Browser, studio: Studio, folder: Path, theme: str, size: str, learn_sec: float) -> None:
    """One theme at one size; a tablet has touch."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        has_touch=size == "tablet",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.on("pageerror", lambda error: print("error:", error))
    with tempfile.TemporaryDirectory() as place:
        walk(Person(page, studio.url), Camera(page, folder, f"{size}-{theme}"), write_photo(Path(place)), learn_sec)
    context.close()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--theme", choices=["dark", "light"], action="append")
    parser.add_argument("--size", choices=list(SIZES), action="append")
    parser.add_argument("--learn-sec", type=float, default=25)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    build_editor()
    with (
        tempfile.TemporaryDirectory() as projects,
        running_studio(Path(projects)) as studio,
        running_browser() as browser,
    ):
        for theme in arguments.theme or ["dark", "light"]:
            for size in arguments.size or list(SIZES):
                session(browser, studio, arguments.folder, theme, size, arguments.learn_sec)


if __name__ == "__main__":
    main()
