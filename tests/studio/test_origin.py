"""The origin in the studio: on the wire, in files, in two tabs, in projects of earlier versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from primage.errors import RunError
from primage.http.errors import RefusalError
from primage.origin.files import read_origin
from primage.origin.plane import DRAWN, FIRST, REMOVED, UNMOVED
from primage.origin.transforms import Piece
from primage.studio import drawing as drawings
from primage.studio.drawing import Drawing, Pixels
from primage.studio.origin import index_of, layer_of, renumbered
from primage.studio.project.canvas import Canvas
from primage.studio.schemas import Patch
from primage.studio.workers.loaded_model import origin_of
from tests.studio.project.test_history import SIZE, blank, record
from tests.studio.visitor import Tab, Visitor, unpack


def moved(x: float) -> dict[str, Any]:
    return {"transforms": [{"kind": "affine", "matrix": [1, 0, 0, 1, x, 0]}]}


def piece(x: float) -> Piece:
    return Piece.model_validate(moved(x))


SPLINE = {
    "kind": "spline",
    "points": [[0, 0], [1, 0], [0, 1], [0.5, 0.5]],
    "sources": [[0, 0], [1, 0], [0, 1], [0.4, 0.5]],
    "aspect": 1.5,
}
WHOLE = {"x": 0, "y": 0, "width": 9, "height": 6, "layer": "origin"}


def started(folder: Path) -> Canvas:
    drawing = blank()
    drawing.layers["origin"] = layer_of(np.zeros(SIZE, np.uint16))
    return Canvas.fresh(folder, drawing, 0, 1)


def put(canvas: Canvas, index: np.ndarray, *pieces: Piece, merge: bool = False) -> None:
    patch = Patch.model_validate(WHOLE)
    canvas.edit("Move", (patch,), memoryview(index.astype("<u2").tobytes()), None, 2, merge, pieces)


def sources(drawing: Drawing) -> dict[int, Piece | None]:
    """For each value in use what it means."""
    used = np.unique(index_of(drawing.layers["origin"]))
    return {int(value): drawing.pieces[value - FIRST] if value >= FIRST else None for value in used}


def test_renumbering_appends_what_is_missing_and_nothing_else() -> None:
    index = np.array([[UNMOVED, DRAWN, FIRST, FIRST + 2, REMOVED]], np.uint16)
    new, pieces = renumbered(index, (piece(0.1), piece(0.2), piece(0.3)), (piece(0.3), piece(0.4)))
    assert pieces == (piece(0.3), piece(0.4), piece(0.1))
    assert new.tolist() == [[UNMOVED, DRAWN, FIRST + 2, FIRST, REMOVED]]


def test_too_many_pieces_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(drawings, "MAX_PIECES", 2)
    canvas = started(tmp_path)
    with pytest.raises(RefusalError, match="at most 2 pieces"):
        put(canvas, np.full(SIZE, FIRST + 2), piece(0.1), piece(0.2), piece(0.3))
    assert canvas.history.done == 0


def test_undo_redo_and_reloading_keep_the_pieces(tmp_path: Path) -> None:
    canvas = started(tmp_path)
    index = np.zeros(SIZE, np.uint16)
    index[:3] = FIRST
    put(canvas, index, piece(0.1))
    index[:3] = 0
    index[3:] = FIRST  # the first piece of this message
    put(canvas, index, piece(0.2))
    assert sources(canvas.drawing) == {UNMOVED: None, FIRST: piece(0.2)}
    canvas.save()
    canvas = Canvas.load(tmp_path, record())
    assert sources(canvas.drawing) == {UNMOVED: None, FIRST: piece(0.2)}
    canvas.undo_redo("undo")
    assert sources(canvas.drawing) == {UNMOVED: None, FIRST: piece(0.1)}
    assert index_of(canvas.drawing.layers["origin"])[:3].all()
    change = canvas.undo_redo("undo")
    assert sources(canvas.drawing) == {UNMOVED: None}
    assert (canvas.drawing.pieces, change.pixels.pieces) == ((), ())
    canvas.undo_redo("redo")
    assert sources(canvas.drawing) == {UNMOVED: None, FIRST: piece(0.1)}


def test_a_merged_step_keeps_the_pieces_of_both(tmp_path: Path) -> None:
    canvas = started(tmp_path)
    index = np.zeros(SIZE, np.uint16)
    index[0] = FIRST
    put(canvas, index, piece(0.1))
    box = Patch(layer="origin", x=0, y=5, width=9, height=1)
    canvas.edit("Move", (box,), memoryview(np.full(9, FIRST, "<u2").tobytes()), None, 2, True, (piece(0.2),))
    assert canvas.history.done == 1
    canvas.undo_redo("undo")
    assert sources(canvas.drawing) == {UNMOVED: None}
    canvas.undo_redo("redo")
    assert sources(canvas.drawing) == {UNMOVED: None, FIRST: piece(0.1), FIRST + 1: piece(0.2)}


def test_the_same_number_of_another_piece_is_a_difference() -> None:
    drawings = []
    for x in (0.1, 0.2):
        drawing = Drawing({"edges": np.zeros(SIZE, np.uint8), "origin": layer_of(np.full(SIZE, FIRST, np.uint16))})
        drawing.pieces = (piece(x),)
        drawings.append(drawing)
    assert [patch.layer for patch in drawings[0].difference(drawings[1])] == ["origin"]
    assert not drawings[0].difference(drawings[0].copy())


def test_damaged_files(tmp_path: Path) -> None:
    drawing = Drawing({"origin": layer_of(np.full(SIZE, FIRST, np.uint16))}, (piece(0.1),))
    data = drawing.dump({})
    assert Drawing.parse(data)[0].pieces == (piece(0.1),)
    for old, new in ((b"affine", b"affinE"), (b"matrix", b"matriX"), (b"0.1", b"1e9"), (b'"pieces"', b'"piecez"')):
        with pytest.raises(RunError, match="damaged"):
            Drawing.parse(data.replace(old, new))
    with pytest.raises(RunError, match="damaged"):
        Drawing.parse(Drawing({"origin": layer_of(np.full(SIZE, FIRST + 1, np.uint16))}, (piece(0.1),)).dump({}))
    canvas = started(tmp_path)
    put(canvas, np.full(SIZE, FIRST), piece(0.1))
    file = tmp_path / "history.bin"
    # An entry whose pixels have a piece that it does not list.
    content = file.read_bytes()
    text = b'"pieces_after":[{"transforms":[{"kind":"affine","matrix":[1.0,0.0,0.0,1.0,0.1,0.0]}]}]'
    assert text in content
    file.write_bytes(content.replace(text, b'"pieces_after":[' + b" " * (len(text) - 17) + b"]"))
    canvas.undo_redo("undo")
    with pytest.raises(RunError, match="damaged"):
        canvas.undo_redo("redo")


@pytest.mark.parametrize(
    "changes",
    [
        {"points": [[0, 0], [1, 0]], "sources": [[0, 0], [1, 0]]},
        {"sources": [[0, 0]]},
        {"points": [[0, 0], [0.1, 0.1], [0.2, 0.2], [1, 1]]},
        {"points": [[0, 0], [0, 0], [0, 1], [1, 1]]},
        {"aspect": 0},
        {"kind": "curve"},
        {"more": 1},
    ],
)
def test_splines_that_do_not_exist_are_refused(changes: dict[str, Any]) -> None:
    Piece.model_validate({"transforms": [SPLINE]})
    with pytest.raises(ValidationError):
        Piece.model_validate({"transforms": [SPLINE | changes]})


def test_an_unedited_drawing_of_an_earlier_version_is_unmoved(tmp_path: Path) -> None:
    training = started(tmp_path).drawing
    old = blank()
    old.layers["edges"][2, 3] = 1
    old.layers["marks"][0] = 1
    index = index_of(old.with_inferred_origin(training).layers["origin"])
    assert index[2, 3] == DRAWN
    assert (index == UNMOVED).sum() == index.size - 1


def test_a_drawing_edited_elsewhere_keeps_the_origin_of_what_it_has_not_changed(tmp_path: Path) -> None:
    training = started(tmp_path).drawing
    current = training.copy()
    current.layers["edges"][1] = 1
    index = np.zeros(SIZE, np.uint16)
    index[0], index[1] = FIRST, DRAWN
    current.put([Patch.model_validate(WHOLE)], Pixels([layer_of(index).tobytes()], (piece(0.1),)))
    given = Drawing({name: current.layers[name].copy() for name in ("segments", "edges")})
    given.layers["edges"][1, 4:] = 0  # as it was at first
    given.layers["edges"][5] = 1
    whole = given.continuing(current, training)
    index = index_of(whole.layers["origin"])
    assert (index[0] == FIRST).all()
    assert index[1].tolist() == [DRAWN] * 4 + [UNMOVED] * 5
    assert (index[5] == DRAWN).all()
    assert whole.pieces == current.pieces


# --- in a running studio


def move(tab: Tab, x: int, *pieces: dict[str, Any], value: int = FIRST) -> int:
    patch = {"layer": "origin", "x": x, "y": 0, "width": 2, "height": 1}
    return tab.send([patch], np.full(2, value, "<u2").tobytes(), title="Move", pieces=list(pieces))


def test_two_tabs_that_add_pieces_at_once(visitor: Visitor, project: str, tmp_path: Path) -> None:
    with visitor.tab(project) as one, visitor.tab(project) as two:
        number = move(one, 0, moved(0.25))
        one.until("accepted", lambda header: header["id"] == number)
        # The second tab has not seen that one, and both call their piece the first.
        number = move(two, 4, moved(0.5))
        two.until("changed", lambda header: header["id"] is None)
        theirs, pixels = one.until("changed")
        assert theirs["pieces"] == [moved(0.5)]
        assert np.frombuffer(pixels, "<u2").tolist() == [FIRST, FIRST]
        header, _ = unpack(visitor.get(project, "/layers").content)
        assert header["pieces"] == [moved(0.25), moved(0.5)]
        row = visitor.layers(project)["origin"].view("<u2")[0, :6, 0]
        assert row.tolist() == [FIRST, FIRST, 0, 0, FIRST + 1, FIRST + 1]
        changed, pixels = two.step("undo")
        assert (changed["pieces"], pixels) == ([], bytes(4))
        changed, _ = two.step("redo")
        assert changed["pieces"] == [moved(0.5)]
        one.rendered(one.revision)
        (tmp_path / "a.png").write_bytes(visitor.get(project, "/export/origin.png").content)
    live = visitor.app.state.hub._open[project]
    sha = json.loads((live.run / "run.json").read_text())["photo_sha256"]
    saved = read_origin(tmp_path / "a.png", sha)
    job = origin_of(live.render_input().drawing)
    assert job is not None
    assert saved.pieces == job.pieces
    assert (saved.index == job.index).all()
    np.testing.assert_allclose(saved.coords((48, 64))[0, :5], [[0, 16], [0, 17], [0, 2], [0, 3], [0, 36]], atol=1e-4)


BAD: list[tuple[dict[str, Any], str]] = [
    ({"value": FIRST + 1}, "unknown piece"),
    ({"value": 2**16 - 1}, "unknown piece"),
    ({"piece": {"transforms": [{"kind": "affine", "matrix": [1, 0, 0, 1, 0]}]}}, "understood"),
    ({"piece": {"transforms": [{"kind": "affine", "matrix": [1, 0, 0, 1, 0, 1e9]}]}}, "understood"),
    ({"piece": {"transforms": [{"kind": "affine", "matrix": [1, 0, 0, 1, 0, float("nan")]}]}}, "understood"),
    ({"piece": {"transforms": [{"kind": "twist"}]}}, "understood"),
    ({"piece": {"transforms": [SPLINE | {"points": [[0, 0]] * 4}]}}, "one line"),
    ({"piece": {"transforms": [SPLINE] * 257}}, "understood"),
    ({"piece": {"transforms": [], "name": "x"}}, "understood"),
    ({"times": 4097}, "understood"),
]


def test_origins_that_make_no_sense_are_refused_and_change_nothing(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        for bad, reason in BAD:
            pieces = [bad.get("piece", moved(0.25))] * bad.get("times", 1)
            move(tab, 0, *pieces, value=bad.get("value", FIRST))
            assert reason in tab.until("refused")[0]["problem"]["message"], bad
        patch = {"layer": "origin", "x": 0, "y": 0, "width": 2, "height": 1}
        tab.send([patch], bytes(2))
        assert "missing" in tab.until("refused")[0]["problem"]["message"]
        assert visitor.get(project).json()["history"]["revision"] == 0
    assert not visitor.layers(project)["origin"].any()


def test_a_project_of_an_earlier_version(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        tab.draw("edges", 2, 30, np.ones((1, 9)))
        kept = visitor.http.post(f"/api/projects/{project}/snapshots", json={"name": "old"}).json()["snapshots"][0]
        tab.rendered(tab.revision)
    line = visitor.layers(project)["edges"] != visitor.layers(project, "training")["edges"]
    visitor.close(project)
    folder = visitor.app.state.hub.services.store.folder(project)
    for file in (folder / "drawing.bin", folder / "snapshots" / f"{kept['id']}.bin"):
        drawing, meta = Drawing.parse(file.read_bytes())
        del drawing.layers["origin"], drawing.layers["sources"]
        file.write_bytes(drawing.dump(meta))
    np.testing.assert_array_equal(visitor.layers(project)["origin"].view("<u2")[..., 0], np.where(line, DRAWN, UNMOVED))
    with visitor.tab(project) as tab:
        number = move(tab, 0, moved(0.25))
        tab.until("accepted", lambda header: header["id"] == number)
        answer = visitor.http.post(f"/api/projects/{project}/snapshots/{kept['id']}/restore")
        assert answer.status_code == 200, answer.text
    np.testing.assert_array_equal(visitor.layers(project)["origin"].view("<u2")[..., 0], np.where(line, DRAWN, UNMOVED))
    visitor.close(project)
    assert (visitor.layers(project)["origin"].view("<u2")[..., 0] == np.where(line, DRAWN, UNMOVED)).all()
