"""Random variations of a photo."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.errors import ConfigError
from primage.image import read_image
from primage.manipulate.variations import diversity, variations
from primage.model import Model
from tests.tiny import command, contents


def test_variations_differ_and_do_not_depend_on_their_number(model: Model) -> None:
    one, two = variations(model, 2, seed=3)
    (again,) = variations(model, 1, seed=3)
    assert not again.primitive.differs(one.primitive).any()
    np.testing.assert_array_equal(again.picture, one.picture)
    assert one.primitive.differs(two.primitive).any()
    assert one.primitive.size == model.size
    assert one.primitive.segments is not None
    assert one.primitive.segments.palette == model.record.spec.palette


def test_a_larger_change_changes_more(model: Model) -> None:
    changed = [
        np.mean([each.primitive.differs(model.primitive).mean() for each in variations(model, 4, change)])
        for change in (0.05, 1.0)
    ]
    assert 0 < changed[0] < changed[1]


@pytest.mark.parametrize(("count", "change"), [(0, 0.5), (1001, 0.5), (1, 0.0), (1, 1.5)])
def test_what_is_out_of_range_is_refused(model: Model, count: int, change: float) -> None:
    with pytest.raises(ConfigError, match="choose"):
        next(variations(model, count, change))


def test_diversity_is_in_units_of_the_photo() -> None:
    photo = np.zeros((2, 4, 3), np.uint8)
    photo[0] = 100
    assert diversity([photo, photo, photo], photo) == 0
    assert diversity([photo, photo[::-1]], photo) == pytest.approx(1)
    assert diversity([photo, photo[::-1]], np.zeros_like(photo)) > 1  # nothing is divided by zero


def test_a_folder_of_variations(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert command("vary", run, "-n", 5, "-o", out, "--metric", "psnr", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert json.loads((out / "variations.json").read_text()) == data
    assert [entry["picture"] for entry in data["variations"]] == [f"variation-{n}.png" for n in range(1, 6)]
    assert data["diversity"] > 0
    assert data["mean"]["psnr"] == pytest.approx(np.mean([entry["psnr"] for entry in data["variations"]]))
    assert read_image(out / "variation-5.png").shape == (48, 64, 3)
    # The drawings can be rendered like any other.
    assert command("render", run, out / "variation-2.drawing.png", "-o", tmp_path / "again.png", "-q") == 0
    before = contents(out)
    assert command("vary", run, "-n", 2, "-o", out, "--metric", "", "-q") == 0
    assert sorted(path.name for path in out.glob("variation-*")) == [
        *("variation-1.drawing.png", "variation-1.png", "variation-2.drawing.png", "variation-2.png")
    ]
    assert command("vary", run, "-n", 5, "-o", out, "--metric", "psnr", "-q") == 0
    assert contents(out) == before


def test_a_drawing_that_somebody_went_on_with_is_theirs(run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert command("vary", run, "-n", 2, "-o", out, "--metric", "", "-q") == 0
    drawing = out / "variation-2.drawing.png"
    Image.fromarray(read_image(drawing)[::-1]).save(drawing)
    before = contents(out)
    assert command("vary", run, "-n", 2, "-o", out, "--metric", "", "-q") == 2
    assert contents(out) == before
    assert command("vary", run, "-n", 1, "-o", out, "--metric", "", "-q") == 0
    assert contents(out)["variation-2.drawing.png"] == before["variation-2.drawing.png"]


def test_nothing_is_written_where_something_else_is(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    before = contents(tmp_path), contents(run)
    assert command("vary", run, "-o", tmp_path, "-q") == 2
    assert command("vary", run, "-o", run, "-q") == 2
    assert command("vary", run, "-o", tmp_path / "new", "-n", 0, "-q") == 2
    assert (contents(tmp_path), contents(run)) == before
