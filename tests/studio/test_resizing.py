"""Drawings of the studio on larger and smaller canvases, without a server."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from primage.errors import RunError
from primage.origin.plane import DRAWN, FIRST, UNMOVED
from primage.origin.transforms import Affine, Piece
from primage.primitive.margins import NO_MARGINS, Margins
from primage.studio.drawing import Drawing
from primage.studio.objects import Content, Kept, Objects, PlacedObject, Stack
from primage.studio.origin import index_of, layer_of
from primage.studio.project.canvas import Canvas, check_drawing
from primage.studio.resizing import extended, photo_part, shrunk
from primage.studio.schemas import Size
from tests.studio.project.test_history import edit, record

MARGINS = Margins(left=8, top=4)
CUP, BELOW = "c" * 16, "b" * 16
#: From places 16 px further to the right.
MOVED = Piece(transforms=(Affine(matrix=(1, 0, 0, 1, 0.25, 0)),))


PHOTO = Size(width=64, height=64)


def blank() -> Drawing:
    layers = {name: np.zeros((64, 64), np.uint8) for name in ("segments", "edges", "marks", "sources")}
    return Drawing({**layers, "origin": np.zeros((64, 64, 2), np.uint8)})


def drawn() -> Drawing:
    """64 × 64 px with a moved part, which is an object."""
    drawing = blank()
    index = np.zeros((64, 64), np.uint16)
    index[10:20, 4:12] = FIRST
    drawing.layers["origin"], drawing.pieces = layer_of(index), (MOVED,)
    drawing.layers["segments"][:, 32:] = 1
    content = Content(id=CUP, x=20, y=10, width=2, height=1, layers=("segments", "origin"), pieces=(MOVED,))
    cup = Kept(content, bytes([1, 1, 1, 1, FIRST, 0, FIRST, 0]))
    below = Kept(Content(id=BELOW, x=0, y=0, width=1, height=1, layers=("segments",)), bytes([1, 0]))
    turned = (0.0, 1.0, -1.0, 0.0, 30.0, -6.0)
    placed = PlacedObject(id="a" * 16, name="Cup", content=CUP, matrix=turned, warp=(((20.0, 10.0), (5.0, 6.0)),))
    drawing.stack = Stack(Objects(placed=(placed,), below=BELOW), {CUP: cup, BELOW: below})
    return drawing


def larger(drawing: Drawing, margins: Margins = MARGINS) -> Drawing:
    size = margins.around((64, 64))
    return extended(drawing, {"segments": np.ones(size, np.uint8), "edges": np.zeros(size, np.uint8)}, margins)


def test_the_drawing_lies_where_the_photo_is() -> None:
    before, after = drawn(), larger(drawn())
    assert (after.size.width, after.size.height) == (72, 68)
    assert after.photo_size == before.size
    np.testing.assert_array_equal(after.layers["segments"][4:, 8:], before.layers["segments"])
    assert (after.layers["segments"][:4] == 1).all()
    assert not after.layers["sources"][:, :8].any()
    index = index_of(after.layers["origin"])
    assert (index[:, :8] == DRAWN).all()
    assert index[4, 8] == UNMOVED
    # The same place of the photo, in shares of the larger canvas.
    x, y = after.pieces[0](np.array([[20 / 72, 20 / 68]]))[0]
    assert (x * 72, y * 68) == pytest.approx((36, 20))


def test_objects_go_along_and_come_back() -> None:
    before, after = drawn(), larger(drawn())
    (placed,) = after.stack.objects.placed
    a, b, c, d, e, f = placed.matrix
    kept = after.stack.contents[placed.content]
    assert (kept.content.x, kept.content.y) == (28, 14)
    # A place of the content leads to the same place of the drawing, 8 px further to the right and 4 px further down.
    x, y = 28, 14
    assert (a * x + c * y + e, b * x + d * y + f) == (-10 + 30 + 8, 20 - 6 + 4)
    assert placed.warp == (((28, 14), (13, 10)),)
    assert {placed.content, after.stack.objects.below} == set(after.stack.contents)
    assert kept.content.pieces == after.pieces
    back = shrunk(after, NO_MARGINS)
    assert back.stack.objects.placed[0].matrix == before.stack.objects.placed[0].matrix
    assert back.pieces[0].shift == pytest.approx((0.25, 0))
    for name, layer in photo_part(after).layers.items():
        np.testing.assert_array_equal(layer, before.layers[name])


def test_one_step_of_the_history_resizes_the_canvas_also_after_a_reload(tmp_path: Path) -> None:
    canvas = Canvas.fresh(tmp_path, drawn(), 0, 1)
    edit(canvas, "edges", (0, 0, 2, 2), 1)
    before, after = canvas.drawing.copy(), larger(canvas.drawing)
    change = canvas.replace("Canvas size", after, 2, merge=True)
    assert change is not None
    assert change.resized
    edit(canvas, "edges", (70, 60, 2, 2), 1)
    for _ in range(2):
        canvas.save()
        canvas = Canvas.load(tmp_path, record(photo=PHOTO, size=PHOTO))
        assert canvas.drawing.margins == MARGINS
        canvas.undo_redo("undo")
        assert canvas.undo_redo("undo").resized
        assert canvas.drawing.margins == NO_MARGINS
        assert canvas.drawing.stack == before.stack
        for name, layer in canvas.drawing.layers.items():
            np.testing.assert_array_equal(layer, before.layers[name])
        assert canvas.undo_redo("redo").resized
        assert canvas.drawing.pieces == after.pieces
        assert canvas.drawing.stack.objects == after.stack.objects
        canvas.undo_redo("redo")
        assert canvas.drawing.layers["edges"][61, 71]
        np.testing.assert_array_equal(canvas.drawing.layers["segments"], after.layers["segments"])


def test_a_canvas_that_does_not_fit_the_photo_is_damaged() -> None:
    drawing = larger(blank())
    read, _ = Drawing.parse(drawing.dump({}))
    assert read.margins == MARGINS
    check_drawing(read, record(photo=PHOTO, size=PHOTO))
    drawing.margins = Margins(left=9, top=4)
    with pytest.raises(RunError, match="size"):
        check_drawing(drawing, record(photo=PHOTO, size=PHOTO))
    drawing.margins = Margins(left=80)
    with pytest.raises(RunError, match="damaged"):
        Drawing.parse(drawing.dump({}))
