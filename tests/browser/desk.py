"""Edits on whole photos by someone who looks at the result at 100 %: the cup, the spoon, the nose."""

from __future__ import annotations

import base64
import io
import json
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from primage.origin.transforms import Piece
from tests.browser.launch import Studio
from tests.browser.person import PATIENCE_MS, Person, Spot
from tests.studio.visitor import unpack

#: Short side of the drawings; the photos are two times as large, or more.
DRAWN_PX = 150

#: Around the cup of coffee, in shares of width and height.
CUP: list[Spot] = [
    (0.29, 0.17), (0.33, 0.09), (0.41, 0.04), (0.52, 0.04), (0.62, 0.1), (0.68, 0.22), (0.68, 0.34), (0.65, 0.47),
    (0.62, 0.58), (0.55, 0.68), (0.46, 0.71), (0.4, 0.75), (0.34, 0.77), (0.32, 0.7), (0.35, 0.58), (0.3, 0.45),
    (0.29, 0.17),
]  # fmt: skip
#: Along the spoon, outside of the cup.
SPOON: list[Spot] = [(0.63, 0.61), (0.62, 0.66), (0.59, 0.72), (0.62, 0.75), (0.65, 0.7), (0.6, 0.67), (0.56, 0.7)]
#: Around the nose of the cat.
NOSE: list[Spot] = [(0.5, 0.73), (0.59, 0.7), (0.67, 0.75), (0.65, 0.86), (0.58, 0.93), (0.51, 0.86), (0.5, 0.73)]


@dataclass
class Desk:
    """Someone at work on a photo, in a window that shows all of it at 100 %."""

    person: Person
    photo: np.ndarray
    address: str

    def get(self, path: str) -> bytes:
        answer = self.person.page.request.get(self.address + path)
        assert answer.ok, answer.text()
        return answer.body()

    def exported(self) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(self.get("/export/result.png"))).convert("RGB"))

    def origin(self) -> tuple[np.ndarray, list[Piece]]:
        """The drawing's origin, (H, W), and its pieces."""
        header, pixels = unpack(self.get("/layers"))
        width, height = header["size"]["width"], header["size"]["height"]
        index = np.frombuffer(pixels[-2 * width * height :], "<u2").reshape(height, width)
        return index, [Piece.model_validate(piece) for piece in header["pieces"]]

    def result(self) -> np.ndarray:
        """What is seen at 100 % and exported, (H, W, 3)."""
        for _ in range(5):
            seen, exported = self.seen(), self.exported()
            if np.array_equal(seen, exported):
                break  # otherwise, the network was calibrated meanwhile
        np.testing.assert_array_equal(seen, exported)
        return exported

    def seen(self) -> np.ndarray:
        """The photo's pixels on the screen, at 100 %."""
        page = self.person.page
        page.get_by_role("radio", name="Result only").check(force=True)
        self.person.polished()
        self.person.keys("9")
        expect(page.locator(".status .zoom")).to_have_text("100 %")
        shown = page.locator("[data-layer=photo-pixels]")
        expect(shown).to_have_attribute("data-complete", "true", timeout=PATIENCE_MS)
        pane = page.locator(".result-pane").bounding_box()
        assert pane is not None
        height, width = self.photo.shape[:2]
        # Its centre is the pane's.
        x, y = math.floor((pane["width"] - width + 1) / 2), math.floor((pane["height"] - height + 1) / 2)
        return self.person.layer("photo-pixels")[y : y + height, x : x + width, :3]


def open_photo(page: Page, studio: Studio, photo: np.ndarray, size_px: int = DRAWN_PX) -> Desk:
    """Make a project of a photo, and open it for editing."""
    person = Person(page, studio.url)
    person.arrive()
    encoded = io.BytesIO()
    Image.fromarray(photo).save(encoded, "PNG")
    made = page.evaluate(
        """async ([encoded, settings]) => {
          const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
          const asked = (path, method, body, type) => fetch("/api/projects" + path,
            { method, body, headers: { "Content-Type": type } }).then((answer) => answer.json());
          const { id } = await asked("/upload", "POST", bytes, "application/octet-stream");
          await asked(`/${id}/primitive`, "PUT", settings, "application/json");
          return id;
        }""",
        [base64.b64encode(encoded.getvalue()).decode(), json.dumps({"size_px": size_px})],
    )
    page.goto(f"{studio.origin}/#/p/{made}")
    page.reload()
    person.ready()
    return Desk(person, photo, f"{studio.origin}/api/projects/{made}")


def duplicate_cup(desk: Desk) -> None:
    """A copy of the cup of `skimage.data.coffee`, larger and turned."""
    person = desk.person
    person.take("Lasso")
    person.drag(CUP, steps=3)
    person.keys("Control+j")
    # The copy is a little beside the cup; the lower right corner of the box around it, then the handle above.
    height, width = desk.origin()[0].shape
    dx, dy = 12 / width, 12 / height
    person.keys("Control+t")
    person.drag([(0.68 + dx, 0.77 + dy), (0.74 + dx, 0.86 + dy)], steps=6)
    x, y = person.at((0.515 + dx, 0.04 + dy))
    person.page.mouse.move(x, y - 28)
    person.page.mouse.down()
    person.page.mouse.move(x + 70, y - 10, steps=6)
    person.page.mouse.up()
    person.keys("Enter")


def remove_spoon(desk: Desk) -> None:
    """The bowl of the spoon of `skimage.data.coffee`."""
    desk.person.take("Remove")
    desk.person.drag(SPOON, steps=4)


def move_nose(desk: Desk) -> None:
    """The nose of `skimage.data.chelsea`, up and to the left."""
    person = desk.person
    person.take("Lasso")
    person.drag(NOSE, steps=3)
    person.drag([(0.58, 0.8), (0.42, 0.62)])
    person.keys("Enter")
