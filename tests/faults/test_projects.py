"""A project survives SIGKILL while it is edited, and between its files."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from primage.errors import RunError
from primage.studio.project.canvas import Canvas
from primage.studio.schemas import Label, Patch
from tests.studio.project.test_history import blank, look, record

FAULTS = Path(__file__).parents[2] / "benchmarks" / "faults"
#: In a process of its own, since it forks.
SCRIPT = "import json, projects; f = projects.tried(4, 7); print(json.dumps([f, projects.wrong(f)]))"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_killed_project_opens_as_it_was_a_moment_ago() -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(FAULTS), os.environ.get("PYTHONPATH", "")])}
    found = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=environment, check=False)
    assert not found.returncode, found.stderr
    figures, wrong = json.loads(found.stdout)
    assert wrong == []
    assert figures["changes"] > 4


def labelled(folder: Path) -> Canvas:
    """A drawing with a new label, saved when the server was killed before it saved the record."""
    canvas, old = Canvas.fresh(folder, blank(), 0, 1), record().labels
    new = (*old, Label(name="new", colour=(1, 2, 3)))
    patch = Patch.model_validate({"layer": "segments", "x": 0, "y": 0, "width": 2, "height": 1})
    canvas.edit("New label", (patch,), memoryview(bytes([2, 2])), (old, new), 3)
    canvas.save()
    return canvas


def test_a_label_is_saved_with_its_pixels(tmp_path: Path) -> None:
    canvas = labelled(tmp_path)
    again = Canvas.load(tmp_path, record())
    assert look(again.drawing) == look(canvas.drawing)
    assert [label.name for label in again.labelled(record()).labels] == ["a", "b", "new"]
    again.undo_redo("undo")
    again.save()
    assert Canvas.load(tmp_path, record()).labelled(record()).labels == record().labels


def test_labels_that_are_damaged_are_a_damaged_drawing(tmp_path: Path) -> None:
    canvas = labelled(tmp_path)
    data = canvas.drawing.dump({"done": 1, "revision": 1, "run": 1, "labels": [{"name": 3}]})
    (tmp_path / "drawing.bin").write_bytes(data)
    with pytest.raises(RunError, match="damaged"):
        Canvas.load(tmp_path, record())
