"""The origin that lies beside a drawing: used if it fits, left out with a note if it does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from primage.files import sha256_file
from primage.image import read_image, read_png_text
from primage.origin.files import write_origin
from primage.origin.plane import Origin
from tests.cli.test_cli import EDITS
from tests.tiny import command

Out = pytest.CaptureFixture[str]


def edit(folder: Path) -> None:
    """Write edited.png and edited.origin.png."""
    (folder / "edits.json").write_text(EDITS)
    assert command("edit", "run", "edits.json", "--out", "edited.png", "--quiet") == 0


def rendered(capsys: Out) -> dict[str, Any]:
    (entry,) = json.loads(capsys.readouterr().out)["renders"]
    assert isinstance(entry, dict)
    return entry


def test_the_origin_beside_a_drawing_is_used_if_it_fits(folder: Path, capsys: Out) -> None:
    edit(folder)
    render = ("render", "run", "edited.png", "--out")
    assert command(*render, "given.png", "--origin", "edited.origin.png", "--quiet") == 0
    assert command(*render, "beside.png") == 0
    assert "note: beside.png: origin: 1 moved piece" in (said := " ".join(capsys.readouterr().err.split()))
    assert "(edited.origin.png)" in said
    assert np.array_equal(read_image(folder / "beside.png"), read_image(folder / "given.png"))
    assert "edited.origin.png" in read_png_text(folder / "beside.png")["primage"]
    assert command(*render, "beside.png", "--no-infer-origin", "--json") == 0
    entry = rendered(capsys)
    assert (entry["origin"]["moved"], entry["origin_file"]) == (1, "edited.origin.png")
    assert command(*render, "without.png", "--no-origin", "--json") == 0
    entry = rendered(capsys)
    assert (entry["origin"], entry["origin_file"]) == (None, None)
    assert not np.array_equal(read_image(folder / "without.png"), read_image(folder / "given.png"))
    assert command(*render, "edited.origin.png", "--overwrite") == 2
    assert "is an input" in capsys.readouterr().err


def test_origins_are_no_drawings(folder: Path, capsys: Out) -> None:
    edit(folder)
    for name in ("edited.png", "edited.origin.png"):
        shutil.copy(folder / name, folder / name.replace("edited", "other"))
    capsys.readouterr()
    given = sorted(path.name for path in folder.glob("*.png") if path.name.startswith(("edited", "other")))
    assert len(given) == 4
    assert command("render", "run", *given, "--out", "renders") == 0
    assert sorted(path.name for path in (folder / "renders").glob("*.png")) == ["edited.png", "other.png"]
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("not rendered") == 1
    assert "edited.origin.png and 1 more: not rendered" in said
    assert command("render", "run", "edited.origin.png", "--out", "one.png") == 2
    assert "no drawing itself; give edited.png" in " ".join(capsys.readouterr().err.split())
    assert not (folder / "one.png").exists()


def changed(folder: Path) -> None:
    pixels = read_image(folder / "edited.png")
    Image.fromarray(np.roll(pixels, 2, axis=1)).save(folder / "edited.png")


MISFITS: dict[str, tuple[Callable[[Path], object], str]] = {
    "another run": (
        lambda f: write_origin(f / "edited.origin.png", Origin.unmoved((48, 64)), "0" * 64),
        "another photo",
    ),
    "another size": (
        lambda f: write_origin(f / "edited.origin.png", Origin.unmoved((48, 48)), sha256_file(f / "photo.png")),
        "48×48 px",
    ),
    "no origin": (lambda f: shutil.copy(f / "photo.png", f / "edited.origin.png"), "is not an origin"),
    "a changed drawing": (changed, "edited.png was changed since"),
}


@pytest.mark.parametrize("case", MISFITS)
def test_an_origin_beside_a_drawing_that_does_not_fit_is_left_out_with_a_note(
    case: str, folder: Path, capsys: Out
) -> None:
    edit(folder)
    spoil, reason = MISFITS[case]
    spoil(folder)
    assert command("render", "run", "edited.png", "--out", "out.png", "--json") == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["renders"][0]["origin_file"] is None
    said = " ".join(printed.err.split())
    assert "the origin beside the drawing is not used" in said
    assert reason in said
