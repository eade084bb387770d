"""Edits seen and exported at the photo's own size, compared with the photo: the cup, the spoon, the nose."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from PIL import Image
from playwright.sync_api import Page, expect
from scipy import ndimage
from skimage import data
from torch.nn import functional as F

from primage.origin.plane import FIRST, REMOVED
from primage.origin.transforms import Piece
from tests.browser.launch import Studio
from tests.browser.person import PATIENCE_MS, Person, Spot
from tests.studio.visitor import unpack

#: Short side of the drawings; the photos are two times as large.
DRAWN_PX = 150

#: Around the cup of coffee, in shares of width and height.
CUP: list[Spot] = [
    (0.29, 0.17), (0.33, 0.09), (0.41, 0.04), (0.52, 0.04), (0.62, 0.1), (0.68, 0.22), (0.68, 0.34), (0.65, 0.47),
    (0.62, 0.58), (0.55, 0.68), (0.46, 0.71), (0.4, 0.75), (0.34, 0.77), (0.32, 0.7), (0.35, 0.58), (0.3, 0.45), (0.29, 0.17),
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

    def seen(self) -> np.ndarray:
        """The photo's pixels on the screen, at 100 %."""
        page = self.person.page
        page.get_by_role("radio", name="Result only").or_(page.get_by_role("button", name="Result only")).first.click()
        self.person.polished()
        self.person.keys("9")
        expect(page.locator(".status .zoom")).to_have_text("100 %")
        shown = page.locator("[data-layer=photo-pixels]")
        expect(shown).to_have_attribute("data-complete", "true", timeout=PATIENCE_MS)
        pane, sheet = (page.locator(one).bounding_box() for one in (".result-pane", ".result-pane .sheet"))
        assert pane is not None
        assert sheet is not None
        x, y = round(sheet["x"] - pane["x"]), round(sheet["y"] - pane["y"])
        height, width = self.photo.shape[:2]
        return self.person.layer("photo-pixels")[y : y + height, x : x + width, :3]


@pytest.fixture
def desk(page: Page, studio: Studio, request: pytest.FixtureRequest) -> Desk:
    photo: np.ndarray = getattr(data, request.param)()
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
        [base64.b64encode(encoded.getvalue()).decode(), json.dumps({"size_px": DRAWN_PX})],
    )
    page.goto(f"{studio.origin}/#/p/{made}")
    page.reload()
    person.ready()
    return Desk(person, photo, f"{studio.origin}/api/projects/{made}")


def enlarged(mask: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """A mask of the drawing at the photo's size."""
    return np.asarray(Image.fromarray(mask).resize((photo.shape[1], photo.shape[0]), Image.Resampling.NEAREST))


def inside(mask: np.ndarray, photo: np.ndarray, px: int = 5) -> np.ndarray:
    return ndimage.binary_erosion(enlarged(mask, photo), iterations=px)


def untouched(index: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """What is farther away from an edit than anything that may change with it."""
    return ~ndimage.binary_dilation(enlarged(index > 0, photo), iterations=DRAWN_PX // 8)


def direct(photo: np.ndarray, piece: Piece) -> np.ndarray:
    """The whole photo under the map of a piece, in one call of PyTorch's bicubic resampling."""
    height, width = photo.shape[:2]
    x, y = (np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    grid = torch.from_numpy(2 * piece(points).reshape(1, height, width, 2) - 1)
    image = torch.from_numpy(photo).permute(2, 0, 1)[None].double()
    out = F.grid_sample(image, grid, mode="bicubic", padding_mode="border", align_corners=False)
    return np.asarray(out[0].permute(1, 2, 0).clamp(0, 255).numpy())


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(float(((a.astype(float) - b) ** 2).mean()), 1e-9)))


@pytest.mark.parametrize("desk", ["coffee"], indirect=True)
def test_a_duplicated_scaled_and_turned_cup_is_the_photo_resampled(desk: Desk) -> None:
    person = desk.person
    person.take("Lasso")
    person.drag(CUP, steps=3)
    person.keys("Control+j")
    person.drag([(0.45, 0.3), (0.65, 0.45)])
    person.keys("Control+t")
    # The box around the cup has moved along: its lower right corner, then the handle above it.
    person.drag([(0.88, 0.92), (0.93, 0.985)], steps=6)
    above = person.at((0.71, 0.19))
    person.page.mouse.move(above[0], above[1] - 28)
    person.page.mouse.down()
    person.page.mouse.move(above[0] + 70, above[1] - 10, steps=6)
    person.page.mouse.up()
    person.keys("Enter")
    seen, result = desk.seen(), desk.exported()
    np.testing.assert_array_equal(seen, result)

    index, (piece,) = desk.origin()
    (matrix,) = (transform.matrix for transform in piece.transforms)
    linear = np.array(matrix[:4]).reshape(2, 2)
    assert np.linalg.det(linear) < 0.97  # larger
    assert abs(linear[0, 1]) > 0.05  # turned
    cup = inside(index == FIRST, desk.photo)
    assert cup.mean() > 0.1
    assert psnr(result[cup], direct(desk.photo, piece)[cup]) >= 45
    still = untouched(index, desk.photo)
    assert still.mean() > 0.3
    np.testing.assert_array_equal(result[still], desk.photo[still])


@pytest.mark.parametrize("desk", ["coffee"], indirect=True)
def test_the_spoon_is_removed(desk: Desk) -> None:
    desk.person.take("Remove")
    desk.person.drag(SPOON, steps=4)
    desk.person.polished()
    seen, result = desk.seen(), desk.exported()
    np.testing.assert_array_equal(seen, result)
    index, pieces = desk.origin()
    assert not pieces
    spoon = inside(index == REMOVED, desk.photo, 8)
    assert spoon.any()
    # The bowl is bright and grey; saucer and shadow are dark and red.
    grey = (desk.photo.min(axis=2) > 110) & spoon
    assert grey.mean() > 0.001
    assert (result.min(axis=2) > 110)[spoon].sum() < 0.1 * grey.sum()
    still = untouched(index, desk.photo)
    assert still.mean() > 0.5
    np.testing.assert_array_equal(result[still], desk.photo[still])


@pytest.mark.parametrize("desk", ["chelsea"], indirect=True)
def test_a_moved_nose_is_the_photo_itself(desk: Desk) -> None:
    person = desk.person
    person.take("Lasso")
    person.drag(NOSE, steps=3)
    person.drag([(0.58, 0.8), (0.42, 0.62)])
    person.keys("Enter")
    seen, result = desk.seen(), desk.exported()
    np.testing.assert_array_equal(seen, result)
    index, (piece,) = desk.origin()
    assert (index == REMOVED).any()
    (matrix,) = (transform.matrix for transform in piece.transforms)
    assert np.allclose(matrix[:4], (1, 0, 0, 1))
    nose = inside(index == FIRST, desk.photo)
    assert nose.any()
    height, width = desk.photo.shape[:2]
    shift = np.array([matrix[5] * height, matrix[4] * width])
    if np.allclose(shift, np.rint(shift), atol=1e-6):
        moved = np.roll(desk.photo, np.rint(-shift).astype(int), (0, 1))
        np.testing.assert_array_equal(result[nose], moved[nose])
    else:
        assert psnr(result[nose], direct(desk.photo, piece)[nose]) >= 45
    still = untouched(index, desk.photo)
    np.testing.assert_array_equal(result[still], desk.photo[still])
