"""Coverage and edit risk, with raw pixels as features."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.spatial.distance import cdist

from primage.edit.apply import apply_edits
from primage.edit.records import Paint
from primage.errors import WeightsError
from primage.evaluate.analyses.correlation import spearman
from primage.evaluate.analyses.coverage import coverage, estimates, gradient_density
from primage.evaluate.analyses.distance_maps import distance_maps, nearest_distance, tps_only
from primage.evaluate.analyses.features import Features, load_features
from primage.evaluate.analyses.risk import edit_risks, picture_incoherence
from primage.evaluate.protocol.frame_primitives import frame_primitive
from primage.evaluate.protocol.frames import read_clip
from primage.evaluate.protocol.results import Results
from primage.evaluate.reports.coverage_report import write_coverage
from primage.evaluate.reports.risk_map import draw_risk
from primage.model import Model, load
from primage.primitive.primitive import draw
from primage.tensors import to_tensor
from tests.evaluate.conftest import finish
from tests.evaluate.metrics.random_weights import resnet_tensors
from tests.tiny import need_weights


def patches(x: torch.Tensor) -> torch.Tensor:
    """4 × 4 pixels at every fourth place: (1, 48, H/4, W/4)."""
    return F.pixel_unshuffle(x, 4)


FEATURES = Features("patches", "0" * 64, patches)


@pytest.fixture(scope="module")
def model(evaluated: tuple[Path, Results]) -> Model:
    return load(evaluated[0] / "walk/ours/run")


def test_nearest_is_exact() -> None:
    rng = torch.Generator().manual_seed(0)
    queries, bank = torch.randn(70, 9, generator=rng) * 100, torch.randn(50, 9, generator=rng) * 100
    queries[3] = bank[7]
    found = nearest_distance(queries, bank)
    np.testing.assert_allclose(found, cdist(queries.numpy(), bank.numpy()).min(axis=1), rtol=1e-5)
    assert float(found[3]) == 0.0  # not merely small


def test_maps(model: Model) -> None:
    moved = apply_edits(model.primitive, [Paint(points=((0.1, 0.9), (0.9, 0.1)))])
    same, other = finish(distance_maps(model, [model.primitive, moved], FEATURES, copies=3))
    assert same[0].shape == (12, 16)
    assert same[0].max() == 0  # the training primitive itself was seen
    assert other[0].max() > 0
    assert (other[1] <= other[0]).all()  # a larger bank never increases the distance
    again = finish(distance_maps(model, [model.primitive, moved], FEATURES, copies=3))[1]
    assert (again[1] == other[1]).all()
    warps = tps_only(model.record.config.augment)
    assert (warps.tps, warps.flip, warps.local, warps.parts) == (True, False, False, False)


def test_the_analysis(model: Model, walk: Path, tmp_path: Path) -> None:
    clip = read_clip(walk / "walk", tmp_path)
    found = finish(coverage(model, clip, FEATURES, copies=2))
    assert [frame.name for frame in found.frames] == ["1", "2", "3"]
    frame = found.frames[1]
    drawing = frame_primitive(model, clip.frames[2])
    truth, output = to_tensor(frame.truth), to_tensor(model.render(drawing, polish=False))
    expected = (patches(output) - patches(truth)).abs().mean(dim=1)[0].numpy()
    np.testing.assert_allclose(frame.error, expected, rtol=1e-5)
    assert (frame.drawing == draw(drawing, model.record.spec.line_colour)).all()
    assert found.estimates["spearman_with_tps"].per_frame[1] == pytest.approx(
        spearman(frame.with_tps.ravel().astype(float), expected.ravel().astype(float)), nan_ok=True
    )
    assert 0 <= found.share_closer < 1
    page = write_coverage(tmp_path / "out", found, model, ("primage", "evaluate", "coverage"))
    assert 'src="data:' in page.read_text()
    phrase = "VGG16 features stand in for ResNet50"
    assert phrase not in page.read_text()
    for features, expected in (("vgg16 relu4_3", True), ("resnet50 layer3", False)):
        other = write_coverage(tmp_path / "other", replace(found, features=features), model).read_text()
        assert (f"of each primitive ({phrase})</title>" in other) == expected
    data = json.loads((tmp_path / "out/coverage.json").read_text())
    assert (data["features"], data["tps_copies"], data["frames"]) == ("patches", 2, 3)
    assert (tmp_path / "out/coverage.png").is_file()


def test_a_distance_proportional_to_the_error_correlates_fully(model: Model, walk: Path, tmp_path: Path) -> None:
    clip = read_clip(walk / "walk", tmp_path)
    found = finish(coverage(model, clip, FEATURES, copies=1))
    frames = [replace(frame, error=frame.with_tps * 2 + 1) for frame in found.frames]
    good = estimates(frames)
    assert good["pearson_with_tps"].mean == pytest.approx(1)
    assert good["spearman_with_tps"].low == pytest.approx(1)
    assert good["auroc_with_tps"].mean > 0.9
    assert good["frames_spearman_with_tps"].mean == pytest.approx(1)
    assert good["partial_with_tps"].mean > 0.99
    assert math.isfinite(good["pearson_density"].mean)
    assert "partial_density" not in good


def test_gradient_density() -> None:
    drawing = np.full((48, 64, 3), 255, np.uint8)
    assert gradient_density(drawing, (6, 8)).max() == 0
    drawing[8:16, 8:16:2] = 0
    found = gradient_density(drawing, (6, 8))
    assert found.shape == (6, 8)
    assert found[1, 1] > 0
    assert found[4:, 5:].max() == 0


def test_risk_flags_what_training_has_not_seen(model: Model, tmp_path: Path) -> None:
    (unedited,) = finish(edit_risks(model, [model.primitive], FEATURES, copies=4))
    assert unedited.share == 0
    assert unedited.regions == ()
    scribble = [Paint(points=((0.1 + 0.01 * i, 0.75), (0.3, 0.8 + 0.01 * i))) for i in range(12)]
    drawing = apply_edits(model.primitive, scribble)
    (found,) = finish(edit_risks(model, [drawing], FEATURES, copies=4))
    assert found.values.max() >= unedited.values.max()
    untouched = found.values[:4]  # the top of the drawing
    assert untouched.max() < found.values[8:].max() or found.share == 0
    for region in found.regions:
        left, top, right, bottom = region.box_px
        assert 0 <= left < right <= 64
        assert 0 <= top < bottom <= 48
    assert draw_risk(found, drawing, model).shape == (48, 64, 3)


def test_incoherence_of_a_picture(model: Model) -> None:
    found = picture_incoherence(model, model.primitive)
    assert found.shape == (48, 64)
    polished = model.rendered(model.primitive)[1]
    if polished is not None:
        np.testing.assert_array_equal(found, polished.incoherence)


def test_features(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch.save(resnet_tensors(), tmp_path / "mine.pth")
    resnet = load_features("resnet50", tmp_path / "mine.pth")
    assert resnet.name == "resnet50 layer3"
    assert resnet.extract(torch.zeros(1, 3, 64, 48)).shape == (1, 1024, 4, 3)
    with pytest.raises(ValueError, match="no network 'fid'"):
        load_features("fid")
    monkeypatch.setattr("urllib.request.urlopen", _offline)
    with pytest.raises(WeightsError, match="resnet50"):
        load_features("resnet50")
    need_weights("vgg16")
    vgg = load_features()  # auto, offline
    assert vgg.name == "vgg16 relu4_3"
    assert vgg.extract(torch.zeros(1, 3, 32, 48)).shape == (1, 512, 4, 6)
    assert not math.isnan(float(vgg.extract(torch.zeros(1, 3, 32, 32)).sum()))


def _offline(*_args: object, **_more: object) -> None:
    raise OSError("no network in a test")
