"""Records the README's animation: a cat's eyes are enlarged in the drawing and the photo follows, before any training.

python scripts/studio_gif.py docs/images/studio.gif
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.browser.launch import build_editor, running_browser, running_studio
from tests.browser.person import Person, Spot

WINDOW = (960, 440)
EYES: Sequence[tuple[Sequence[Spot], Sequence[Spot]]] = (
    (((0.285, 0.24), (0.41, 0.4), (0.53, 0.56)), ((0.53, 0.563), (0.545, 0.58), (0.56, 0.6), (0.58, 0.63))),
    (((0.70, 0.28), (0.77, 0.43), (0.84, 0.58)), ((0.842, 0.583), (0.86, 0.61), (0.875, 0.635), (0.89, 0.66))),
)


class Film:
    """Collects screenshots and draws the mouse pointer on them, which screenshots lack."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.frames: list[tuple[Image.Image, int]] = []
        self.folder = tempfile.TemporaryDirectory()

    def frame(self, spot: Spot | None, milliseconds: int) -> None:
        path = Path(self.folder.name) / "frame.png"
        self.person.page.screenshot(path=path)
        image = Image.open(path).convert("RGB")
        if spot is not None:
            x, y = self.person.at(spot)
            arrow = [(0, 0), (0, 17), (4, 13), (7, 19), (10, 18), (7, 12), (12, 12)]
            shape = [(x + dx, y + dy) for dx, dy in arrow]
            ImageDraw.Draw(image).polygon(shape, fill="white", outline="black")
        self.frames.append((image, milliseconds))

    def drag(self, spots: Sequence[Spot], milliseconds: int, every: int = 1) -> None:
        mouse = self.person.page.mouse
        mouse.move(*self.person.at(spots[0]))
        mouse.down()
        for number, spot in enumerate(spots[1:]):
            mouse.move(*self.person.at(spot), steps=4)
            self.person.page.wait_for_timeout(150)
            self.person.painted()
            if number % every == 0:
                self.frame(spot, milliseconds)
        mouse.up()

    def save(self, path: Path, width: int, colours: int) -> None:
        """Write the GIF with one palette and no dithering, so that unchanged pixels take no space."""
        height = round(width * WINDOW[1] / WINDOW[0])
        small = [image.resize((width, height), Image.Resampling.LANCZOS) for image, _ in self.frames]
        both = Image.new("RGB", (width, 2 * height))
        both.paste(small[0], (0, 0))
        both.paste(small[-1], (0, height))
        palette = both.quantize(colours, method=Image.Quantize.MEDIANCUT)
        indexed = [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in small]
        durations = [milliseconds for _, milliseconds in self.frames]
        indexed[0].save(path, save_all=True, append_images=indexed[1:], duration=durations, loop=0, optimize=True)


def play(person: Person) -> Film:
    """Two edits."""
    page = person.page
    person.arrive()
    page.get_by_role("button", name=re.compile("^Cat")).click()
    expect(page.get_by_role("heading", name="Make the drawing")).to_be_visible(timeout=60_000)
    person.edit()
    page.get_by_role("button", name="Hide panels").click()
    page.wait_for_timeout(400)
    film = Film(person)
    film.frame(None, 900)
    for around, pull in EYES:
        person.take("Select rectangle")
        film.drag(around, 200)
        person.keys("Control+t")
        page.wait_for_timeout(200)
        film.frame(pull[0], 500)
        film.drag(pull, 260)
        page.wait_for_timeout(500)
        person.painted()
        film.frame(pull[-1], 500)
        person.keys("Enter")
        person.keys("Escape")
    page.mouse.move(5, 430)
    page.wait_for_timeout(600)
    person.painted()
    film.frame(None, 2600)
    return film


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--width", type=int, default=544)
    parser.add_argument("--colours", type=int, default=60)
    arguments = parser.parse_args()
    build_editor()
    with (
        tempfile.TemporaryDirectory() as projects,
        running_studio(Path(projects)) as studio,
        running_browser() as browser,
    ):
        context = browser.new_context(
            viewport={"width": WINDOW[0], "height": WINDOW[1]}, color_scheme="dark", reduced_motion="reduce"
        )
        film = play(Person(context.new_page(), studio.url))
        arguments.path.parent.mkdir(parents=True, exist_ok=True)
        film.save(arguments.path, arguments.width, arguments.colours)
        print(f"{arguments.path}: {arguments.path.stat().st_size / 1000:.0f} KB, {len(film.frames)} frames")


if __name__ == "__main__":
    main()
