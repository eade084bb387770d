"""Results at the photo's own size, without a process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import primage.studio.workers.painting
import primage.studio.workers.reading  # noqa: F401  (both register what the worker processes do)
from primage.http.errors import RefusalError
from primage.image import read_image
from primage.processes.errors import SupersededError
from primage.studio.drawing import Drawing
from primage.studio.project.extraction import run_config
from primage.studio.schemas import ExtractSettings, Rectangle
from primage.studio.workers import polishing
from primage.studio.workers.painter import ExportResult, ForgetModel, PublishInitialModel, RenderDrawing
from primage.studio.workers.polisher import PaintWindow, ShowAtFullSize
from primage.studio.workers.reader import Configure, CreateRun
from tests.studio.workers.test_polishing import moved
from tests.tiny import SETTINGS, contents, one_thread, picture

WINDOW = Rectangle(x=0, y=0, width=192, height=144)


@pytest.fixture
def drawing(tmp_path: Path) -> Iterator[Drawing]:
    """The drawing of a photo of three times its size, with a part moved; the run is in the same folder."""
    Image.fromarray(picture(size=(144, 192))).save(tmp_path / "photo.png")
    config = run_config(Configure("draft", SETTINGS["draft"]).perform(), ExtractSettings())
    config = config.model_copy(update={"size_px": 48})
    found = CreateRun(tmp_path / "photo.png", tmp_path / "run", config).perform().drawing
    PublishInitialModel(tmp_path / "run").perform()
    with one_thread():
        yield moved(found)
    ForgetModel(tmp_path / "run").perform()
    polishing._shown.clear()


def shown(folder: Path, drawing: Drawing, name: str) -> None:
    rendered = RenderDrawing(folder / "run", drawing, keep_original=True).perform()
    ShowAtFullSize(name, folder / "run", folder / "photo.png", drawing, rendered, None).perform()


def export(folder: Path, drawing: Drawing, name: str) -> Path:
    target = folder / name
    ExportResult(folder / "run", folder / "photo.png", drawing, True, True, target, 90).perform()
    return target


def test_windows_show_what_is_exported(tmp_path: Path, drawing: Drawing) -> None:
    shown(tmp_path, drawing, "first")
    window: np.ndarray = PaintWindow("first", WINDOW).perform()
    exported = read_image(export(tmp_path, drawing, "out.png"))
    np.testing.assert_array_equal(window, exported)
    assert (exported != read_image(tmp_path / "photo.png")).any()


def test_only_the_newest_picture_can_be_painted(tmp_path: Path, drawing: Drawing) -> None:
    shown(tmp_path, drawing, "first")
    photo = polishing._shown[0].photo
    shown(tmp_path, drawing, "second")
    assert polishing._shown[0].photo is photo  # decoded once
    with pytest.raises(SupersededError):
        PaintWindow("first", WINDOW).perform()
    assert PaintWindow("second", WINDOW).perform().shape == (144, 192, 3)


def test_a_window_that_is_not_wanted_is_not_painted(
    tmp_path: Path, drawing: Drawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown(tmp_path, drawing, "first")
    monkeypatch.setattr(polishing, "stopping", lambda: True)
    with pytest.raises(SupersededError):
        PaintWindow("first", WINDOW).perform()


@pytest.mark.parametrize("name", ["out.png", "out.psd"])
def test_a_full_disk_is_reported_without_a_file(
    tmp_path: Path, drawing: Drawing, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(tmp_path)

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RefusalError, match=r"cannot be exported \(No space left on device\)") as refused:
        export(tmp_path, drawing, name)
    assert refused.value.status == 507
    assert contents(tmp_path) == before
