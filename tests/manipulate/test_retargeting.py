"""Retargeting keeps what matters in proportion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from primage.errors import ConfigError
from primage.image import read_image
from primage.manipulate.retargeting import axis_aligned_map, importance, parse_size, retargeted
from primage.model import Model
from tests.tiny import command, contents


def test_the_same_size_changes_nothing() -> None:
    weight = np.random.default_rng(0).random((40, 60))
    rows, columns = axis_aligned_map(weight, (40, 60))
    np.testing.assert_allclose(rows, np.arange(40), atol=0.02)
    np.testing.assert_allclose(columns, np.arange(60), atol=0.02)


@pytest.mark.parametrize("size", [(40, 36), (40, 90), (24, 60), (60, 30), (200, 33)])
def test_nothing_folds_and_all_is_there(size: tuple[int, int]) -> None:
    weight = np.zeros((40, 60))
    weight[10:30, 20:40] = 1
    for sources, side, target in zip(axis_aligned_map(weight, size), weight.shape, size, strict=True):
        assert len(sources) == target
        assert (np.diff(sources) > 0).all()
        assert -1 < sources[0] < side / target + 5
        assert side - 6 - side / target < sources[-1] < side


@pytest.mark.parametrize("size", [(40, 36), (40, 90)])
def test_a_thing_keeps_proportions_and_size_while_its_surroundings_give_way(size: tuple[int, int]) -> None:
    weight = np.zeros((40, 60))
    weight[10:30, 20:40] = 1
    rows, columns = axis_aligned_map(weight, size)
    height = ((rows > 9.5) & (rows < 29.5)).sum()
    width = ((columns > 19.5) & (columns < 39.5)).sum()
    assert width == pytest.approx(height, abs=2)
    assert width == pytest.approx(20, abs=3)
    # Scaling alone would have made it 12 or 30 px wide.
    assert abs(width - 20) < abs(20 * size[1] / 60 - 20) / 2


def test_uniform_weights_scale() -> None:
    rows, columns = axis_aligned_map(np.ones((32, 64)), (32, 32))
    np.testing.assert_allclose(columns, 2 * np.arange(32) + 0.5, atol=0.05)
    np.testing.assert_allclose(rows, np.arange(32), atol=0.05)


def test_things_are_important_and_ground_is_not(model: Model) -> None:
    weight = importance(model)
    assert weight.shape == model.size
    assert weight[20, 25] > 0.9  # the box
    assert weight[46, 2] < 0.5
    keep = np.zeros(model.size, bool)
    keep[30:40, 5:15] = True
    assert importance(model, keep)[35, 10] > 0.9
    assert importance(model, keep)[20, 40] < 0.01


def test_a_picture_of_other_proportions(model: Model) -> None:
    picture, primitive = retargeted(model, (48, 40))
    assert picture.shape == (48, 40, 3)
    assert primitive.size == (48, 40)
    again, _ = retargeted(model, (48, 40))
    np.testing.assert_array_equal(picture, again)


@pytest.mark.parametrize("text", ["300", "axb", "inf%x100%", "nan%x100%", "60%x100", "-5%x100%", "1x2x3", ""])
def test_sizes_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ConfigError, match="WIDTHxHEIGHT"):
        parse_size(text)


def test_the_command(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mask = np.zeros((48, 64), np.uint8)
    mask[10:34, 8:30] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    out = tmp_path / "wide.png"
    assert command("retarget", run, "--size", "150%x100%", "--keep", tmp_path / "mask.png", "-o", out) == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert read_image(out).shape == (48, 96, 3)
    before = contents(tmp_path)
    for wrong in (["--size", "10x10"], ["--size", "wide"], ["--size", "9999x48"], ["-o", tmp_path / "out.jpg"]):
        assert command("retarget", run, "--size", "40x48", "-o", tmp_path / "new.png", "-q", *wrong) == 2
    assert command("retarget", run, "--size", "40x48", "-o", tmp_path / "mask.png", "-q") == 2
    assert contents(tmp_path) == before
