"""The jobs of the polishing worker, without a process."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import primage.studio.workers.painting
import primage.studio.workers.reading  # noqa: F401  (both register what the worker processes do)
from primage.studio.drawing import Drawing
from primage.studio.errors import SupersededError
from primage.studio.project.extraction import run_config
from primage.studio.schemas import ExtractSettings
from primage.studio.workers import polishing
from primage.studio.workers.painter import ForgetModel, PublishInitialModel, RenderDrawing
from primage.studio.workers.polisher import PolishedRender, PolishRender, WarmUpPolisher
from primage.studio.workers.reader import Configure, CreateRun
from tests.tiny import SETTINGS, one_thread


@pytest.fixture
def unedited(tmp_path: Path) -> Drawing:
    """The drawing of a photo of noise, of which any render but a copy is incoherent; the run is in the same folder."""
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)).save(tmp_path / "photo.png")
    config = run_config(Configure("draft", SETTINGS["draft"]).perform(), ExtractSettings())
    drawing = CreateRun(tmp_path / "photo.png", tmp_path / "run", config).perform().drawing
    PublishInitialModel(tmp_path / "run").perform()
    return drawing


def with_box(drawing: Drawing, x: int, y: int) -> Drawing:
    edited = drawing.copy()
    edited.layers["edges"][y : y + 10, x : x + 12] = np.pad(np.zeros((8, 10)), 1, constant_values=1)
    return edited


def job(run: Path, drawing: Drawing) -> PolishRender:
    render = RenderDrawing(run, drawing, keep_original=True).perform().unpolished
    assert render is not None
    return PolishRender(run, drawing, render, keep_original=True)


def test_a_second_stroke_keeps_what_was_synthesised(tmp_path: Path, unedited: Drawing) -> None:
    run = tmp_path / "run"
    with one_thread():
        first: PolishedRender = job(run, with_box(unedited, 45, 3)).perform()
        assert first.synthesised.pixels.any()
        both = job(run, with_box(with_box(unedited, 45, 3), 2, 36))
        second = both.perform()
        polishing._previous.clear()
        afresh = both.perform()
        ForgetModel(run).perform()
    far = first.synthesised.pixels.copy()
    far[24:] = False
    far[:, :48] = False
    assert far.any()
    np.testing.assert_array_equal(second.image[far], first.image[far])
    assert second.synthesised.pixels[36:].any()
    np.testing.assert_array_equal(second.synthesised.pixels[36:], afresh.synthesised.pixels[36:])


def test_a_job_ends_early_when_it_is_no_longer_wanted(
    tmp_path: Path, unedited: Drawing, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = job(tmp_path / "run", with_box(unedited, 45, 3))
    asked = []
    monkeypatch.setattr(polishing, "stopping", lambda: len(asked) > 2 or asked.append(None))
    polishing._previous.clear()
    with one_thread(), pytest.raises(SupersededError):
        wanted.perform()
    assert len(asked) == 3
    assert not polishing._previous
    ForgetModel(wanted.run).perform()


def test_the_warm_up_needs_nothing() -> None:
    with one_thread():
        WarmUpPolisher().perform()
