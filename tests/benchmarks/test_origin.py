"""The paint program of benchmarks/origin.py: its known origins are judged here before they judge anything."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from primage.origin.plane import DRAWN, FIRST, REMOVED
from primage.primitive.primitive import draw
from tests.primitive.drawings import described, drawing

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SIZE = (40, 60)
BOX = np.zeros(SIZE, bool)
BOX[8:20, 12:30] = True


@pytest.fixture(scope="module")
def program() -> Iterator[ModuleType]:
    sys.path.insert(0, str(BENCHMARKS))
    yield importlib.import_module("external.editor")
    sys.path.remove(str(BENCHMARKS))


@pytest.mark.parametrize("factor", [1, 2])
@pytest.mark.parametrize("kind", ["super", "segments", "paint"])
def test_a_moved_selection_shows_its_known_origin(program: ModuleType, tmp_path: Path, kind: str, factor: int) -> None:
    before = drawing(kind)
    editor = program.Editor(before, described(before), program.Style(0, factor))
    editor.erase(BOX)
    editor.paste(BOX, np.eye(2), np.array([-15.0, -20.0]))
    after = editor.saved(tmp_path / "drawing.png")
    assert after.size == SIZE
    assert (editor.origin.index[23:35, 32:50] == FIRST).all()
    assert (editor.origin.index[8:20, 12:30] == REMOVED).all()
    there, here = (draw(drawing).astype(int) for drawing in (before, after))
    # Labels below lines are guesses, and a painting is resized with a filter.
    close = np.abs(here[24:34, 33:49] - there[9:19, 13:29]).max(axis=-1) < 64
    assert close.mean() > 0.9


def test_a_line_is_drawn(program: ModuleType, tmp_path: Path) -> None:
    before = drawing("super")
    editor = program.Editor(before, described(before), program.Style(3, 2))
    editor.stroke([(5.0, 3.0), (50.0, 3.0)], described(before).line_colour)
    after = editor.saved(tmp_path / "drawing.png")
    assert after.edges is not None
    assert after.edges[2:5, 8:48].any(axis=0).all()
    assert (editor.origin.index[2:5, 8:48] == DRAWN).any(axis=0).all()
