"""Every figure runs with --tiny."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from primage.image import read_image
from tests.tiny import one_thread

FIGURES = Path(__file__).parents[2] / "examples" / "figures"
#: The image each figure writes.
PICTURES = {
    **{i: f"figure{i}.png" for i in (1, 3, 4, 5, 6, 8)},
    2: "figure2/primitives.png",
    7: "figure7/coverage.png",
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Figures share their runs, so the tests share their folder."""
    return tmp_path_factory.mktemp("figures")


@pytest.fixture(autouse=True)
def _beside(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(FIGURES))
    with one_thread():
        yield


@pytest.mark.parametrize("number", sorted(PICTURES))
def test_figure(number: int, out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figure = importlib.import_module(f"figure{number}")
    jpeg = out / f"figure{number}.jpg"
    figure.main(["--tiny", "--out", str(out), "--jpeg", str(jpeg)])
    assert read_image(out / PICTURES[number]).std() > 10
    assert str(out / PICTURES[number]) in capsys.readouterr().out
    assert jpeg.stat().st_size < 100_000


def test_figure_8_moves_nose_and_eyes_apart_within_the_photo() -> None:
    series = importlib.import_module("figure8").SERIES
    (nose, nose_by), (eyes, eyes_by) = series["nose"], series["eyes"]
    assert nose.centre[1] - nose.radii[1] > eyes.centre[1] + eyes.radii[1]  # y points down
    assert nose_by[1] > 0 > eyes_by[1]
    for region, by in series.values():
        for axis in (0, 1):
            end = region.centre[axis] + by[axis]
            assert region.radii[axis] - 1e-9 <= end <= 1 - region.radii[axis] + 1e-9


def test_each_figure_is_shown_in_the_documentation() -> None:
    docs = FIGURES.parents[1] / "docs"
    text = (docs / "figures.md").read_text(encoding="utf-8")
    for i in range(1, 9):
        assert f"(images/figure{i}.jpg)" in text
        assert (docs / "images" / f"figure{i}.jpg").stat().st_size < 102_400


def test_each_figure_is_listed_in_the_readme() -> None:
    text = (FIGURES / "README.md").read_text(encoding="utf-8")
    scripts = sorted(path.name for path in FIGURES.glob("figure*.py"))
    assert scripts == [f"figure{i}.py" for i in range(1, 9)]
    assert all(f"python examples/figures/{script}" in text for script in scripts)
    assert "training_setup" not in sys.modules or sys.modules["training_setup"].__doc__
