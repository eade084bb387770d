from __future__ import annotations

import asyncio
import io
import os
import signal
from typing import Any

import numpy as np
import pytest
from PIL import Image

from primage.origin.plane import FIRST
from primage.processes.jobs import Job
from primage.studio.origin import index_of
from primage.studio.workers.reader import InferOrigin
from tests.studio.visitor import Tab, Visitor, pack, unpack
from tests.tiny import picture


def outside(box: dict[str, int]) -> np.ndarray:
    mask = np.ones((48, 64), bool)
    mask[box["y"] : box["y"] + box["height"], box["x"] : box["x"] + box["width"]] = False
    return mask


def ready(tab: Tab) -> None:
    tab.until("state", lambda header: header["project"]["model"] is not None)


def test_the_picture_changes_at_an_edit_and_nowhere_else(visitor: Visitor, project: str) -> None:
    photo = picture()
    with visitor.tab(project) as tab:
        header = tab.rendered(0)
        np.testing.assert_array_equal(tab.picture, photo)
        assert header["edited"] is None

        box = np.zeros((10, 12))
        box[:, 0] = box[:, -1] = box[0] = box[-1] = 1
        accepted = tab.draw("edges", 45, 3, box)
        header = tab.rendered(accepted["history"]["revision"])
        second, edited = tab.picture, header["edited"]
        assert (second != photo).any()
        np.testing.assert_array_equal(second[outside(edited)], photo[outside(edited)])
        assert edited["x"] <= 45 < 57 <= edited["x"] + edited["width"]
        assert edited["width"] * edited["height"] < 0.5 * 48 * 64

        changed, _ = tab.step("undo")
        tab.rendered(changed["history"]["revision"])
        np.testing.assert_array_equal(tab.picture, photo)
        changed, _ = tab.step("redo")
        tab.rendered(changed["history"]["revision"])
        np.testing.assert_array_equal(tab.picture, second)

        # Without keeping the original the whole picture is the network's.
        visitor.http.patch(f"/api/projects/{project}", json={"keep_original": False})
        tab.rendered(tab.revision)
        assert (tab.picture[outside(edited)] != photo[outside(edited)]).any()
        full = np.asarray(Image.open(io.BytesIO(visitor.get(project, "/render").content)))
        np.testing.assert_array_equal(full, tab.picture)
    # A tab that comes later gets the whole picture at once.
    with visitor.tab(project) as tab:
        header, _ = tab.until("render")
        assert header["rectangle"] == {"x": 0, "y": 0, "width": 64, "height": 48}


def test_undo_redo_and_the_state_after_reopening(visitor: Visitor, project: str) -> None:
    before = visitor.layers(project)
    label = int(before["segments"][0, 0])
    other = 1 - label
    with visitor.tab(project) as tab:
        tab.draw("segments", 0, 0, np.full((5, 5), other), title="Brush")
        tab.draw("edges", 2, 30, np.ones((1, 9)), title="Line")
        tab.draw("marks", 2, 30, np.ones((3, 3)), title="Fill")
        tab.step("undo")
        names = [{"name": f"part {i}", "colour": [i, 0, 0]} for i in range(len(visitor.get(project).json()["labels"]))]
        number = tab.send([], b"", labels=names, title="Rename")
        tab.until("accepted", lambda header: header["id"] == number)
        tab.step("undo")
        tab.rendered(tab.revision)
    edited, shown = visitor.layers(project), visitor.app.state.hub._open[project].rendering.image
    visitor.close(project)
    # The picture is there before the worker has done anything.
    painter = visitor.app.state.hub.services.painter
    os.kill(painter.pid, signal.SIGSTOP)
    with visitor.tab(project) as tab:
        header, pixels = tab.until("render")
        assert header["revision"] == tab.revision
        assert header["edited"] is not None
        assert pixels == shown.tobytes()
    os.kill(painter.pid, signal.SIGCONT)
    state = visitor.get(project).json()
    assert state["history"]["done"] == ["Brush", "Line"]
    assert state["history"]["undone"] == ["Rename"]
    for name, layer in visitor.layers(project).items():
        np.testing.assert_array_equal(layer, edited[name])
    with visitor.tab(project) as tab:
        header, _ = tab.until("render")
        assert header["edited"] is not None
        changed, _ = tab.step("redo")
        assert changed["labels"][1]["name"] == "part 1"
        for title in ("Rename", "Line", "Brush"):
            changed, _ = tab.step("undo")
            assert changed["title"] == title
        assert changed["history"]["undo"] is None
    for name, layer in visitor.layers(project).items():
        np.testing.assert_array_equal(layer, before[name])


def test_continued_strokes_are_one_step(visitor: Visitor, project: str) -> None:
    before = visitor.layers(project)
    with visitor.tab(project) as tab:
        first = tab.draw("edges", 2, 30, np.ones((1, 9)), title="Pencil")
        tab.draw("edges", 8, 31, np.ones((1, 9)), continues=first["id"])
        third = tab.draw("segments", 8, 31, 1 - before["segments"][31:33, 8:10].clip(0, 1), continues=first["id"])
        assert third["history"]["done"] == ["Pencil"]
        after = visitor.layers(project)
        tab.step("undo")
        for name, layer in visitor.layers(project).items():
            np.testing.assert_array_equal(layer, before[name])
        tab.step("redo")
        for name, layer in visitor.layers(project).items():
            np.testing.assert_array_equal(layer, after[name])
        # Something came between: a step of its own.
        assert tab.draw("edges", 2, 3, np.ones((1, 2)), continues=first["id"])["history"]["done"] == [
            "Pencil",
            "Pencil",
        ]


def test_two_tabs_see_what_each_other_does(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as one, visitor.tab(project) as two:
        one.draw("edges", 2, 30, np.ones((1, 9)))
        seen, pixels = two.until("changed")
        assert (seen["cause"], seen["id"]) == ("edit", None)
        assert seen["patches"] == [{"layer": "edges", "x": 2, "y": 30, "width": 9, "height": 1}]
        assert pixels == bytes([1] * 9)
        # The first tab knows nothing of this one when it draws over it, so it gets both, in the order that counts.
        two.draw("edges", 2, 30, np.zeros((1, 9)))
        number = one.send([{"layer": "edges", "x": 4, "y": 30, "width": 1, "height": 1}], b"\x01")
        theirs, _ = one.until("changed")
        assert theirs["id"] is None
        own, pixels = one.until("changed")
        assert (own["id"], pixels) == (number, b"\x01")
        two.until("changed")
        # The same holds for what it draws before it has read of its own undo.
        one.socket.send_text('{"type": "undo", "id": 70}')
        number = one.send([{"layer": "edges", "x": 4, "y": 30, "width": 1, "height": 1}], b"\x01")
        assert one.until("changed")[0]["id"] == 70
        assert one.until("changed")[0]["id"] == number
        two.until("changed", lambda header: header["history"]["revision"] == one.revision)
        assert visitor.layers(project)["edges"][30, 2:11].tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0]
        # Undo is everybody's: the last step, whoever did it.
        two.step("undo")
        one.until("changed", lambda header: header["cause"] == "undo")
        visitor.http.delete(f"/api/projects/{project}")
        one.until("deleted")
        two.until("deleted")


BAD = [
    ({"layer": "segments", "x": 0, "y": 0, "width": 1, "height": 1}, b"\xfa", "label"),
    ({"layer": "edges", "x": 0, "y": 0, "width": 1, "height": 1}, b"\x02", "0 or 1"),
    ({"layer": "marks", "x": 0, "y": 0, "width": 1, "height": 1}, b"\xff", "0 or 1"),
    ({"layer": "colours", "x": 0, "y": 0, "width": 1, "height": 1}, b"abc", "no layer"),
    ({"layer": "edges", "x": 60, "y": 0, "width": 5, "height": 1}, bytes(5), "beyond the drawing"),
    ({"layer": "edges", "x": 0, "y": 48, "width": 1, "height": 1}, b"\x00", "beyond the drawing"),
    ({"layer": "edges", "x": 0, "y": 0, "width": 2, "height": 2}, bytes(3), "missing"),
    ({"layer": "edges", "x": 0, "y": 0, "width": 2, "height": 2}, bytes(5), "more pixels"),
    ({"layer": "edges", "x": -1, "y": 0, "width": 2, "height": 2}, bytes(4), "understood"),
    ({"layer": "edges", "x": 0, "y": 0, "width": 0, "height": 2}, b"", "understood"),
    ({"layer": "edges", "x": 0, "y": 0, "width": 1, "height": 1, "z": 1}, b"\x01", "understood"),
    ({"layer": "photo", "x": 0, "y": 0, "width": 1, "height": 1}, b"\x01", "understood"),
]


def test_edits_that_do_not_fit_are_refused_and_change_nothing(visitor: Visitor, project: str) -> None:
    before = visitor.layers(project)
    with visitor.tab(project) as tab:
        for patch, pixels, reason in BAD:
            tab.send([patch], pixels)
            refused, _ = tab.until("refused")
            assert reason in refused["problem"]["message"], refused
        for frame in (b"", b"\x00", b"\xff\xff\xff\xff{}", pack({}), pack({"type": "edit"}), b"\x02\x00\x00\x00[]"):
            tab.socket.send_bytes(frame)
            assert tab.until("refused")[0]["id"] is None
        for text in ("", "{", "[]", '{"type": "undo"}', '{"type": "explode", "id": 1}', '{"type":"undo","id":1,"x":1}'):
            tab.socket.send_text(text)
            assert tab.until("refused")[0]["id"] is None
        tab.send([], b"")
        assert "nothing" in tab.until("refused")[0]["problem"]["message"]
        tab.send([], b"", labels=[{"name": "one", "colour": [0, 0, 0]}])
        assert "labels" in tab.until("refused")[0]["problem"]["message"]
        tab.socket.send_text('{"type": "undo", "id": 77}')
        assert tab.until("refused")[0]["problem"]["code"] == "nothing"
        assert visitor.get(project).json()["history"]["revision"] == 0
    for name, layer in visitor.layers(project).items():
        np.testing.assert_array_equal(layer, before[name])


def test_snapshots_are_returned_to_as_an_edit(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        ready(tab)
        accepted = tab.draw("edges", 2, 30, np.ones((1, 9)))
        tab.rendered(accepted["history"]["revision"])
        kept = visitor.layers(project)
        answer = visitor.http.post(f"/api/projects/{project}/snapshots", json={"name": "With a line"})
        snapshot = answer.json()["snapshots"][0]
        image = visitor.get(project, f"/snapshots/{snapshot['id']}/image").content
        assert Image.open(io.BytesIO(image)).size == (64, 48)
        tab.draw("edges", 2, 30, np.zeros((9, 9)))
        answer = visitor.http.post(f"/api/projects/{project}/snapshots/{snapshot['id']}/restore")
        assert answer.json()["history"]["undo"] == "Return to “With a line”"
        tab.until("changed", lambda header: header["cause"] == "snapshot")
        np.testing.assert_array_equal(visitor.layers(project)["edges"], kept["edges"])
        tab.step("undo")
        assert not visitor.layers(project)["edges"][30:39, 2:11].any()
        assert visitor.http.delete(f"/api/projects/{project}/snapshots/{snapshot['id']}").json()["snapshots"] == []
    assert visitor.http.get(f"/api/projects/{project}/snapshots/{snapshot['id']}/image").status_code == 404
    assert visitor.http.post(f"/api/projects/{project}/snapshots/{snapshot['id']}/restore").status_code == 404


def test_opening_a_drawing_is_one_edit(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        ready(tab)
        pixels = np.array(Image.open(io.BytesIO(visitor.get(project, "/export/primitive.png").content)).convert("RGB"))
        line = visitor.get(project).json()["line_colour"]
        pixels[2, 4:20] = line
        encoded = io.BytesIO()
        Image.fromarray(pixels).save(encoded, "PNG")
        visitor.open_drawing(project, encoded.getvalue())
        assert visitor.get(project).json()["history"]["undo"] == "Open drawing"
        assert visitor.layers(project)["edges"][2, 5:19].all()
        pixels[20:30, 20:30] = (1, 2, 200)
        encoded = io.BytesIO()
        Image.fromarray(pixels).save(encoded, "PNG")
        answer = visitor.read(project, encoded.getvalue())
        assert answer.status_code == 422
        assert answer.json()["code"] == "doubt"
        assert "/" not in answer.json()["message"].replace("×", "")
        assert visitor.get(project).json()["history"]["done"] == ["Open drawing"]


def opened(visitor: Visitor, project: str, pixels: np.ndarray) -> None:
    encoded = io.BytesIO()
    Image.fromarray(pixels).save(encoded, "PNG")
    visitor.open_drawing(project, encoded.getvalue())


def origin_index(visitor: Visitor, project: str) -> np.ndarray:
    return index_of(visitor.layers(project)["origin"])


def exported(visitor: Visitor, project: str) -> np.ndarray:
    content = visitor.get(project, "/export/primitive.png").content
    return np.array(Image.open(io.BytesIO(content)).convert("RGB"))


def test_the_parts_of_an_opened_drawing_are_traced_to_the_photo(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        ready(tab)
        pixels = exported(visitor, project)
        box = pixels[6:38, 5:42].copy()
        pixels[6:38, 5:42] = pixels[2, 2]
        pixels[12:44, 5:42] = box
        opened(visitor, project, pixels)
        tab.until("origin", lambda header: header["state"] == "looking")
        found, _ = tab.until("origin")
        assert found["state"] == "found"
        assert found["message"].startswith("1 moved piece")
        index = origin_index(visitor, project)
        assert (index[16:40, 9:38] == FIRST).mean() > 0.9
        assert visitor.get(project).json()["history"]["done"] == ["Open drawing"]
        tab.step("undo")
        assert not origin_index(visitor, project).any()
        tab.step("redo")
        np.testing.assert_array_equal(origin_index(visitor, project), index)


def test_another_picture_is_no_edit(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        ready(tab)
        opened(visitor, project, exported(visitor, project)[::-1, ::-1])
        tab.until("origin", lambda header: header["state"] == "looking")
        assert tab.until("origin")[0]["state"] == "unknown"
        assert not (origin_index(visitor, project) >= FIRST).any()


def test_an_edit_ends_the_search_for_where_parts_come_from(
    visitor: Visitor, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = visitor.app.state.hub.services.reader
    run, stopped = reader.run, []

    async def slow(job: Job[Any]) -> object:
        found = await run(job)
        if isinstance(job, InferOrigin):
            while not stopped:
                await asyncio.sleep(0.01)
        return found

    monkeypatch.setattr(reader, "run", slow)
    monkeypatch.setattr(reader, "stop", stopped.append)
    with visitor.tab(project) as tab:
        ready(tab)
        pixels = exported(visitor, project)
        pixels[6:38, 5:42] = pixels[2, 2]
        opened(visitor, project, pixels)
        tab.until("origin", lambda header: header["state"] == "looking")
        tab.draw("edges", 2, 30, np.ones((1, 9)))
        assert tab.until("origin")[0]["state"] == "cancelled"
        assert isinstance(stopped[0], InferOrigin)
        assert len(visitor.get(project).json()["history"]["done"]) == 2


@pytest.mark.parametrize("path", ["/export/model.safetensors", "/render", "/export/result.png"])
def test_what_needs_a_model_says_so_before_there_is_one(
    visitor: Visitor, project: str, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visitor.tab(project) as tab:
        ready(tab)
    folder = visitor.app.state.hub.services.store.folder(project)
    (folder / "run-1" / "model.safetensors").unlink()
    answer = visitor.http.get(f"/api/projects/{project}{path}")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_model")


def test_layers_are_sent_with_their_revision(visitor: Visitor, project: str) -> None:
    def revision(of: str) -> int | None:
        found: int | None = unpack(visitor.get(project, f"/layers?of={of}").content)[0]["revision"]
        return found

    with visitor.tab(project) as tab:
        assert revision("edited") == 0
        assert tab.draw("edges", 2, 30, np.ones((1, 9)))["history"]["revision"] == revision("edited") == 1
        tab.step("undo")
        assert revision("edited") == tab.revision == 2
        assert revision("training") is None
