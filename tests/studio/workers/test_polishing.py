"""The jobs of the polishing worker, without a process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import primage.studio.workers.painting
import primage.studio.workers.reading  # noqa: F401  (both register what the worker processes do)
from primage.origin.plane import FIRST, REMOVED
from primage.origin.transforms import Affine, Piece
from primage.processes.errors import SupersededError
from primage.studio.drawing import Drawing
from primage.studio.origin import layer_of
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
    rendered = RenderDrawing(run, drawing, keep_original=True).perform()
    assert rendered.unpolished is not None
    return PolishRender(run, drawing, rendered.unpolished, rendered.image, keep_original=True)


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
    far[16:] = False  # further down, the second box changes the network's render, and it is synthesised anew
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


def test_an_edit_that_the_picture_does_not_show_is_reported(tmp_path: Path, unedited: Drawing) -> None:
    rendered = job(tmp_path / "run", with_box(unedited, 45, 3))
    unseen = replace(rendered, render=replace(rendered.render, weight=np.zeros((48, 64), np.float32)))
    with one_thread():
        ((left, top, right, bottom),) = unseen.perform().without_effect
        ForgetModel(unseen.run).perform()
    assert 0.5 < left < 45 / 64 < 57 / 64 < right <= 1
    assert 0 <= top < 3 / 48 < 13 / 48 < bottom < 0.5


def test_the_warm_up_needs_nothing() -> None:
    with one_thread():
        WarmUpPolisher().perform()


def moved(drawing: Drawing, shift_px: int = 30) -> Drawing:
    """A box of 10 × 12 px at the left moved to the right; the drawing itself stays as it is."""
    edited = drawing.copy()
    index = np.zeros((48, 64), np.uint16)
    index[20:30, 4:16] = REMOVED
    index[20:30, 4 + shift_px : 16 + shift_px] = FIRST
    edited.layers["origin"] = layer_of(index)
    edited.pieces = (Piece(transforms=(Affine(matrix=(1, 0, 0, 1, -shift_px / 64, 0)),)),)
    return edited


def test_a_moved_part_is_copied_from_its_place_in_the_photo(tmp_path: Path, unedited: Drawing) -> None:
    photo = np.asarray(Image.open(tmp_path / "photo.png"))
    run, drawing = tmp_path / "run", moved(unedited)
    with one_thread():
        rendered = RenderDrawing(run, drawing, keep_original=True).perform()
        assert rendered.unpolished is not None
        wanted = PolishRender(run, drawing, rendered.unpolished, rendered.image, keep_original=True)
        first: PolishedRender = wanted.perform()
        again: PolishedRender = wanted.perform()
        ForgetModel(run).perform()
    assert rendered.edited is not None
    for image in (rendered.image, first.image):
        np.testing.assert_array_equal(image[24:26, 39:41], photo[24:26, 9:11])
        np.testing.assert_array_equal(image[:14], photo[:14])
    assert first.synthesised.pixels[20:30, 4:16].all()
    np.testing.assert_array_equal(again.image, first.image)
