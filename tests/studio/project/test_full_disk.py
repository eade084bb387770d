"""A disk that becomes full at any write, fsync or rename loses only the refused edit."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from primage.errors import PrimageError
from primage.studio.errors import RefusalError
from primage.studio.project import history
from primage.studio.project.canvas import Canvas
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
            done = True  # the disk became full while the history was compacted, if at all
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
    assert file.stat().st_size < 4000
    canvas.save()
    canvas = Canvas.load(tmp_path / "project", record())
    assert canvas.state().done == ("Edit",) * 3
    end = look(canvas.drawing)
    assert walk(canvas) == [*looks[:3], end]


def test_a_step_that_cannot_be_read_changes_nothing(tmp_path: Path) -> None:
    canvas, looks = prepared(tmp_path / "project", 0)
    file = tmp_path / "project" / "history.bin"
    whole = file.read_bytes()
    file.write_bytes(whole[:-10] + bytes(10))
    with pytest.raises(PrimageError, match="damaged"):
        canvas.undo_redo("undo")
    file.write_bytes(whole)
    assert walk(canvas) == looks


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
