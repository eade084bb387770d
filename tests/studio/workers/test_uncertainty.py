"""Where the painter is unsure of an edit."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from primage.studio.project.hub import Hub
from primage.studio.schemas import ExtractSettings
from primage.studio.workers import painting
from primage.studio.workers.reading import begin
from primage.studio.workers.uncertainty import doubt_map, doubt_png
from tests.studio.conftest import options
from tests.studio.visitor import Visitor
from tests.tiny import SETTINGS, one_thread, write_photo


def opacity(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))[..., 3]


def test_a_map_has_what_is_more_doubtful_than_before_where_the_render_counts() -> None:
    doubt, usual, share = (np.zeros((10, 13), np.float32) for _ in range(3))
    doubt[:4], usual[:4, :4], share[:, :8] = 0.8, 0.7, 1
    found = doubt_map(doubt, usual, share)
    np.testing.assert_array_equal(found, [[26, 204, 0, 0], [0] * 4, [0] * 4])  # 255 × 0.1, 255 × 0.8
    shown = opacity(doubt_png(found))
    assert 0 < shown[0, 0] < shown[0, 1] < 255
    assert (shown > 0).sum() == 2


def test_the_painter_doubts_what_the_photo_does_not_show(tmp_path: Path) -> None:
    """The shipped matcher, which has not learned the photo."""
    Image.fromarray(data.chelsea()[:, 75:375]).resize((96, 96)).save(tmp_path / "cat.png")
    run = tmp_path / "run"
    with one_thread():
        begun = begin(tmp_path / "cat.png", run, ExtractSettings(size_px=96), "draft", ())
        painting.publish_at_once(run)
        layers = {name: layer.copy() for name, layer in begun["layers"].items() if name != "marks"}
        unedited = painting.render(run, layers, keep_original=True)["doubt"]
        layers["segments"][16:40, 56:80] = np.indices((24, 24)).sum(axis=0) // 4 % 2
        strange = painting.render(run, layers, keep_original=True)["doubt"]
        painting.forget(run)
    assert unedited.shape == strange.shape == (24, 24)
    assert not opacity(doubt_png(unedited)).any()
    assert np.median(strange[5:9, 15:19]) > 0.4 * 255
    assert not strange[14:, :10].any()


def test_the_overlay_follows_the_drawing(visitor: Visitor, project: str) -> None:
    with visitor.tab(project) as tab:
        tab.rendered(0)
        shown = opacity(visitor.get(project, "/risk").content)
        assert shown.shape == (12, 16)
        assert not shown.any()
        accepted = tab.draw("edges", 45, 3, np.ones((10, 12)))
        tab.rendered(accepted["history"]["revision"])
        live = visitor.app.state.hub._open[project].rendering
        assert visitor.get(project, "/risk?render=2").content == doubt_png(live.doubt)
        tab.step("undo")
        tab.rendered(tab.revision)
        assert not opacity(visitor.get(project, "/risk").content).any()
        # A project of the published network, as it may come in a zip file.
        live.doubt = None
        answer = visitor.http.get(f"/api/projects/{project}/risk")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        live.forget()
        assert visitor.http.get(f"/api/projects/{project}/risk").json()["code"] == "no_model"


def test_the_published_network_has_no_confidence(tmp_path: Path) -> None:
    run = tmp_path / "run"
    with one_thread():
        begun = begin(write_photo(tmp_path), run, ExtractSettings(), "paper", SETTINGS["paper"])
        painting.publish_at_once(run)
        layers = {name: layer.copy() for name, layer in begun["layers"].items() if name != "marks"}
        assert painting.render(run, layers, keep_original=True)["doubt"] is None
        painting.forget(run)
    for preset, can in (("paper", False), ("standard", True)):
        assert Hub(dataclasses.replace(options(tmp_path), preset=preset)).info().capabilities.risk is can
