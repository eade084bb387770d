"""Objects on the server: kept with the drawing, its history, its snapshots and its files, in sync with every tab."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from primage.errors import RunError
from primage.http.errors import RefusalError
from primage.studio.drawing import Drawing
from primage.studio.objects import Content, Kept, Objects, PlacedObject, Stack
from primage.studio.project.canvas import Canvas, check_drawing
from tests.studio.project.test_history import blank, edit, record
from tests.studio.visitor import Tab, Visitor, unpack

CUP, SKY, BELOW = "c" * 16, "5" * 16, "b" * 16
STILL = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


def kept(one: str, value: int = 1, mask: int = 1) -> Kept:
    content = Content(id=one, x=2, y=1, width=3, height=2, layers=("segments", "edges"))
    return Kept(content, bytes([mask] * 6 + [value] * 6 + [0] * 6))


def placed(content: str = CUP, dx: float = 0.0, **others: Any) -> PlacedObject:
    return PlacedObject(id="a" * 16, name="Cup", content=content, matrix=(*STILL[:4], dx, 0.0), **others)


def put(canvas: Canvas, objects: Objects, *contents: Kept, merge: bool = False) -> None:
    stack = canvas.drawing.stack.changed(objects, {one.content.id: one for one in contents})
    canvas.edit("Move", (), memoryview(b""), None, 2, merge, stack=stack)


def test_objects_are_undone_redone_and_found_again(tmp_path: Path) -> None:
    canvas = Canvas.fresh(tmp_path, blank(), 0, 1)
    put(canvas, Objects(placed=(placed(),), below=BELOW), kept(CUP), kept(BELOW, 0))
    put(canvas, Objects(placed=(placed(dx=2.5),), below=BELOW))
    put(canvas, Objects(placed=(placed(SKY),)), kept(SKY, 0))
    put(canvas, Objects())
    row = [canvas.drawing.stack]
    for _ in range(4):
        canvas.save()
        canvas = Canvas.load(tmp_path, record())
        canvas.undo_redo("undo")
        row.insert(0, canvas.drawing.stack)
    assert [stack.objects.contents() for stack in row] == [set(), {CUP, BELOW}, {CUP, BELOW}, {SKY}, set()]
    assert row[2].objects.placed[0].matrix[4] == 2.5
    assert row[2].contents[BELOW] == kept(BELOW, 0)
    for stack in row[1:]:
        canvas.undo_redo("redo")
        assert canvas.drawing.stack == stack


def test_steps_of_one_drag_are_undone_together(tmp_path: Path) -> None:
    canvas = Canvas.fresh(tmp_path, blank(), 0, 1)
    put(canvas, Objects(placed=(placed(),), below=BELOW), kept(CUP), kept(BELOW))
    edit(canvas, "edges", (0, 0, 2, 2), 1)
    put(canvas, Objects(placed=(placed(dx=1),), below=SKY), kept(SKY), merge=True)
    put(canvas, Objects(placed=(placed(dx=2),), below=BELOW), kept(BELOW), merge=True)
    assert canvas.history.done == 2
    change = canvas.undo_redo("undo")
    assert change.objects is not None
    assert change.objects.placed[0].matrix[4] == 0
    assert change.contents == ()  # the tab has them
    assert set(canvas.drawing.stack.contents) == {CUP, BELOW}
    assert canvas.undo_redo("redo").objects == Objects(placed=(placed(dx=2),), below=BELOW)


def test_a_moved_object_adds_few_bytes_to_the_history(tmp_path: Path) -> None:
    canvas = Canvas.fresh(tmp_path, blank(), 0, 1)
    noise = np.random.default_rng(0).integers(0, 2, 3 * 64 * 64).astype(np.uint8).tobytes()
    content = Content(id=CUP, x=0, y=0, width=64, height=64, layers=("segments", "edges"))
    put(canvas, Objects(placed=(placed(),)), Kept(content, noise))
    before = (tmp_path / "history.bin").stat().st_size
    put(canvas, Objects(placed=(placed(dx=1),)))
    assert (tmp_path / "history.bin").stat().st_size - before < 1000 < before


def test_contents_that_do_not_fit_are_refused() -> None:
    drawing, one = blank(), Objects(placed=(placed(),))
    for content, pixels, why in [
        (kept(CUP).content, b"\x01" * 17, "pixels are missing"),
        (kept(CUP).content.model_copy(update={"layers": ("colours",)}), b"\x01" * 24, "no layer 'colours'"),
        (kept(SKY).content, kept(SKY).pixels, "missing from the message"),
        (kept(CUP).content, kept(CUP, mask=2).pixels, "mask"),
        (kept(CUP).content, kept(CUP, 2).pixels, "unknown label"),
    ]:
        with pytest.raises(RefusalError, match=why):
            drawing.received(one, (content,), memoryview(pixels), 2)
    stack, rest = drawing.received(one, (kept(CUP).content,), memoryview(b"abc" + kept(CUP).pixels), 2)
    assert stack == Stack(one, {CUP: kept(CUP)})
    assert bytes(rest) == b"abc"
    assert drawing.received(None, (), memoryview(b"abc"), 2) == (None, b"abc")


def test_damaged_objects_of_a_file_are_reported() -> None:
    drawing = blank()
    drawing.stack = Stack(Objects(placed=(placed(),)), {CUP: kept(CUP)})
    again, _ = Drawing.parse(drawing.dump({}))
    assert again.stack == drawing.stack
    check_drawing(again, record())
    with pytest.raises(RunError, match="damaged"):
        Drawing.parse(drawing.dump({}).replace(b'"content": "cccc', b'"content": "dddd'))
    drawing.stack = Stack(drawing.stack.objects, {CUP: kept(CUP, 7)})
    with pytest.raises(RunError, match="in its objects"):
        check_drawing(drawing, record())


def described(objects: Objects | None = None, *contents: Kept) -> dict[str, Any]:
    given = Objects(placed=(placed(),), below=BELOW) if objects is None else objects
    return {"objects": given.model_dump(), "contents": [one.content.model_dump() for one in contents]}


def send(tab: Tab, objects: Objects | None = None, *contents: Kept, **others: Any) -> int:
    pixels = b"".join(one.pixels for one in contents)
    return tab.send([], pixels, **(described(objects, *contents) | others))


def listed(visitor: Visitor, project: str) -> dict[str, Any]:
    header, _ = unpack(visitor.get(project, "/layers").content)
    return header


def test_all_tabs_have_the_same_objects(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as one, visitor.tab(project) as two:
        send(one, None, kept(CUP, 0), kept(BELOW, 0), title="Move")
        one.until("accepted")
        header, pixels = two.until("changed")
        assert header["objects"]["placed"][0]["name"] == "Cup"
        assert {content["id"] for content in header["contents"]} == {CUP, BELOW}
        assert len(pixels) == 2 * len(kept(CUP).pixels)
        # The other tab has not seen the next move when it changes the objects, too.
        stale = two.revision
        send(one, Objects(placed=(placed(dx=1),), below=BELOW))
        one.until("accepted")
        send(two, Objects(placed=(placed(dx=2),), below=BELOW), base=stale)
        refused, _ = two.until("refused")
        assert refused["problem"]["code"] == "superseded"
        # Several moves of one tab need not wait for answers.
        for dx in (3.0, 4.0):
            send(one, Objects(placed=(placed(dx=dx),), below=BELOW), base=stale)
        one.until("accepted")
        one.until("accepted")
        undone, _ = one.step("undo")
        assert undone["objects"]["placed"][0]["matrix"][4] == 3
    assert listed(visitor, project)["objects"]["placed"][0]["matrix"][4] == 3


def test_objects_belong_to_snapshots_and_exports_and_are_merged_by_an_opened_file(
    visitor: Visitor, project: str
) -> None:
    with visitor.tab(project) as tab:
        send(tab, None, kept(CUP, 0), kept(BELOW, 0))
        tab.until("accepted")
        answer = visitor.http.post(f"/api/projects/{project}/snapshots", json={"name": "with a cup"})
        snapshot = answer.json()["snapshots"][0]["id"] if "snapshots" in answer.json() else answer.json()["id"]
        content = visitor.get(project, "/export/project.zip").content
        copy = visitor.http.post("/api/projects/import", content=content).json()["id"]
        assert listed(visitor, copy)["objects"] == listed(visitor, project)["objects"]
        visitor.http.delete(f"/api/projects/{copy}")
        drawing = visitor.get(project, "/export/primitive.png").content
        tab.draw("edges", 3, 3, np.ones((4, 9)))
        visitor.open_drawing(project, drawing)
        assert listed(visitor, project)["objects"]["placed"] == []
        visitor.http.post(f"/api/projects/{project}/snapshots/{snapshot}/restore")
        assert listed(visitor, project)["objects"]["placed"][0]["content"] == CUP
