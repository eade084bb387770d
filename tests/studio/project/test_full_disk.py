"""A disk that becomes full at any write, fsync or rename loses only the refused edit."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from primage.errors import PrimageError
from primage.files import write_atomically
from primage.http.errors import RefusalError
from primage.studio.project import canvas as canvas_module
from primage.studio.project import history, store
from primage.studio.project.canvas import Canvas
from primage.studio.project.history import History
from primage.studio.project.store import Store
from tests.studio.project.test_history import blank, edit, look, record
from tests.studio.visitor import Visitor

_FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FullDisk:
    """Allows a number of writes, fsyncs and renames; all later ones fail halfway."""

    def __init__(self, room: int) -> None:
        self.room = room

    def take(self) -> None:
        if self.room <= 0:
            self.room = -1
            raise _FULL
        self.room -= 1

    @contextmanager
    def mounted(self) -> Iterator[None]:
        path_open, path_replace, fsync, write_bytes = Path.open, Path.replace, os.fsync, Path.write_bytes
        disk = self

        class File:
            def __init__(self, file: Any) -> None:
                self._file = file

            def write(self, data: bytes) -> int:
                try:
                    disk.take()
                except OSError:
                    self._file.write(data[: len(data) // 2])
                    raise
                return int(self._file.write(data))

            def __getattr__(self, name: str) -> Any:
                return getattr(self._file, name)

            def __enter__(self) -> File:
                return self

            def __exit__(self, *_: object) -> None:
                self._file.close()

        def opened(path: Path, mode: str = "r", *args: Any, **others: Any) -> Any:
            file = path_open(path, mode, *args, **others)
            return file if mode in ("r", "rb") else File(file)

        def replaced(path: Path, target: Path) -> Path:
            disk.take()
            return path_replace(path, target)

        def synced(number: int) -> None:
            disk.take()
            fsync(number)

        def written(path: Path, data: bytes) -> int:
            with path.open("wb") as file:
                return int(file.write(data))

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "open", opened)
            patch.setattr(Path, "replace", replaced)
            patch.setattr(Path, "write_bytes", written)
            patch.setattr(os, "fsync", synced)
            yield
        assert Path.write_bytes is write_bytes


def prepared(folder: Path, undone: int) -> tuple[Canvas, list[bytes]]:
    """Three edits on disk, the last of them undone, and what the drawing looks like after each."""
    folder.mkdir()
    canvas = Canvas.fresh(folder, blank(), 0, 1)
    looks = [look(canvas.drawing)]
    for number, layer in enumerate(("edges", "segments", "marks")):
        edit(canvas, layer, (number, 1, 5, 3), 1)
        looks.append(look(canvas.drawing))
    for _ in range(undone):
        canvas.undo_redo("undo")
    canvas.save()
    return canvas, looks


def walk(canvas: Canvas) -> list[bytes]:
    """What the drawing looks like from its first state to its last, by undo and redo."""
    while canvas.history.done:
        canvas.undo_redo("undo")
    looks = [look(canvas.drawing)]
    while canvas.history.can_redo:
        canvas.undo_redo("redo")
        looks.append(look(canvas.drawing))
    return looks


@pytest.mark.parametrize("restarted", [False, True], ids=["going on", "after a restart"])
@pytest.mark.parametrize("merge", [False, True], ids=["append", "replace_last"])
@pytest.mark.parametrize("undone", [0, 1])
def test_a_full_disk_loses_only_the_refused_edit(
    tmp_path: Path, undone: int, merge: bool, restarted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "_MIN_GARBAGE_BYTES", 0)  # so that the file is compacted, too
    refused = 0
    for room in range(20):
        folder = tmp_path / str(room)
        canvas, looks = prepared(folder, undone)
        disk = FullDisk(room)
        try:
            with disk.mounted():
                edit(canvas, "edges", (0, 0, 9, 6), 1, merge)
            done = True
        except RefusalError:
            done = False
            refused += 1
        if done:
            looks[len(looks) - undone - (merge and not undone) :] = [look(canvas.drawing)]
        assert look(canvas.drawing) == looks[canvas.history.done]
        if restarted:
            if done:
                canvas.save()
            canvas = Canvas.load(folder, record())
        assert walk(canvas) == looks
        # There is room again.
        canvas.undo_redo("undo")
        edit(canvas, "marks", (0, 0, 9, 6), 1)
        assert canvas.state().undo == "Edit"
        assert [path.name for path in folder.iterdir() if path.suffix == ".partial"] == []
        if disk.room > 0:
            break
    assert disk.room > 0, "there was always something to write"
    assert refused > 0


def test_a_full_disk_while_saving_leaves_the_drawing_saved_before(tmp_path: Path) -> None:
    for room in range(3):
        folder = tmp_path / str(room)
        canvas, looks = prepared(folder, 0)
        canvas.undo_redo("undo")
        with FullDisk(room).mounted(), pytest.raises(OSError, match="space"):
            canvas.save()
        assert not canvas.saved
        assert look(Canvas.load(folder, record()).drawing) == looks[3]


def test_replaced_entries_are_removed_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_MIN_GARBAGE_BYTES", 1000)
    canvas, looks = prepared(tmp_path / "project", 0)
    file = tmp_path / "project" / "history.bin"
    for number in range(200):
        edit(canvas, "edges", (number % 9, 0, 1, 6), 1, merge=True)
    canvas.save()
    assert file.stat().st_size > 10_000
    canvas = Canvas.load(tmp_path / "project", record())
    assert file.stat().st_size < 1000
    assert canvas.state().done == ("Edit",) * 3
    end = look(canvas.drawing)
    assert walk(canvas) == [*looks[:3], end]


def test_an_edit_leaves_the_file_as_long_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_MIN_GARBAGE_BYTES", 0)
    canvas, _ = prepared(tmp_path / "project", 0)
    file = tmp_path / "project" / "history.bin"
    for _ in range(20):  # on the event loop, where rewriting a long history would delay everybody
        length = file.stat().st_size
        edit(canvas, "edges", (0, 0, 1, 6), 1, merge=True)
        assert file.stat().st_size > length


def test_a_history_that_cannot_be_compacted_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(history, "_MIN_GARBAGE_BYTES", 0)
    for room in range(20):
        folder = tmp_path / str(room)
        canvas, looks = prepared(folder, 1)
        for number in range(9):
            edit(canvas, "edges", (number, 0, 1, 6), 1, merge=number > 0)
        canvas.save()
        looks[3:] = [look(canvas.drawing)]
        disk = FullDisk(room)
        with disk.mounted():
            canvas.history.compact()
        assert walk(canvas) == walk(Canvas.load(folder, record())) == looks
        assert [path.name for path in folder.iterdir() if path.suffix == ".partial"] == []
        if disk.room > 0:
            break
    assert "cannot be compacted" in caplog.text
    assert disk.room > 0, "there was always something to write"


def test_a_damaged_history_is_not_compacted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(history, "_MIN_GARBAGE_BYTES", 0)
    canvas, _ = prepared(tmp_path / "project", 0)
    for _ in range(20):
        edit(canvas, "edges", (0, 0, 1, 6), 1, merge=True)
    file = tmp_path / "project" / "history.bin"
    content = bytearray(file.read_bytes())
    content[8:10] = b"xx"  # in the first header
    file.write_bytes(content)
    canvas.history.compact()
    assert "cannot be compacted" in caplog.text
    assert file.read_bytes() == content


@pytest.mark.parametrize("merge", [False, True], ids=["append", "replace_last"])
def test_an_entry_that_was_replaced_does_not_return_after_a_power_failure(
    tmp_path: Path, merge: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    canvas, looks = prepared(tmp_path / "project", int(not merge))
    file = tmp_path / "project" / "history.bin"
    on_disk = [file.read_bytes()]
    flush = History.flush

    def flushed(self: History) -> None:
        flush(self)
        on_disk.append(file.read_bytes())

    monkeypatch.setattr(History, "flush", flushed)
    edit(canvas, "edges", (0, 3, 2, 2), 1, merge)
    looks[3:] = [look(canvas.drawing)]
    canvas.save(durable=False)
    file.write_bytes(on_disk[-1])  # the power fails: only what was flushed is left of it
    canvas = Canvas.load(tmp_path / "project", record())
    assert look(canvas.drawing) == looks[3]
    assert walk(canvas) == looks


def test_a_step_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    canvas, looks = prepared(tmp_path / "project", 0)
    file = tmp_path / "project" / "history.bin"
    whole = file.read_bytes()
    file.write_bytes(whole[:-10] + bytes(10))
    with pytest.raises(PrimageError, match="damaged"):
        canvas.undo_redo("undo")
    file.write_bytes(whole)
    assert walk(canvas) == looks


def test_labels_that_could_not_be_saved_are_saved_when_the_project_is_closed(
    visitor: Visitor, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise _FULL

    labels = [{"name": "part", "colour": [1, 2, 3]}] * len(visitor.get(project).json()["labels"])
    with visitor.tab(project) as tab, monkeypatch.context() as patch:
        patch.setattr(Store, "write", full)
        tab.send([], b"", labels=labels, title="Rename")
        assert tab.until("failure")[0]["problem"]["code"] == "full"
    visitor.close(project)
    assert visitor.get(project).json()["labels"] == labels


@pytest.mark.parametrize("file", ["project.json", "drawing.bin"])
def test_a_drawing_that_is_replaced_on_a_full_disk_leaves_a_project_that_works(
    visitor: Visitor, project: str, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nearly_full(path: Path, *others: Any) -> None:
        if path.name == file:
            raise _FULL
        write_atomically(path, *others)

    url = f"/api/projects/{project}"
    folder = visitor.app.state.hub.services.store.folder(project)
    with visitor.tab(project) as tab:
        tab.until("state", lambda header: header["project"]["model"] is not None)
        tab.draw("edges", 3, 4, np.ones((1, 5)))
        snapshot = visitor.http.post(f"{url}/snapshots", json={"name": "one"}).json()["snapshots"][0]["id"]
        before = visitor.layers(project)
        with monkeypatch.context() as patch:
            for module in (store, canvas_module):
                patch.setattr(module, "write_atomically", nearly_full)
            answer = visitor.http.put(f"{url}/primitive", json={"kind": "edges"})
        if file == "project.json":  # nothing has changed
            assert (answer.status_code, answer.json()["code"]) == (507, "full")
            layers, undo, snapshots, model = (
                ["segments", "edges", "marks", "sources", "origin"],
                "Pencil",
                [snapshot],
                True,
            )
        else:
            assert answer.status_code == 200, answer.text
            assert tab.until("failure")[0]["problem"]["code"] == "full"
            layers = ["edges", "marks", "sources", "origin"]
            undo, snapshots, model = None, [], False
        for reopened in (False, True):
            if reopened:
                visitor.close(project)
            state = visitor.get(project).json()
            assert [layer["name"] for layer in state["layers"]] == list(visitor.layers(project)) == layers
            assert (state["history"]["undo"], state["history"]["redo"]) == (undo, None)
            assert [entry["id"] for entry in state["snapshots"]] == snapshots
            assert {path.stem for path in (folder / "snapshots").iterdir()} == set(snapshots)
            if model and not reopened:
                assert state["model"] is not None
            if file == "project.json":
                for name, layer in visitor.layers(project).items():
                    np.testing.assert_array_equal(layer, before[name])


def test_a_project_that_cannot_be_written_says_so_and_stays_as_it_is(visitor: Visitor, project: str) -> None:
    with FullDisk(0).mounted():
        answer = visitor.http.patch(f"/api/projects/{project}", json={"name": "Another name"})
    assert (answer.status_code, answer.json()["code"]) == (507, "full")
    assert visitor.get(project).json()["name"] == "photo"
    with visitor.tab(project) as tab:
        labels = [{"name": "part", "colour": [1, 2, 3]}] * len(visitor.get(project).json()["labels"])
        with FullDisk(0).mounted():
            tab.send([], b"", labels=labels, title="Rename")
            assert tab.until("refused")[0]["problem"]["code"] == "full"
        assert visitor.get(project).json()["labels"] != labels
        number = tab.send([], b"", labels=labels, title="Rename")
        tab.until("accepted", lambda header: header["id"] == number)
        assert visitor.get(project).json()["labels"] == labels
