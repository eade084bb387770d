"""The studio's editor and this package mean the same by an origin.

`editor.json` has edits as the editor makes and sends them, and places that their pixels come from according to the map
that the editor samples labels with (`editor/src/raster/origin.test.ts`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from primage.edit.apply import Edited, edited
from primage.edit.records import Edit, Flip, Move, Rectangle, Scale
from primage.origin.plane import Origin
from primage.origin.transforms import Piece
from tests.primitive.drawings import drawing

FILE = json.loads((Path(__file__).parent / "editor.json").read_text(encoding="utf-8"))
CASES = {case["name"]: case for case in FILE["cases"]}
SIZE = (FILE["height"], FILE["width"])
BOX = Rectangle(top_left=(0.25, 0.25), bottom_right=(0.5, 0.5))
SAME: dict[str, Edit] = {
    "moved": Move(region=BOX, by=(0.25, 0.25)),
    "scaled": Scale(region=BOX, factor=2.0),
    "flipped": Flip(region=BOX),
}


def origin_of(case: dict[str, Any]) -> Origin:
    rect = case["rect"]
    index = np.zeros(SIZE, np.uint16)
    part = np.frombuffer(bytes.fromhex(case["bytes"]), "<u2").reshape(rect["y1"] - rect["y0"], -1)
    index[rect["y0"] : rect["y1"], rect["x0"] : rect["x1"]] = part
    return Origin(index, tuple(map(Piece.model_validate, case["pieces"])))


@pytest.mark.parametrize("name", CASES)
def test_pixels_come_from_where_the_editor_took_them(name: str) -> None:
    coords = origin_of(CASES[name]).coords(SIZE)
    assert len(CASES[name]["positions"]) >= 3
    for position in CASES[name]["positions"]:
        (x, y), source = position["pixel"], position["source"]
        np.testing.assert_allclose(coords[y, x][::-1], source, atol=1e-4)


@pytest.mark.parametrize("name", SAME)
def test_recorded_edits_lead_to_the_same_origin(name: str) -> None:
    ours = edited(Edited(drawing("super"), Origin.unmoved(SIZE)), [SAME[name]]).origin
    theirs = origin_of(CASES[name])
    same = ours.index == theirs.index
    np.testing.assert_allclose(ours.coords(SIZE)[same], theirs.coords(SIZE)[same], atol=1e-4)
    # Where a source is exactly between two pixels, either may count, so borders may differ by one pixel.
    assert not ndimage.binary_erosion(~same, np.ones((2, 2))).any()
