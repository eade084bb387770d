"""The canvas of a project made larger than its photo, as browsers see it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from primage.origin.plane import FIRST
from primage.primitive.margins import Margins
from tests.studio.visitor import Tab, Visitor, unpack
from tests.tiny import picture

MARGINS = {"left": 12, "top": 0, "right": 0, "bottom": 6}
#: The canvas around the drawing of 48 × 64 px, and the photo in it.
SIZE = {"width": 76, "height": 54}
INSIDE = slice(0, 48), slice(12, 76)


@pytest.fixture(scope="module")
def large(visitor: Visitor) -> Iterator[str]:
    """A project whose photo is twice as large as its drawing."""
    encoded = io.BytesIO()
    Image.fromarray(picture(size=(128, 170))).save(encoded, "PNG")
    made = visitor.upload(encoded.getvalue())["id"]
    assert visitor.http.put(f"/api/projects/{made}/primitive", json={"size_px": 64}).status_code == 200
    yield made
    visitor.http.delete(f"/api/projects/{made}")


def resize(visitor: Visitor, project: str, margins: dict[str, int], code: int = 200) -> dict[str, Any]:
    answer = visitor.http.put(f"/api/projects/{project}/canvas", json={"margins": margins})
    assert answer.status_code == code, answer.text
    found: dict[str, Any] = answer.json()
    return found


def shown(tab: Tab, size: dict[str, int] = SIZE) -> np.ndarray:
    """The final picture of a canvas of some size."""
    tab.picture = np.zeros((size["height"], size["width"], 3), np.uint8)
    tab.until("replaced")
    tab.rendered(tab.revision)
    return tab.picture


def png(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as image:
        return np.array(image)


def test_the_canvas_grows_and_the_picture_with_it(visitor: Visitor, project: str) -> None:
    photo, before = picture(), visitor.layers(project)
    with visitor.tab(project) as tab, visitor.tab(project) as other:
        tab.rendered(0)
        state = resize(visitor, project, MARGINS)
        assert state["size"] == state["full_size"] == SIZE
        assert state["margins"] == MARGINS
        assert state["history"]["done"] == ["Canvas size"]
        first = shown(tab)
        np.testing.assert_array_equal(first[INSIDE], photo)
        mirror = np.pad(photo, ((0, 6), (12, 0), (0, 0)), mode="symmetric")
        assert (first[:, :12] != mirror[:, :12]).any()
        np.testing.assert_array_equal(shown(other), first)
        for name, layer in visitor.layers(project).items():
            if name != "origin":
                np.testing.assert_array_equal(layer[INSIDE], before[name])
        training = visitor.layers(project, "training")
        np.testing.assert_array_equal(training["edges"], visitor.layers(project)["edges"])

        # A line beyond the border is drawn like any other; what it does not touch stays.
        line = np.zeros((6, 3))
        line[:, 1] = 1
        tab.draw("edges", 0, 44, line, margins=MARGINS)
        tab.rendered(tab.revision)
        np.testing.assert_array_equal(tab.picture[INSIDE], photo)
        np.testing.assert_array_equal(tab.picture[:10, :12], first[:10, :12])
        np.testing.assert_array_equal(png(visitor.get(project, "/export/result.png").content), tab.picture)

        # What was drawn on the canvas before is not placed on the new one.
        tab.send([{"layer": "edges", "x": 0, "y": 0, "width": 1, "height": 1}], b"\1")
        assert tab.until("refused")[0]["problem"]["code"] == "superseded"
        tab.step("undo")
        tab.step("undo")
        np.testing.assert_array_equal(shown(tab, {"width": 64, "height": 48}), photo)
        for name, layer in visitor.layers(project).items():
            np.testing.assert_array_equal(layer, before[name])
        tab.step("redo")
        np.testing.assert_array_equal(shown(tab)[INSIDE], photo)


def test_a_canvas_is_exported_saved_and_imported(visitor: Visitor, large: str) -> None:
    with visitor.tab(large) as tab:
        tab.rendered(0)
        state = resize(visitor, large, {"left": 10, "top": 5, "right": 0, "bottom": 0})
        assert state["size"] == {"width": 95, "height": 69}
        assert state["full_size"] == {"width": 190, "height": 138}
        shown(tab, state["size"])
        # A copy of the middle, 40 px further to the left, half of it beyond the border.
        index = np.full((10, 14), FIRST, np.uint16)
        patch = {"layer": "origin", "x": 2, "y": 30, "width": 14, "height": 10}
        piece = {"transforms": [{"kind": "affine", "matrix": [1, 0, 0, 1, 40 / 95, 0]}]}
        content = index.astype("<u2").tobytes()
        number = tab.send([patch], content, pieces=[piece], margins=state["margins"])
        tab.until("accepted", lambda header: header["id"] == number)
        tab.rendered(tab.revision)
    full = png(visitor.get(large, "/export/result.png").content)
    assert full.shape == (138, 190, 3)
    np.testing.assert_array_equal(full[90:138, 60:190], picture(size=(128, 170))[80:, 40:])
    # The inner pixels of the copy, on both sides of the border.
    np.testing.assert_array_equal(full[64:76, 8:28], full[64:76, 88:108])
    header, pixels = unpack(visitor.get(large, "/window?x=5&y=3&width=60&height=100").content)
    window = np.frombuffer(pixels, np.uint8).reshape(100, 60, 3)
    assert header["rectangle"] == {"x": 5, "y": 3, "width": 60, "height": 100}
    np.testing.assert_array_equal(window, full[3:103, 5:65])
    beyond = visitor.http.get(f"/api/projects/{large}/window?x=150&y=0&width=41&height=9")
    assert beyond.status_code == 422
    small = png(visitor.get(large, "/export/result.png?size=working").content)
    assert small.shape == (69, 95, 3)
    patch_only = png(visitor.get(large, "/export/patch.png").content)
    assert patch_only.shape == (138, 190, 4)
    assert patch_only[:10, :, 3].all()
    assert not patch_only[90:, 60:, 3].any()
    assert visitor.get(large, "/export/result.psd").content[:4] == b"8BPS"

    assert visitor.http.post(f"/api/projects/{large}/snapshots", json={"name": "Wide"}).status_code == 201
    drawing = visitor.get(large, "/export/primitive.png").content
    layers = visitor.layers(large)
    visitor.close(large)
    assert visitor.get(large).json()["size"] == {"width": 95, "height": 69}
    archive = visitor.get(large, "/export/project.zip").content
    copy = visitor.http.post("/api/projects/import", content=archive).json()
    try:
        assert copy["margins"] == {"left": 10, "top": 5, "right": 0, "bottom": 0}
        for name, layer in visitor.layers(copy["id"]).items():
            np.testing.assert_array_equal(layer, layers[name])
        resize(visitor, copy["id"], {"left": 0, "top": 5, "right": 3, "bottom": 0})
        assert visitor.layers(copy["id"])["edges"].shape == (69, 88)
        snapshot = copy["snapshots"][0]["id"]
        restored = visitor.http.post(f"/api/projects/{copy['id']}/snapshots/{snapshot}/restore").json()
        assert restored["margins"] == copy["margins"]
        # Its own drawing, opened again, changes nothing.
        assert visitor.open_drawing(copy["id"], drawing)["changed"] == 0
    finally:
        visitor.http.delete(f"/api/projects/{copy['id']}")


def test_absurd_sizes_and_corrections_are_refused(visitor: Visitor, project: str) -> None:
    found = resize(visitor, project, {"left": 64, "top": 48, "right": 64, "bottom": 0}, code=422)
    assert found["message"] == "the canvas would be 6.0 times as large as the photo; make it at most 4 times"
    assert resize(visitor, project, {"left": -1}, code=422)["code"] == "invalid"
    assert resize(visitor, project, Margins().model_dump())["history"]["done"] == []
    assert resize(visitor, project, {"right": 128})["size"]["width"] == 192
    begun = visitor.http.post(f"/api/projects/{project}/corrections/begin")
    assert (begun.status_code, begun.json()["code"]) == (409, "invalid")
    assert resize(visitor, project, {"right": 0})["size"]["width"] == 64
    assert visitor.http.post(f"/api/projects/{project}/corrections/begin").status_code == 200
    assert "corrections" in resize(visitor, project, {"right": 8}, code=409)["message"]
