"""One list of edits for several runs, of people that are found in their photos."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from primage.detection.figures import Figure, figures
from primage.detection.people import People
from primage.image import read_image
from tests.detection.drawn_face import drawn_face
from tests.tiny import command

EDITS = [{"op": "landmarks", "part": "face", "by": [0.1, 0]}]


@pytest.fixture
def two(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two runs whose photos have a face, as the detectors would say, and an edit for it."""

    def found(photo: np.ndarray) -> tuple[Figure, ...]:
        size = photo.shape[0], photo.shape[1]
        return figures(People((drawn_face((size[1] / 2, size[0] / 2), size[0] / 200),)), size)

    monkeypatch.setattr("primage.edit.files.find_figures", found)
    shutil.copytree(folder / "run", folder / "other")
    (folder / "edits.json").write_text(json.dumps(EDITS))
    return folder


def test_the_same_edits_of_several_runs(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("edit", "run", "other", "edits.json", "-o", "out") == 0
    assert capsys.readouterr().out.split() == ["out/run.png", "out/other.png"]
    assert sorted(os.listdir("out")) == ["other.origin.png", "other.png", "run.origin.png", "run.png"]
    first, second = (read_image(two / "out" / name) for name in ("run.png", "other.png"))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, read_image(two / "run" / "primitive.png"))
    assert command("edit", "run", "edits.json", "-o", "alone.png", "--quiet") == 0
    assert np.array_equal(read_image(two / "alone.png"), first)
    assert command("render", "run", "--edits", "edits.json", "-o", "render.png", "--quiet") == 0


def test_runs_of_one_name_and_drawings_of_ones_own_are_refused(two: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("edit", "run", "run", "edits.json", "-o", "out") == 2
    assert "called run" in capsys.readouterr().err
    own = ("--primitive-file", "primitive.png")
    assert command("edit", "run", "other", "edits.json", *own, "-o", "out") == 2
    assert "one by one" in capsys.readouterr().err
    assert not (two / "out").exists()


def test_it_says_in_which_photo_nobody_is_seen(
    two: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("primage.edit.files.find_figures", lambda _photo: ())
    assert command("edit", "run", "other", "edits.json", "-o", "out") == 2
    message = capsys.readouterr().err
    assert "run: the photo shows nobody with the part “face”" in message
    assert not (two / "out").exists()
