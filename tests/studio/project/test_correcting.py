"""Corrections of a drawing that was edited: edits are put aside, and carried over in the end."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np

from primage.http.errors import RefusalError
from primage.origin.plane import FIRST
from primage.processes.jobs import Job
from primage.studio.origin import index_of, layer_of
from primage.studio.workers.reader import CreateRun
from tests.studio.visitor import Tab, Visitor

#: Everything 8 px further to the right than in the photo.
PIECE = {"transforms": [{"kind": "affine", "matrix": [1, 0, 0, 1, -8 / 64, 0]}]}


def correcting(visitor: Visitor, project: str, action: str) -> Any:
    answer = visitor.http.post(f"/api/projects/{project}/corrections/{action}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def move_right(tab: Tab, layers: dict[str, np.ndarray], x: int, y: int, width: int, height: int) -> None:
    """Copy a part to 8 px further right."""
    part = layers["segments"][y : y + height, x : x + width]
    index = np.full((height, width), FIRST, np.uint16)
    place = {"x": x + 8, "y": y, "width": width, "height": height}
    patches = [{"layer": "segments", **place}, {"layer": "origin", **place}]
    number = tab.send(patches, part.tobytes() + layer_of(index).tobytes(), title="Move", pieces=[PIECE])
    tab.until("accepted", lambda header: header["id"] == number)


def test_edits_are_put_aside_and_carried_over(visitor: Visitor, project: str) -> None:
    before = visitor.get(project).json()
    original = visitor.layers(project)
    count = len(before["labels"])
    other = (original["segments"][30, 40] + 1) % count
    with visitor.tab(project) as tab:
        tab.draw("segments", 40, 30, np.full((6, 8), other, np.uint8))
        tab.draw("edges", 50, 2, np.ones((1, 9), np.uint8))
        tab.draw("marks", 0, 0, np.ones((4, 4), np.uint8))
        move_right(tab, original, 2, 2, 12, 10)
        edited = visitor.layers(project)

        begun = correcting(visitor, project, "begin")
        assert begun["edits_aside"]
        assert (begun["history"]["undo"], begun["history"]["done"]) == (None, [])
        for name in ("segments", "edges", "origin"):
            np.testing.assert_array_equal(visitor.layers(project)[name], original[name])
        tab.requests += 1
        tab.socket.send_json({"type": "undo", "id": tab.requests})
        assert tab.until("refused")[0]["problem"]["code"] == "nothing"  # the edits are not undone
        labels = [*before["labels"], {"name": "ear", "colour": [1, 2, 3]}]
        tab.draw("segments", 4, 4, np.full((4, 4), count, np.uint8), labels=labels)
    visitor.close(project)
    state = visitor.get(project).json()
    assert state["edits_aside"]  # also after a restart
    assert state["history"]["done"] == ["Pencil"]

    fixed = correcting(visitor, project, "finish")
    assert (fixed["correcting"], fixed["edits_aside"], fixed["unsettled"]) == (False, False, [])
    assert fixed["history"]["done"] == ["Edits before the corrections"]
    names = [label["name"] for label in fixed["labels"]]
    ear = names.index("ear")
    training, after = visitor.layers(project, "training"), visitor.layers(project)
    assert (training["segments"][4:8, 4:8] == ear).all()
    assert (after["segments"][4:8, 12:16] == ear).all()  # the copy has the new label, too
    assert (after["segments"][30:36, 40:48] == names.index(before["labels"][other]["name"])).all()
    assert after["edges"][2, 50:59].all()
    np.testing.assert_array_equal(after["marks"], edited["marks"])
    np.testing.assert_array_equal(index_of(after["origin"]) > 0, index_of(edited["origin"]) > 0)
    with visitor.tab(project) as tab:
        tab.step("undo")  # all of it is one edit
        for name in ("segments", "edges", "origin"):
            np.testing.assert_array_equal(visitor.layers(project)[name], training[name])
        tab.step("redo")
        tab.rendered(tab.revision)


def test_edits_that_no_longer_make_sense_are_named(visitor: Visitor, project: str) -> None:
    layers = visitor.layers(project)
    labels = visitor.get(project).json()["labels"]
    source = layers["segments"][2:12, 2:14]
    with visitor.tab(project) as tab:
        move_right(tab, layers, 2, 2, 12, 10)
        correcting(visitor, project, "begin")
        tab.draw("segments", 2, 2, (source + 1) % len(labels))
        fixed = correcting(visitor, project, "finish")
        (found,) = fixed["unsettled"]
        assert found["reason"] == "source"
        np.testing.assert_allclose(found["part"], (10 / 64, 2 / 48, 22 / 64, 12 / 48), atol=1e-6)
        tab.until("replaced")
        tab.step("undo")
        tab.until("state", lambda header: header["project"]["unsettled"] == [])
        assert visitor.get(project).json()["unsettled"] == []
        tab.step("redo")
        assert visitor.get(project).json()["unsettled"] == [found]
    seen = visitor.http.patch(f"/api/projects/{project}", json={"unsettled": []}).json()
    assert seen["unsettled"] == []


def test_nothing_is_lost_if_nothing_was_corrected(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        tab.draw("edges", 3, 4, np.ones((1, 5)), title="First")
        tab.draw("edges", 3, 8, np.ones((1, 5)), title="Second")
    visitor.http.post(f"/api/projects/{project}/snapshots", json={"name": "one"})
    edited = visitor.layers(project)
    correcting(visitor, project, "begin")
    left = correcting(visitor, project, "finish")
    assert left["history"]["done"] == ["First", "Second"]
    assert len(left["snapshots"]) == 1
    np.testing.assert_array_equal(visitor.layers(project)["edges"], edited["edges"])


def test_keeping_the_drawing_as_it_is_leaves_the_training_and_the_snapshots(visitor: Visitor, project: str) -> None:
    visitor.http.post(f"/api/projects/{project}/snapshots", json={"name": "one"})
    with visitor.tab(project) as tab:
        visitor.http.post(f"/api/projects/{project}/learn", json={"minutes": 0.001})
        tab.until("learning", lambda header: header["learning"]["state"] == "running")
        tab.until("learning", lambda header: header["learning"]["state"] == "idle")
        before = visitor.get(project).json()
        assert before["learning"]["step"] > 0
        for undone in (False, True):
            correcting(visitor, project, "begin")
            if undone:
                tab.draw("edges", 3, 4, np.ones((1, 5)))
                tab.step("undo")
            left = correcting(visitor, project, "finish")
            tab.until("replaced")
            for name in ("learning", "snapshots", "settings", "labels", "correcting"):
                assert left[name] == before[name], name
            assert left["history"]["done"] == []
        folder = visitor.app.state.hub.services.store.folder(project)
        assert [path.name for path in folder.glob("run-*")] == ["run-1"]
        tab.draw("edges", 3, 4, np.ones((1, 5)))
        tab.rendered(tab.revision)  # edits are rendered again


def test_training_goes_on_if_the_drawing_cannot_be_replaced(visitor: Visitor, project: str) -> None:
    reader = visitor.app.state.hub.services.reader
    run = reader.run

    async def refusing(job: Job[Any]) -> Any:
        if isinstance(job, CreateRun):
            raise RefusalError(507, "full", "the disk is full")
        return await run(job)

    with visitor.tab(project) as tab:
        visitor.http.post(f"/api/projects/{project}/learn", json={"minutes": 30})
        tab.until("learning", lambda header: header["learning"]["state"] == "running")
        reader.run = refusing
        try:
            again = visitor.http.put(f"/api/projects/{project}/primitive", json={"regions": 2})
            correcting(visitor, project, "begin")
            tab.draw("edges", 3, 4, np.ones((1, 5)))
            corrected = visitor.http.post(f"/api/projects/{project}/corrections/finish")
        finally:
            del reader.run
        for answer in (again, corrected):
            assert (answer.status_code, answer.json()["code"]) == (507, "full")
        after = visitor.get(project).json()
        assert after["learning"]["state"] == "running"
        assert after["correcting"]
        visitor.http.post(f"/api/projects/{project}/learn/stop")
        tab.until("learning", lambda header: header["learning"]["state"] == "idle")


def test_corrections_of_another_tab_count_until_the_end(visitor: Visitor, project: str) -> None:
    reader = visitor.app.state.hub.services.reader
    run, late = reader.run, []
    with visitor.tab(project) as tab:
        tab.draw("edges", 3, 4, np.ones((1, 5)))
        correcting(visitor, project, "begin")
        tab.draw("edges", 20, 30, np.ones((1, 9)))

        async def interrupted(job: Job[Any]) -> Any:
            """While the run is made, another correction comes in."""
            found = await run(job)
            if isinstance(job, CreateRun) and not late:
                late.append(job)
                place = {"layer": "edges", "x": 30, "y": 40, "width": 9, "height": 1}
                await asyncio.to_thread(tab.send, [place], b"\1" * 9)
                await asyncio.sleep(0.5)
            return found

        reader.run = interrupted
        try:
            correcting(visitor, project, "finish")
        finally:
            del reader.run
    assert late
    training, after = visitor.layers(project, "training"), visitor.layers(project)
    assert training["edges"][30, 20:29].all()
    assert training["edges"][40, 30:39].all()
    assert not training["edges"][4, 3:8].all()
    assert after["edges"][4, 3:8].all()
    assert len(list(visitor.app.state.hub.services.store.folder(project).glob("run-*"))) <= 2


def test_a_snapshot_of_a_larger_canvas_waits_until_nothing_is_corrected(visitor: Visitor, project: str) -> None:
    url = f"/api/projects/{project}"
    margins = {"left": 8, "top": 0, "right": 0, "bottom": 0}
    assert visitor.http.put(f"{url}/canvas", json={"margins": margins}).status_code == 200
    snapshot = visitor.http.post(f"{url}/snapshots", json={"name": "wide"}).json()["snapshots"][0]["id"]
    assert visitor.http.put(f"{url}/canvas", json={"margins": dict.fromkeys(margins, 0)}).status_code == 200
    correcting(visitor, project, "begin")
    refused = visitor.http.post(f"{url}/snapshots/{snapshot}/restore")
    assert refused.status_code == 409
    assert "keep or discard the corrections" in refused.text
    correcting(visitor, project, "cancel")
    assert visitor.http.post(f"{url}/snapshots/{snapshot}/restore").status_code == 200
