"""Where a render is uncertain."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

import primage.studio.workers.painting
import primage.studio.workers.polishing
import primage.studio.workers.reading  # noqa: F401  (they register what the worker processes do)
from primage.studio.drawing import Drawing
from primage.studio.project.extraction import run_config
from primage.studio.project.hub import Hub
from primage.studio.schemas import ExtractSettings
from primage.studio.workers.painter import ForgetModel, PublishInitialModel, RenderDrawing, Rendered
from primage.studio.workers.polisher import MeasureUncertainty, PolishRender
from primage.studio.workers.reader import Configure, CreateRun
from primage.studio.workers.uncertainty import uncertainty_map, uncertainty_png
from tests.studio.conftest import options
from tests.studio.visitor import Visitor
from tests.tiny import SETTINGS, one_thread, run_alone, write_photo


def opacity(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))[..., 3]


def test_the_map_is_the_incoherence_weighted_by_the_mask() -> None:
    incoherence, weight = np.zeros((10, 13), np.float32), np.zeros((10, 13), np.float32)
    incoherence[:4], incoherence[:4, :4], weight[:, :8] = 0.064, 0.001, 1
    found = uncertainty_map(incoherence, weight)
    np.testing.assert_array_equal(found, [[26, 204, 0, 0], [0] * 4, [0] * 4])  # 255 × 0.1, 255 × 0.8
    shown = opacity(uncertainty_png(found))
    assert 0 == shown[0, 0] < shown[0, 1] < 255
    assert (shown > 0).sum() == 1


def render(run: Path, drawing: Drawing) -> Rendered:
    return RenderDrawing(run, drawing, keep_original=True).perform()


def test_what_the_photo_does_not_show_is_uncertain(tmp_path: Path) -> None:
    """The shipped matcher, which has not learned the photo."""
    photo, run = tmp_path / "cat.png", tmp_path / "run"
    Image.fromarray(data.chelsea()[:, 75:375]).resize((96, 96)).save(photo)
    with one_thread():
        config = run_config(Configure("draft", ()).perform(), ExtractSettings(size_px=96))
        drawing = CreateRun(photo, run, config).perform().drawing.copy()
        PublishInitialModel(run).perform()
        assert render(run, drawing).unpolished is None  # nothing to measure
        for layer in drawing.layers.values():
            layer[16:40, 56:80] = layer[30:54, 20:44][::-1].copy()  # an eye, upside down
        given = render(run, drawing).unpolished
        assert given is not None
        alone = MeasureUncertainty(run, given).perform()
        polished = PolishRender(run, drawing, given, given.image, keep_original=True).perform()
        ForgetModel(run).perform()
    assert alone.shape == polished.uncertainty.shape == (24, 24)
    for strange in (alone, polished.uncertainty):
        assert np.median(opacity(uncertainty_png(strange))[5:9, 15:19]) > 20
        assert not strange[14:, :10].any()


def test_the_overlay_follows_the_drawing(visitor: Visitor, noisy: str) -> None:
    project = noisy
    with visitor.tab(project) as tab:
        tab.rendered(0)
        shown = opacity(visitor.get(project, "/uncertainty").content)
        assert shown.shape == (12, 16)
        assert not shown.any()
        tab.draw("edges", 45, 3, np.ones((10, 12)))
        live = visitor.app.state.hub._open[project].rendering
        found = visitor.get(project, "/uncertainty?render=2").content  # waits for the polished picture
        assert live._picture.header.final
        assert found == uncertainty_png(live._uncertainty)
        assert opacity(found).any()
        # Without synthesis, it is measured when it is asked for.
        visitor.http.patch(f"/api/projects/{project}", json={"options": {"polish": False}})
        assert opacity(visitor.get(project, "/uncertainty").content).any()
        tab.step("undo")
        tab.rendered(tab.revision)
        assert not opacity(visitor.get(project, "/uncertainty").content).any()
        # A project of the published network, as it may come in a zip file.
        live._rendered = dataclasses.replace(live._rendered, has_field=False)
        answer = visitor.http.get(f"/api/projects/{project}/uncertainty")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        live.reset()
        assert visitor.http.get(f"/api/projects/{project}/uncertainty").json()["code"] == "no_model"


def test_the_published_network_does_not_say_where_its_pixels_come_from(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with one_thread():
        config = run_config(Configure("paper", SETTINGS["paper"]).perform(), ExtractSettings())
        drawing = CreateRun(write_photo(tmp_path), run, config).perform().drawing.copy()
        PublishInitialModel(run).perform()
        drawing.layers["edges"][3:13, 45] = 1
        found = render(run, drawing)
        assert found.edited is not None
        assert (found.unpolished, found.has_field) == (None, False)
        ForgetModel(run).perform()
    for preset, can in (("paper", False), ("standard", True)):
        info = run_alone(Hub(dataclasses.replace(options(tmp_path), preset=preset)).info())
        assert info.capabilities.uncertainty is can
