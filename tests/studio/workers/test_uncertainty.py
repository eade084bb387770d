"""Where the network is uncertain about an edit."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

import primage.studio.workers.painting
import primage.studio.workers.reading  # noqa: F401  (both register what the worker processes do)
from primage.studio.drawing import Drawing
from primage.studio.project.extraction import run_config
from primage.studio.project.hub import Hub
from primage.studio.schemas import ExtractSettings
from primage.studio.workers.painter import ForgetModel, PublishInitialModel, RenderDrawing
from primage.studio.workers.reader import Configure, CreateRun
from primage.studio.workers.uncertainty import uncertainty_map, uncertainty_png
from tests.studio.conftest import options
from tests.studio.visitor import Visitor
from tests.tiny import SETTINGS, one_thread, write_photo


def opacity(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))[..., 3]


def test_the_map_is_the_increase_in_uncertainty_weighted_by_the_mask() -> None:
    uncertainty, baseline, weight = (np.zeros((10, 13), np.float32) for _ in range(3))
    uncertainty[:4], baseline[:4, :4], weight[:, :8] = 0.8, 0.7, 1
    found = uncertainty_map(uncertainty, baseline, weight)
    np.testing.assert_array_equal(found, [[26, 204, 0, 0], [0] * 4, [0] * 4])  # 255 × 0.1, 255 × 0.8
    shown = opacity(uncertainty_png(found))
    assert 0 < shown[0, 0] < shown[0, 1] < 255
    assert (shown > 0).sum() == 2


def uncertainty(run: Path, drawing: Drawing) -> np.ndarray | None:
    return RenderDrawing(run, drawing, keep_original=True).perform().uncertainty


def test_what_the_photo_does_not_show_is_uncertain(tmp_path: Path) -> None:
    """The shipped matcher, which has not learned the photo."""
    photo, run = tmp_path / "cat.png", tmp_path / "run"
    Image.fromarray(data.chelsea()[:, 75:375]).resize((96, 96)).save(photo)
    with one_thread():
        config = run_config(Configure("draft", ()).perform(), ExtractSettings(size_px=96))
        drawing = CreateRun(photo, run, config).perform().drawing.copy()
        PublishInitialModel(run).perform()
        unedited = uncertainty(run, drawing)
        drawing.layers["segments"][16:40, 56:80] = np.indices((24, 24)).sum(axis=0) // 4 % 2
        strange = uncertainty(run, drawing)
        ForgetModel(run).perform()
    assert unedited is not None
    assert strange is not None
    assert unedited.shape == strange.shape == (24, 24)
    assert not opacity(uncertainty_png(unedited)).any()
    assert np.median(strange[5:9, 15:19]) > 0.4 * 255
    assert not strange[14:, :10].any()


def test_the_overlay_follows_the_drawing(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        tab.rendered(0)
        shown = opacity(visitor.get(project, "/uncertainty").content)
        assert shown.shape == (12, 16)
        assert not shown.any()
        accepted = tab.draw("edges", 45, 3, np.ones((10, 12)))
        tab.rendered(accepted["history"]["revision"])
        live = visitor.app.state.hub._open[project].rendering
        assert visitor.get(project, "/uncertainty?render=2").content == uncertainty_png(live.uncertainty)
        tab.step("undo")
        tab.rendered(tab.revision)
        assert not opacity(visitor.get(project, "/uncertainty").content).any()
        # A project of the published network, as it may come in a zip file.
        live.uncertainty = None
        answer = visitor.http.get(f"/api/projects/{project}/uncertainty")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        live.reset()
        assert visitor.http.get(f"/api/projects/{project}/uncertainty").json()["code"] == "no_model"


def test_the_published_network_has_no_confidence_output(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with one_thread():
        config = run_config(Configure("paper", SETTINGS["paper"]).perform(), ExtractSettings())
        drawing = CreateRun(write_photo(tmp_path), run, config).perform().drawing
        PublishInitialModel(run).perform()
        assert uncertainty(run, drawing) is None
        ForgetModel(run).perform()
    for preset, can in (("paper", False), ("standard", True)):
        assert Hub(dataclasses.replace(options(tmp_path), preset=preset)).info().capabilities.uncertainty is can
