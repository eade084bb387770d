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

#: The outline of the cup of coffee, around the spoon's bowl, and around the cat's nose, in shares of width and height.
CUP: list[Spot] = [
    (0.293, 0.24), (0.317, 0.155), (0.375, 0.083), (0.458, 0.05), (0.542, 0.055), (0.615, 0.107), (0.663, 0.2),
    (0.677, 0.3), (0.667, 0.4), (0.64, 0.487), (0.612, 0.57), (0.565, 0.65), (0.528, 0.69), (0.467, 0.705),
    (0.435, 0.695), (0.4, 0.745), (0.36, 0.763), (0.333, 0.725), (0.335, 0.665), (0.358, 0.6), (0.333, 0.54),
    (0.308, 0.475), (0.295, 0.375), (0.293, 0.24),
]  # fmt: skip
SPOON: list[Spot] = [
    (0.635, 0.55), (0.64, 0.62), (0.66, 0.66), (0.67, 0.71), (0.65, 0.78), (0.61, 0.81), (0.57, 0.79), (0.555, 0.73),
    (0.545, 0.63), (0.57, 0.61), (0.6, 0.61), (0.615, 0.66), (0.58, 0.67), (0.62, 0.73), (0.59, 0.73),
]  # fmt: skip
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
        channels = [layer["channels"] for layer in header["layers"]]  # those of the origin are the last
        of_layers = pixels[: width * height * sum(channels)]
        index = np.frombuffer(of_layers[-2 * width * height :], "<u2").reshape(height, width)
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
        self.person.look_at_result()
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


def affine_pieces(person: Person) -> list[list[float]]:
    """The affine maps of the open drawing's origin, in pixels of the drawing."""
    answer = person.page.request.get(person.page.url.replace("/#/p/", "/api/projects/") + "/layers")
    header, _ = unpack(answer.body())
    width, height = header["size"]["width"], header["size"]["height"]
    maps = [piece["transforms"][0]["matrix"] for piece in header["pieces"]]
    return [[a, b * height / width, c * width / height, d, e * width, f * height] for a, b, c, d, e, f in maps]


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
    # The copy is 12 px beside the cup. It is moved, then enlarged and turned by the handles of the box around it.
    height, width = desk.origin()[0].shape
    right, down = 12 / width + 0.17, 12 / height + 0.01
    person.drag([(0.45, 0.3), (0.62, 0.31)])
    person.keys("Control+t")
    person.drag([(0.677 + right, 0.763 + down), (0.71 + right, 0.82 + down)], steps=6)
    x, y = person.at((0.5 + right, 0.05 + down))
    person.page.mouse.move(x, y - 28)
    person.page.mouse.down()
    person.page.mouse.move(x + 50, y - 20, steps=6)
    person.page.mouse.up()
    person.keys("Enter")


def remove_spoon(desk: Desk) -> None:
    """The bowl of the spoon of `skimage.data.coffee`."""
    desk.person.take("Remove")
    desk.person.drag(SPOON, steps=4)


def move_nose(desk: Desk) -> None:
    """The nose of `skimage.data.chelsea`, a little up."""
    person = desk.person
    person.take("Lasso")
    person.drag(NOSE, steps=3)
    person.drag([(0.58, 0.8), (0.54, 0.7)])
    person.keys("Enter")
