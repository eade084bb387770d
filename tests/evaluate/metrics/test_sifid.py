"""SIFID against Gaussians computed by hand and scipy's matrix square root."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from primage.evaluate.metrics.inception import InceptionStem
from primage.evaluate.metrics.registry import build_metrics, describe
from primage.evaluate.metrics.sifid import SIFID, frechet_distance, statistics
from tests.evaluate.metrics.random_weights import inception_tensors
from tests.tiny import need_weights


def noise(seed: int, channels: int = 3, size: tuple[int, int] = (40, 48)) -> torch.Tensor:
    return torch.rand(1, channels, *size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_gaussians_by_hand() -> None:
    zero, one = np.zeros(2), np.eye(2)
    assert frechet_distance((zero, one), (zero, one)) == pytest.approx(0)
    assert frechet_distance((zero, one), (np.array([3.0, 4.0]), one)) == pytest.approx(25)
    # In one dimension it is (m1 - m2)² + (s1 - s2)².
    a = (np.array([1.0]), np.array([[4.0]]))
    b = (np.array([3.0]), np.array([[25.0]]))
    assert frechet_distance(a, b) == pytest.approx(4 + 9)
    # Commuting covariances: the squared differences of their roots.
    assert frechet_distance((zero, np.diag([1.0, 9.0])), (zero, np.diag([4.0, 16.0]))) == pytest.approx(1 + 1)
    assert frechet_distance((zero, np.zeros((2, 2))), (zero, np.diag([4.0, 0.0]))) == pytest.approx(4)


@pytest.mark.parametrize("seed", range(3))
def test_against_scipys_matrix_root(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = [statistics(torch.from_numpy(rng.normal(size=(5, 9, 8)) * rng.uniform(0.5, 2))) for _ in range(2)]
    (m1, s1), (m2, s2) = pairs
    expected = np.square(m1 - m2).sum() + np.trace(s1 + s2 - 2 * sqrtm(s1 @ s2).real)
    assert frechet_distance(*pairs) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(*pairs[::-1]) == pytest.approx(expected, rel=1e-6)


def test_statistics_are_over_locations() -> None:
    features = torch.arange(12.0).reshape(2, 2, 3)
    mean, cov = statistics(features)
    assert mean.tolist() == [2.5, 8.5]
    np.testing.assert_allclose(cov, np.cov(features.flatten(1).numpy()))
    with pytest.raises(ValueError, match="two locations"):
        statistics(torch.zeros(3, 1, 1))


@pytest.mark.parametrize("dims", [64, 192])
def test_inception(dims: int) -> None:
    stem = InceptionStem(inception_tensors())
    metric = SIFID(dims, stem=stem)
    real = noise(0)
    assert float(metric(real, real)) == pytest.approx(0, abs=1e-4)
    assert float(metric(noise(1) * 0.3, real)) > 0
    assert metric(torch.cat([noise(1), real]), torch.cat([real, real])).shape == (2,)
    # The statistics of images of different sizes are comparable.
    assert float(metric(noise(2, size=(32, 32)), real)) >= 0
    found = describe(metric)
    assert (found.name, found.network, found.higher_is_better) == (f"sifid_{dims}", "inception_v3", False)
    assert found.weights_sha256 == stem.weights_sha256


def test_unknown_dimensions() -> None:
    with pytest.raises(ValueError, match="64 or 192"):
        SIFID(128)
    with pytest.raises(ValueError, match="64 or 128"):
        SIFID(192, "vgg16")


def test_vgg16_is_named_differently() -> None:
    need_weights("vgg16")
    metric = SIFID(64, "vgg16")
    real = noise(0, size=(32, 32))
    assert float(metric(real, real)) == pytest.approx(0, abs=1e-3)
    assert float(metric(noise(1, size=(32, 32)), real)) > 0
    assert (metric.name, metric.network) == ("sifid_vgg16_64", "vgg16")
    assert describe(metric).stand_in == "SIFID (VGG16 features stand in for Inception)"
    assert describe(SIFID(64, stem=InceptionStem(inception_tensors()))).stand_in == ""


def test_vgg16_replaces_inception_if_it_is_not_available(monkeypatch: pytest.MonkeyPatch) -> None:
    need_weights("vgg16")
    monkeypatch.setattr("urllib.request.urlopen", _offline)
    metrics, flicker = build_metrics(["sifid", "psnr"])
    assert [metric.name for metric in metrics] == ["sifid_vgg16_64", "sifid_vgg16_128", "psnr"]
    assert flicker is None


def _offline(*_args: object, **_more: object) -> None:
    raise OSError("no network in a test")
