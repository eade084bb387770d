from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from primage.errors import RunError
from primage.files import atomic_path
from primage.http.errors import RefusalError
from primage.studio.drawing import Drawing, box_of, union
from primage.studio.project.canvas import Canvas, check_drawing
from primage.studio.project.history import History
from primage.studio.project.store import ProjectRecord, Store, new_id
from primage.studio.schemas import ExtractSettings, Label, Patch, Rectangle, Size
from primage.studio.wire import pack, unpack

SIZE = (6, 9)


def blank() -> Drawing:
    return Drawing({name: np.zeros(SIZE, np.uint8) for name in ("segments", "edges", "marks", "sources")})


def record(**others: object) -> ProjectRecord:
    data: dict[str, object] = {
        "id": "0123456789abcdef",
        "name": "x",
        "created": 1.0,
        "updated": 1.0,
        "photo": Size(width=9, height=6),
        "size": Size(width=9, height=6),
        "settings": ExtractSettings(),
        "labels": (Label(name="a", colour=(0, 0, 0)), Label(name="b", colour=(9, 9, 9))),
        "line_colour": (0, 0, 0),
    }
    return ProjectRecord.model_validate(data | others)


def edit(canvas: Canvas, layer: str, box: tuple[int, int, int, int], value: int, merge: bool = False) -> None:
    x, y, width, height = box
    patch = Patch.model_validate({"layer": layer, "x": x, "y": y, "width": width, "height": height})
    canvas.edit("Edit", (patch,), memoryview(bytes([value] * width * height)), None, 2, merge)


def look(drawing: Drawing) -> bytes:
    return b"".join(layer.tobytes() for layer in drawing.layers.values())


boxes = st.tuples(st.integers(0, 8), st.integers(0, 5), st.integers(1, 9), st.integers(1, 6)).map(
    lambda b: (b[0], b[1], min(b[2], 9 - b[0]), min(b[3], 6 - b[1]))
)
actions = st.one_of(
    st.tuples(st.sampled_from(["segments", "edges", "marks"]), boxes, st.integers(0, 1), st.booleans()),
    st.sampled_from(["undo", "redo", "reload", "crash"]),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(actions, max_size=25))
def test_undo_and_redo_walk_through_a_sequence_of_drawings(tmp_path: Path, steps: list[object]) -> None:
    folder = tmp_path / new_id()
    folder.mkdir()
    canvas = Canvas.fresh(folder, blank(), 0, 1)
    row, at = [look(blank())], 0
    for step in steps:
        if isinstance(step, tuple):
            layer, box, value, merge = step
            merge = merge and at == len(row) - 1 and at > 0
            edit(canvas, layer, box, value, merge)
            at += not merge
            row[at:] = [look(canvas.drawing)]
        elif step in ("reload", "crash"):
            if step == "reload":
                canvas.save()
            canvas = Canvas.load(folder, record())
            at = canvas.history.done if step == "crash" else at
        elif step == "undo" and at > 0:
            canvas.undo_redo("undo")
            at -= 1
        elif step == "redo" and at < len(row) - 1:
            canvas.undo_redo("redo")
            at += 1
        else:
            with pytest.raises(RefusalError, match="nothing to"):
                canvas.undo_redo(step)  # type: ignore[arg-type]
        if step == "crash":
            # What was not saved may be a step behind within a stroke; redo and undo put it right.
            while canvas.history.done:
                canvas.undo_redo("undo")
            at = 0
        assert look(canvas.drawing) == row[at]
        assert canvas.history.done == at


def test_a_truncated_history_keeps_its_complete_entries(tmp_path: Path) -> None:
    canvas = Canvas.fresh(tmp_path, blank(), 0, 1)
    for value in (1, 0, 1):
        edit(canvas, "edges", (1, 1, 3, 2), value)
    file = tmp_path / "history.bin"
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        assert len(History(file, 3).titles(40)[0]) == History(file, 3).done < 3
    file.write_bytes(whole[:-1])
    assert History(file, 2).last() is not None
    file.write_bytes(whole[:20] + b"\x00" * (len(whole) - 20))
    assert History(file, 3).done == 0


def test_a_damaged_body_is_reported(tmp_path: Path) -> None:
    canvas = Canvas.fresh(tmp_path, blank(), 0, 1)
    edit(canvas, "edges", (0, 0, 9, 6), 1)
    file = tmp_path / "history.bin"
    content = bytearray(file.read_bytes())
    content[-10:] = bytes(10)
    file.write_bytes(bytes(content))
    with pytest.raises(RunError, match="damaged"):
        canvas.undo_redo("undo")


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff\xff\xff\xff", b"\x02\x00\x00\x00{}", b"\x02\x00\x00\x00[]abc"])
def test_no_drawing(data: bytes) -> None:
    with pytest.raises(RunError, match="damaged"):
        Drawing.parse(data)


def test_a_drawing_goes_to_bytes_and_back() -> None:
    drawing = blank()
    drawing.layers["colours"] = np.arange(6 * 9 * 3, dtype=np.uint8).reshape(6, 9, 3)
    again, meta = Drawing.parse(drawing.dump({"done": 3}))
    assert meta == {"done": 3}
    assert look(again) == look(drawing)
    grown = drawing.dump({}).replace(b"[6, 9, 3]", b"[6, 9, 9]")
    with pytest.raises(RunError):
        Drawing.parse(grown)


def test_drawings_that_do_not_fit_their_project() -> None:
    check_drawing(blank(), record())
    wrong = blank()
    wrong.layers["segments"] += 2
    more = blank()
    more.layers["colours"] = np.zeros((6, 9, 3), np.uint8)
    flat = blank()
    flat.layers["edges"] = np.zeros((6, 9, 3), np.uint8)
    for drawing in (wrong, more, flat):
        with pytest.raises(RunError):
            check_drawing(drawing, record())
    with pytest.raises(RunError):
        check_drawing(blank(), record(size=Size(width=6, height=9)))


def test_boxes() -> None:
    mask = np.zeros(SIZE, bool)
    assert box_of(mask) is None
    mask[2, 3] = mask[4, 7] = True
    assert box_of(mask) == Rectangle(x=3, y=2, width=5, height=3)
    patches = [Patch(layer="edges", x=1, y=2, width=3, height=1), Patch(layer="edges", x=5, y=0, width=2, height=9)]
    assert union(patches) == (Patch(layer="edges", x=1, y=0, width=6, height=9),)


def test_frames() -> None:
    box = Rectangle(x=1, y=2, width=3, height=4)
    header, pixels = unpack(pack(box, [b"ab", np.array([[1, 2]], np.uint8)]))
    assert Rectangle.model_validate_json(header) == box
    assert bytes(pixels) == b"ab\x01\x02"


def interrupt(path: Path) -> None:
    """Leave the scratch file of a process that was killed while writing a file."""
    with contextlib.suppress(InterruptedError), atomic_path(path) as scratch:
        raise InterruptedError
    scratch.write_bytes(b"half")


def test_a_sweep_leaves_the_files_of_others(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, folder = store.make_folder()
    store.write(record(id=first))
    (tmp_path / "holiday" / "snapshots").mkdir(parents=True)
    for name in ("0123456789abcdef", "fedcba9876543210"):  # a person's folders may have the names of projects
        (tmp_path / name).mkdir()
    (tmp_path / "fedcba9876543210" / "snapshots").mkdir()
    others = [
        tmp_path / "0123456789abcdef" / "original",
        tmp_path / "fedcba9876543210" / "original.raw",
        tmp_path / "holiday" / ".film.mkv.partial",
        tmp_path / "holiday" / ".project.json.0123456789abcdef.partial",
        tmp_path / "holiday" / "snapshots" / ".film.0123456789abcdef.partial",
        folder / ".film.mkv.partial",
        folder / "snapshots" / ".film.mkv.partial",
        tmp_path / ".upload-me-later",
        tmp_path / ".gone-fishing",
    ]
    for path in others:
        path.write_bytes(b"mine")
    store.sweep()
    assert all(path.exists() for path in others)


def test_a_store_limits_the_projects_and_deletes_incomplete_ones(tmp_path: Path) -> None:
    store = Store(tmp_path / "projects", max_projects=2)
    first, folder = store.make_folder()
    store.write(record(id=first))
    store.make_folder()
    with pytest.raises(RefusalError, match="2 projects already"):
        store.make_folder()
    for name in ("project.json", "history.bin", "thumbnail.png", "snapshots/0123456789abcdef.png"):
        interrupt(folder / name)
    for name in (f".upload-{first}", f".export-{first}.zip"):
        (store.root / name).write_bytes(b"x")
    (store.root / f".gone-{first}-1700000000").mkdir()
    store.sweep()
    assert not [*store.root.rglob("*.partial")]
    assert [path.name for path in store.root.iterdir()] == [first]
    assert [found.id for found in store.list()] == [first]
    with pytest.raises(RefusalError):
        store.folder("../x")
    (folder / "project.json").write_text("{}")
    assert store.list() == []
    with pytest.raises(RunError, match="cannot be read"):
        store.read(first)
    with pytest.raises(RefusalError, match="more than 0 GB"):
        Store(store.root, max_bytes=0).make_folder()
    store.delete(first)
    assert not folder.exists()
