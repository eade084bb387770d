"""Parts of the result at the photo's own size, and exports in every format."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image, ImageCms

from primage.origin.plane import FIRST, REMOVED
from primage.studio.schemas import Rectangle
from primage.studio.workers.polisher import PaintWindow
from tests.studio.visitor import Tab, Visitor, unpack
from tests.tiny import picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def large(visitor: Visitor) -> Iterator[tuple[str, np.ndarray]]:
    """A project whose photo is three times as large as its drawing."""
    pixels, encoded = picture(size=(192, 256)), io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG", icc_profile=SRGB)
    made = visitor.upload(encoded.getvalue())["id"]
    answer = visitor.http.put(f"/api/projects/{made}/primitive", json={"size_px": 64})
    assert answer.status_code == 200, answer.text
    yield made, pixels
    visitor.http.delete(f"/api/projects/{made}")


def moved(tab: Tab) -> int:
    """Move the left part of the drawing's lines to the right by half of the width; returns the revision."""
    index = np.zeros((20, 62), np.uint16)
    index[:, :20], index[:, 42:] = REMOVED, FIRST
    patch = {"layer": "origin", "x": 2, "y": 20, "width": 62, "height": 20}
    piece = {"transforms": [{"kind": "affine", "matrix": [1, 0, 0, 1, -42 / 85, 0]}]}
    number = tab.send([patch], index.astype("<u2").tobytes(), pieces=[piece])
    return int(tab.until("accepted", lambda header: header["id"] == number)[0]["history"]["revision"])


def window(visitor: Visitor, project: str, x: int, y: int, width: int, height: int) -> np.ndarray:
    content = visitor.get(project, f"/window?x={x}&y={y}&width={width}&height={height}").content
    header, pixels = unpack(content)
    assert header["rectangle"] == {"x": x, "y": y, "width": width, "height": height}
    return np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def test_windows_are_the_exported_picture(visitor: Visitor, large: tuple[str, np.ndarray]) -> None:
    project, photo = large
    with visitor.tab(project) as tab:
        tab.rendered(moved(tab))
        whole = window(visitor, project, 0, 0, 256, 192)
        part = window(visitor, project, 100, 50, 120, 90)
        with Image.open(io.BytesIO(visitor.get(project, "/export/result.png").content)) as image:
            exported = np.array(image)
            assert image.info["icc_profile"] == SRGB
            assert "primage" in image.text  # type: ignore[attr-defined]
    np.testing.assert_array_equal(part, whole[50:140, 100:220])
    # Shown in sRGB, of which this profile is a copy.
    assert np.abs(whole.astype(int) - exported).max() <= 1
    assert (exported != photo).any()
    np.testing.assert_array_equal(exported[:40], photo[:40])
    # What was moved is the photo's own pixels.
    np.testing.assert_array_equal(exported[70:110, 140:180], photo[70:110, 14:54])


def test_windows_are_refused_outside_and_before_there_is_a_picture(
    visitor: Visitor, large: tuple[str, np.ndarray]
) -> None:
    project, _ = large
    with visitor.tab(project) as tab:
        tab.rendered(0)
        address = f"/api/projects/{project}/window"
        beyond = visitor.http.get(address, params={"x": 200, "y": 0, "width": 57, "height": 10})
        assert (beyond.status_code, beyond.json()["code"]) == (422, "invalid")
        assert visitor.http.get(address, params={"x": 0, "y": 0, "width": 3000, "height": 1}).status_code == 422
        moved(tab)
        early = visitor.http.get(address, params={"x": 0, "y": 0, "width": 9, "height": 9})
        assert (early.status_code, early.json()["code"]) == (409, "superseded")


def test_an_edit_stops_what_is_painted(
    visitor: Visitor, large: tuple[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    project, _ = large
    stopped = []
    live = visitor.app.state.hub._open[project]
    monkeypatch.setattr(live.windows._polisher, "stop", stopped.append)
    with visitor.tab(project) as tab:
        tab.rendered(moved(tab))
        stopped.clear()
        job = PaintWindow("waiting", Rectangle(x=0, y=0, width=1, height=1))
        live.windows._jobs.append(job)
        tab.draw("edges", 5, 5, np.ones((3, 3)))
        assert job in stopped
        live.windows._jobs.clear()


@pytest.mark.parametrize(
    ("suffix", "kind"), [("jpg", "JPEG"), ("webp", "WEBP"), ("tif", "TIFF"), ("psd", "PSD"), ("png", "PNG")]
)
def test_results_are_exported_in_every_format(
    visitor: Visitor, large: tuple[str, np.ndarray], suffix: str, kind: str
) -> None:
    project, _ = large
    with visitor.tab(project) as tab:
        tab.rendered(0)
        answer = visitor.get(project, f"/export/result.{suffix}?quality=90")
    assert answer.headers["content-disposition"].endswith(f'photo.{suffix}"')
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.format, image.size, image.info["icc_profile"]) == (kind, (256, 192), SRGB)
    assert not list(visitor.app.state.hub._services.store.root.glob(".export-*"))


def test_patch_and_layers_are_exported(visitor: Visitor, large: tuple[str, np.ndarray]) -> None:
    project, photo = large
    with visitor.tab(project) as tab:
        tab.rendered(moved(tab))
        with Image.open(io.BytesIO(visitor.get(project, "/export/patch.png").content)) as image:
            patch = np.array(image)
        with Image.open(io.BytesIO(visitor.get(project, "/export/result.tif").content)) as image:
            result = np.array(image)
        ora = visitor.get(project, "/export/result.ora")
    np.testing.assert_array_equal(np.where(patch[..., 3:] > 0, patch[..., :3], photo), result)
    assert 0 < (patch[..., 3] > 0).mean() < 0.7
    assert ora.headers["content-type"] == "image/openraster"
    with zipfile.ZipFile(io.BytesIO(ora.content)) as file:
        assert b"Original" in file.read("stack.xml")
    address = f"/api/projects/{project}/export"
    assert visitor.http.get(f"{address}/patch.jpg").status_code == 422
    assert visitor.http.get(f"{address}/result.gif").status_code == 422
