"""A canvas larger than the photo, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.image import read_image
from tests.tiny import command

EDITS = '[{"op": "extend", "left": 0.25, "bottom": 0.125}]'


def test_an_extended_drawing_is_edited_elsewhere_and_rendered(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "edits.json").write_text(EDITS)
    assert command("render", "run", "--edits", "edits.json", "--out", "edits.png", "--quiet") == 0
    assert command("edit", "run", "edits.json", "--out", "larger.png", "--quiet") == 0
    drawing = read_image(folder / "larger.png")
    assert drawing.shape == (54, 80, 3)
    assert command("render", "run", "larger.png", "--out", "read.png", "--photo", "photo.png", "--quiet") == 0
    found = read_image(folder / "read.png")
    np.testing.assert_array_equal(found[:48, 16:], read_image(folder / "photo.png"))
    assert command("render", "run", "larger.png", "--out", "small.png", "--quiet") == 0
    given, small = read_image(folder / "edits.png"), read_image(folder / "small.png")
    assert given.shape == small.shape == (54, 80, 3)
    np.testing.assert_array_equal(given[:48, 16:], small[:48, 16:])

    # Drawn over in another program: the place of the photo is still known.
    drawing[20:40, 2:12] = drawing[24, 40]
    Image.fromarray(drawing).save(folder / "larger.png")
    assert command("render", "run", "larger.png", "--out", "drawn.png") == 0
    assert "only the place of the photo" in " ".join(capsys.readouterr().err.split())
    drawn = read_image(folder / "drawn.png")
    np.testing.assert_array_equal(drawn[:48, 16:], read_image(folder / "photo.png"))
    assert (drawn[20:40, 2:12] != found[20:40, 2:12]).any()


def test_what_cannot_be_extended_is_refused_in_one_sentence(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for record, message in (({"op": "extend"}, "say what to add"), ({"op": "extend", "left": 3}, "less than or equal")):
        (folder / "edits.json").write_text(json.dumps([record]))
        assert command("edit", "run", "edits.json", "--out", "out.png") == 2
        assert message in " ".join(capsys.readouterr().err.split())
    (folder / "edits.json").write_text(EDITS)
    assert command("edit", "run", "edits.json", "--out", "larger.png", "--quiet") == 0
    assert command("render", "run", "larger.png", "--size", "32", "--out", "out.png") == 2
    assert "leave out --size" in " ".join(capsys.readouterr().err.split())
