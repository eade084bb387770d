"""Pictures that were pasted: their pixels are in every result, and they stay as long as anything can come from them."""

from __future__ import annotations

import errno
import io
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from primage.origin.plane import FIRST
from tests.studio.project.test_windows import window
from tests.studio.visitor import Tab, Visitor, unpack
from tests.tiny import picture

#: Its left half is transparent.
CAT = np.dstack([data.chelsea()[:64, 100:164], np.full((64, 64), 255, np.uint8)])
CAT[:, :32, 3] = 0
#: Where it is pasted into a photo of 256 × 192 px, and the pixels of the drawing (85 × 64) that show its right half.
TOP, LEFT = 60, 96
BOX = {"x": 43, "y": 20, "width": 10, "height": 21}


def encoded(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def large(visitor: Visitor) -> Iterator[tuple[str, np.ndarray]]:
    """A project whose photo is three times as large as its drawing."""
    pixels = picture(size=(192, 256))
    made = visitor.upload(encoded(pixels))["id"]
    answer = visitor.http.put(f"/api/projects/{made}/primitive", json={"size_px": 64})
    assert answer.status_code == 200, answer.text
    yield made, pixels
    visitor.http.delete(f"/api/projects/{made}")


def drawn(visitor: Visitor, project: str, pixels: np.ndarray = CAT) -> str:
    """What the editor does with a picture on the clipboard. Returns its id."""
    answer = visitor.http.post(f"/api/projects/{project}/picture", content=encoded(pixels))
    assert answer.status_code == 200, answer.text
    kept = unpack(answer.content)[0]["picture"]
    assert kept["size"] == {"width": pixels.shape[1], "height": pixels.shape[0]}
    return str(kept["id"])


def paste(tab: Tab, name: str) -> int:
    index = np.full((BOX["height"], BOX["width"]), FIRST, np.uint16)
    piece = {
        "transforms": [{"kind": "affine", "matrix": [256 / 64, 0, 0, 192 / 64, -LEFT / 64, -TOP / 64]}],
        "picture": name,
    }
    number = tab.send([{"layer": "origin", **BOX}], index.astype("<u2").tobytes(), pieces=[piece])
    return int(tab.until("accepted", lambda header: header["id"] == number)[0]["history"]["revision"])


def exported(visitor: Visitor, project: str, size: str = "full") -> np.ndarray:
    content = visitor.get(project, f"/export/result.png?size={size}").content
    with Image.open(io.BytesIO(content)) as image:
        return np.array(image)


def expected(photo: np.ndarray) -> np.ndarray:
    out = photo.copy()
    out[TOP : TOP + 64, LEFT + 32 : LEFT + 64] = CAT[:, 32:, :3]
    return out


def folder(visitor: Visitor, project: str) -> Path:
    return Path(visitor.app.state.hub.services.store.folder(project)) / "pictures"


def names(visitor: Visitor, project: str) -> list[str]:
    return [path.stem for path in folder(visitor, project).glob("*")]


def test_every_result_has_its_pixels(visitor: Visitor, large: tuple[str, np.ndarray]) -> None:
    project, photo = large
    with visitor.tab(project) as tab:
        tab.rendered(0)
        render = tab.rendered(paste(tab, drawn(visitor, project)))
        assert render["edited"] is not None
        first = tab.picture
        whole = exported(visitor, project)
        np.testing.assert_array_equal(window(visitor, project, 100, 50, 120, 90), whole[50:140, 100:220])
        variant = visitor.get(project, "/variants/7").content
        with Image.open(io.BytesIO(variant)) as image:
            np.testing.assert_array_equal(np.array(image), first)
        np.testing.assert_array_equal(exported(visitor, project, "working"), first)
    assert np.abs(whole.astype(int) - expected(photo)).max() <= 1
    # Nothing else is touched, at any size.
    beside = (np.array(whole) != photo).any(axis=2)
    assert not beside[:, : LEFT + 31].any()
    small = visitor.get(project, "/photo").content
    with Image.open(io.BytesIO(small)) as image:
        still = np.array(image)
    changed = (first != still).any(axis=2)
    assert changed[22:39, 45:52].mean() > 0.9
    assert not changed[:18].any()
    assert not changed[:, :40].any()


def test_pasted_pixels_are_undone_reloaded_exported_and_imported(
    visitor: Visitor, large: tuple[str, np.ndarray]
) -> None:
    project, photo = large
    with visitor.tab(project) as tab:
        tab.rendered(0)
        name = drawn(visitor, project)
        tab.rendered(paste(tab, name))
        assert visitor.http.post(f"/api/projects/{project}/snapshots", json={"name": "cat"}).status_code == 201
        header, _ = tab.step("undo")
        tab.rendered(header["history"]["revision"])
        np.testing.assert_array_equal(exported(visitor, project), photo)
    visitor.close(project)
    with visitor.tab(project) as tab:
        assert names(visitor, project) == [name]  # it can be redone
        header, _ = tab.step("redo")
        assert header["pieces"][0]["picture"] == name
        tab.rendered(header["history"]["revision"])
        assert np.abs(exported(visitor, project).astype(int) - expected(photo)).max() <= 1
    drawn(visitor, project, CAT[:40])  # a paste that was cancelled is nobody else's business
    content = visitor.get(project, "/export/project.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert [one for one in archive.namelist() if one.startswith("pictures/")] == [f"pictures/{name}.png"]
    answer = visitor.http.post("/api/projects/import", content=content)
    assert answer.status_code == 201, answer.text
    made = answer.json()["id"]
    try:
        assert np.abs(exported(visitor, made).astype(int) - expected(photo)).max() <= 1
    finally:
        visitor.http.delete(f"/api/projects/{made}")
    damaged = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(damaged, "w") as target:
        for member in source.namelist():
            other = member.startswith("pictures/")
            target.writestr(member, encoded(CAT[:40, :, :3]) if other else source.read(member))
    refused = visitor.http.post("/api/projects/import", content=damaged.getvalue())
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid")
    assert "a picture in this project" in refused.json()["message"]


def test_pictures_that_nothing_comes_from_are_deleted_when_the_project_is_opened(
    visitor: Visitor, project: str
) -> None:
    with visitor.tab(project) as tab:
        tab.rendered(0)
        drawn(visitor, project)
        used = drawn(visitor, project, CAT[:50])
        index = np.full((1, 1), FIRST, np.uint16).astype("<u2").tobytes()
        patch = {"layer": "origin", "x": 3, "y": 3, "width": 1, "height": 1}
        tab.send([patch], index, pieces=[{"transforms": [], "picture": used}])
        tab.until("accepted")
        tab.step("undo")
        assert len(names(visitor, project)) == 2
    visitor.close(project)
    with visitor.tab(project) as tab:
        assert names(visitor, project) == [used]
        tab.draw("marks", 0, 0, np.ones((1, 1)))  # nothing can be redone any more
    visitor.close(project)
    with visitor.tab(project):
        assert names(visitor, project) == []


def test_a_picture_that_is_not_there_is_refused(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        tab.rendered(0)
        patch = {"layer": "origin", "x": 3, "y": 3, "width": 1, "height": 1}
        pixel = np.full((1, 1), FIRST, np.uint16).astype("<u2").tobytes()
        tab.send([patch], pixel, pieces=[{"transforms": [], "picture": "ab" * 32}])
        assert "no longer there" in tab.until("refused")[0]["problem"]["message"]
        tab.send([patch], pixel, pieces=[{"transforms": [], "picture": "../photo"}])
        assert tab.until("refused")[0]["problem"]["code"] == "invalid"


def test_pictures_and_photos_of_other_projects(visitor: Visitor, project: str, large: tuple[str, np.ndarray]) -> None:
    other, photo = large
    name = drawn(visitor, other)
    address = f"/api/projects/{project}/pictures"
    for picture_id, pixels in ((name, CAT), (None, photo)):
        answer = visitor.http.post(address, json={"project": other, "picture": picture_id})
        assert answer.status_code == 201, answer.text
        with Image.open(folder(visitor, project) / f"{answer.json()['id']}.png") as image:
            shown = np.array(image)
        visible = pixels[..., 3] > 0 if pixels.shape[2] == 4 else np.s_[:]
        np.testing.assert_array_equal(shown[visible], pixels[visible])
    for missing in ({"project": "0" * 16, "picture": None}, {"project": other, "picture": "ab" * 32}):
        assert visitor.http.post(address, json=missing).status_code == 404
    assert visitor.http.post(address, json={"project": "../x", "picture": None}).status_code == 422


def test_what_is_no_picture_is_refused(visitor: Visitor, project: str) -> None:
    address = f"/api/projects/{project}/picture"
    clear = np.zeros((64, 64, 4), np.uint8)
    answer = visitor.http.post(address, content=encoded(clear))
    assert "transparent everywhere" in answer.json()["message"]
    answer = visitor.http.post(address, content=encoded(np.zeros((300, 300, 3), np.uint8)))
    assert "0 megapixels" in answer.json()["message"]
    assert names(visitor, project) == []


def test_a_picture_is_copied_as_a_whole_or_not_at_all(
    visitor: Visitor, project: str, large: tuple[str, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = large[0]
    kept = visitor.http.post(f"/api/projects/{other}/picture", content=encoded(CAT))
    name = unpack(kept.content)[0]["picture"]["id"]
    body = {"project": other, "picture": name}

    def full(source: Path, target: Path) -> None:
        target.write_bytes(source.read_bytes()[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(shutil, "copyfile", full)
        refused = visitor.http.post(f"/api/projects/{project}/pictures", json=body)
    assert refused.status_code == 507
    assert "No space left" in refused.text
    folder = visitor.app.state.hub.services.store.folder(project) / "pictures"
    assert list(folder.iterdir()) == []
    assert visitor.http.post(f"/api/projects/{project}/pictures", json=body).status_code == 201
