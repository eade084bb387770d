"""The timeline: keys, frames painted in the background, and moving pictures of them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from primage.origin.plane import FIRST, REMOVED
from tests.studio.visitor import Tab, Visitor

SHORT = {"seconds": 0.5, "fps": 6, "ease": "linear"}
#: A part of the tiny photo's drawing, and by how much it moves to the right.
TOP, LEFT, SIDE, BY = 10, 4, 16, 30


def moved(visitor: Visitor, project: str, tab: Tab) -> int:
    """Move a part of the drawing, in all layers; returns the revision."""
    layers, patches, pixels = visitor.layers(project), [], b""
    _, width = layers["edges"].shape
    for name in ("segments", "edges", "origin"):
        layer = layers[name]
        part = layer[TOP : TOP + SIDE, LEFT : LEFT + BY + SIDE].copy()
        part[:, BY:] = part[:, :SIDE]
        part[:, :SIDE] = part[:, SIDE : SIDE + 1]
        if name == "origin":
            index = np.zeros(part.shape[:2], "<u2")
            index[:, :SIDE], index[:, BY:] = REMOVED, FIRST
            part = index.view(np.uint8).reshape(part.shape)
        patches.append({"layer": name, "x": LEFT, "y": TOP, "width": BY + SIDE, "height": SIDE})
        pixels += part.tobytes()
    piece = {"transforms": [{"kind": "affine", "matrix": [1, 0, 0, 1, -BY / width, 0]}]}
    number = tab.send(patches, pixels, title="Move", pieces=[piece])
    return int(tab.until("accepted", lambda header: header["id"] == number)[0]["history"]["revision"])


def played(visitor: Visitor, project: str, tab: Tab) -> dict[str, Any]:
    """Play, and wait until all frames are painted."""
    answer = visitor.http.post(f"/api/projects/{project}/timeline/play")
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    while found["state"] == "painting":
        found = tab.until("animation")[0]["animation"]
    assert found["painted"] == found["frames"] > 0, found
    return found


def frame(visitor: Visitor, project: str, number: int, version: str) -> np.ndarray:
    content = visitor.get(project, f"/timeline/frames/{number}?of={version}").content
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def shown(content: bytes) -> list[np.ndarray]:
    """The frames of a moving picture."""
    found = []
    with Image.open(io.BytesIO(content)) as image:
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            found.append(np.asarray(image.convert("RGB")).astype(int))
    return found


def test_two_keys_become_a_moving_picture(visitor: Visitor, project: str) -> None:
    address = f"/api/projects/{project}"
    with visitor.tab(project) as tab:
        tab.rendered(0)
        same = visitor.http.post(f"{address}/timeline/play")
        assert (same.status_code, same.json()["message"]) == (
            409,
            "both keys show the same drawing; edit it, then play",
        )
        assert visitor.http.get(f"{address}/export/animation.gif").status_code == 409
        revision = moved(visitor, project, tab)
        tab.rendered(revision)
        assert visitor.http.patch(address, json={"timeline": SHORT}).json()["timeline"]["repeat"] == "loop"
        done = played(visitor, project, tab)
        assert done["frames"] == 4
        images = [frame(visitor, project, number, done["version"]) for number in range(4)]
        photo = np.asarray(Image.open(io.BytesIO(visitor.get(project, "/photo").content)).convert("RGB"))
        # The first frame is the photo, the last one the result.
        np.testing.assert_array_equal(images[0], photo)
        np.testing.assert_array_equal(images[3], tab.picture)
        # A third of the way, the part's own pixels are there.
        third = BY // 3
        part = photo[TOP + 3 : TOP + SIDE - 3, LEFT + 3 : LEFT + SIDE - 3]
        there = images[1][TOP + 3 : TOP + SIDE - 3, LEFT + third + 3 : LEFT + third + SIDE - 3]
        assert np.abs(there - part).max() <= 2  # fitted to the light of the place
        # What it left is in all frames what it is in the last one.
        left = (slice(TOP + 3, TOP + SIDE - 3), slice(LEFT, LEFT + third - 4))
        for number in (1, 2):
            np.testing.assert_array_equal(images[number][left], images[3][left])
        for suffix, kind in (("gif", "image/gif"), ("webp", "image/webp"), ("mp4", "video/mp4")):
            answer = visitor.get(project, f"/export/animation.{suffix}")
            assert answer.headers["content-type"] == kind
            if suffix != "mp4":
                frames = shown(answer.content)
                assert len(frames) == 4
                assert max(np.abs(a - b).mean() for a, b in zip(frames, images, strict=True)) < 12
        # There and back again: the frames between the keys once more.
        back = {"timeline": {"repeat": "back-and-forth"}}
        assert visitor.http.patch(address, json=back).json()["animation"]["painted"] == 4
        assert len(shown(visitor.get(project, "/export/animation.gif").content)) == 6
        # The drawing at the moment is the second key: an edit outdates the frames.
        tab.draw("edges", 2, 2, np.ones((1, 4)))
        assert tab.until("animation")[0]["animation"]["frames"] == 0
        gone = visitor.http.get(f"{address}/timeline/frames/0", params={"of": done["version"]})
        assert gone.status_code == 404
    visitor.close(project)
    assert visitor.get(project).json()["timeline"]["seconds"] == 0.5


def test_keys_are_snapshots(visitor: Visitor, project: str) -> None:
    address = f"/api/projects/{project}"
    with visitor.tab(project) as tab:
        tab.rendered(0)
        moved(visitor, project, tab)
        made = visitor.http.put(f"{address}/timeline/keys/second").json()
        assert [snapshot["name"] for snapshot in made["snapshots"]] == ["Second key"]
        assert made["timeline"]["second"] == made["snapshots"][0]["id"]
        # Set again, it replaces the one before.
        again = visitor.http.put(f"{address}/timeline/keys/second").json()
        assert len(visitor.get(project).json()["snapshots"]) == 1
        assert again["timeline"]["second"] != made["timeline"]["second"]
        visitor.http.patch(address, json={"timeline": SHORT})
        done = played(visitor, project, tab)
        # The drawing may be edited now: the frames stay.
        tab.step("undo")
        assert visitor.get(project).json()["animation"] == done
        frame(visitor, project, 2, done["version"])
    visitor.close(project)
    reopened = visitor.get(project).json()
    assert reopened["timeline"] == again["timeline"] | SHORT
    assert reopened["animation"]["frames"] == 0
    with visitor.tab(project) as tab:
        tab.rendered(0)
        # The frames are still on the disk.
        assert visitor.http.post(f"{address}/timeline/play").json() == done
        # A deleted snapshot is no key any more.
        visitor.http.delete(f"{address}/snapshots/{reopened['timeline']['second']}")
        assert visitor.get(project).json()["timeline"]["second"] is None
        visitor.http.put(f"{address}/timeline/keys/first")
        cleared = visitor.http.delete(f"{address}/timeline/keys/first").json()
        assert cleared["timeline"]["first"] is None
        assert visitor.get(project).json()["snapshots"] == []


def test_an_edit_stops_the_painting(visitor: Visitor, project: str) -> None:
    address = f"/api/projects/{project}"
    with visitor.tab(project) as tab:
        tab.rendered(0)
        tab.rendered(moved(visitor, project, tab))
        visitor.http.put(f"{address}/timeline/keys/second")
        visitor.http.patch(address, json={"timeline": {"seconds": 10, "fps": 30}})
        assert visitor.http.post(f"{address}/timeline/play").json()["frames"] == 301
        tab.until("animation", lambda header: header["animation"]["painted"] >= 2)
        tab.draw("edges", 2, 2, np.ones((1, 4)))
        stopped = visitor.get(project).json()["animation"]
        assert stopped["state"] == "idle"
        assert 2 <= stopped["painted"] < 301
        # It goes on with the next one; Stop stops it, too.
        assert visitor.http.post(f"{address}/timeline/play").json()["painted"] >= stopped["painted"]
        stopped = visitor.http.post(f"{address}/timeline/stop").json()
        assert stopped["state"] == "idle"
        assert visitor.http.get(f"{address}/export/animation.webp").status_code == 409


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"timeline": {"seconds": 11}}),
        ("PATCH", "", {"timeline": {"fps": 0}}),
        ("PATCH", "", {"timeline": {"first": "0" * 16}}),
        ("PUT", "/timeline/keys/third", None),
        ("GET", "/timeline/frames/-1?of=x", None),
        ("GET", "/export/animation.avi", None),
    ],
)
def test_bad_input_is_refused(visitor: Visitor, project: str, method: str, path: str, body: object) -> None:
    answer = visitor.http.request(method, f"/api/projects/{project}{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["message"]


def test_a_larger_canvas_is_no_key(visitor: Visitor, project: str) -> None:
    address = f"/api/projects/{project}"
    margins = {"margins": {"left": 0, "top": 0, "right": 8, "bottom": 0}}
    with visitor.tab(project) as tab:
        tab.rendered(0)
    assert visitor.http.put(f"{address}/canvas", json=margins).status_code == 200
    for answer in (
        visitor.http.put(f"{address}/timeline/keys/first"),
        visitor.http.post(f"{address}/timeline/play"),
    ):
        assert answer.status_code == 409
        assert "canvas is larger" in answer.json()["message"]
    assert visitor.get(project).json()["snapshots"] == []
