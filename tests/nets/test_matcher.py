"""The matcher: choosing among neighbours, the window around the best match, and the shipped weights at work."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch.nn import functional as F

from primage.config import PainterConfig, preset
from primage.errors import WeightsError
from primage.grid import identity_grid
from primage.nets import universal
from primage.nets.generator import Source, build_generator
from primage.nets.matcher import _best, _nearby
from primage.nets.universal import MATCHER_FILE, matcher_sha256, matcher_weights, start_from_matcher
from primage.primitive.primitive import PrimitiveSpec, code_matrix, encode
from tests.primitive.drawings import described, drawing
from tests.tiny import one_thread


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def test_the_best_match_is_the_mean_of_its_window_alone() -> None:
    to = F.avg_pool2d(identity_grid((64, 64)).permute(0, 3, 1, 2), 8)[0].flatten(1).T
    logits = torch.full((1, 1, 64), -30.0)
    logits[..., 9] = logits[..., 10] = 5.0  # row 1, columns 1 and 2
    logits[..., 54] = 4.9  # far away
    place, likelihood = _best(logits, logits, to, 8)
    torch.testing.assert_close(place[0, 0], (to[9] + to[10]) / 2, atol=1e-4, rtol=0)
    assert float(likelihood) == pytest.approx(float(torch.tensor(2 / (2 + 0.9048)).log()), abs=1e-3)


def test_what_was_agreed_on_decides_and_the_likelihood_is_its_own() -> None:
    to = F.avg_pool2d(identity_grid((64, 64)).permute(0, 3, 1, 2), 8)[0].flatten(1).T
    logits = torch.full((1, 1, 64), -30.0)
    logits[..., 9], logits[..., 54] = 5.0, 4.0
    agreed = logits.clone()
    agreed[..., 54] = 9.0
    place, likelihood = _best(logits, agreed, to, 8)
    torch.testing.assert_close(place[0, 0], to[54], atol=1e-4, rtol=0)
    assert float(likelihood) == pytest.approx(float(torch.tensor(1 / (1 + 2.71828)).log()), abs=1e-3)


def test_a_coarse_estimate_is_refined_by_looking_about_it() -> None:
    there = F.avg_pool2d(identity_grid((64, 96)).permute(0, 3, 1, 2), 8)
    known = F.normalize(torch.randn(1, 16, 8, 12, generator=torch.Generator().manual_seed(0)), dim=1)
    cell = torch.tensor([2 * 8 / 95, 2 * 8 / 63])[None, :, None, None]
    found = _nearby(60 * known, known, there + 1.3 * cell, there, (64, 96))
    torch.testing.assert_close(found, there, atol=1e-3, rtol=0)


def test_the_file_is_small_and_of_the_presets_network() -> None:
    assert MATCHER_FILE.stat().st_size <= 5_000_000
    assert len(matcher_sha256()) == 64
    config = preset("standard").generator
    assert isinstance(config, PainterConfig)
    network = build_generator(config, 7, torch.Generator().manual_seed(0))
    assert set(network.state_dict()) - set(matcher_weights()) == {"embed.weight"}
    assert all(torch.isfinite(tensor).all() for tensor in matcher_weights().values())


def test_a_missing_file_is_one_clear_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    matcher_weights.cache_clear()
    monkeypatch.setattr(universal, "MATCHER_FILE", MATCHER_FILE.with_name("gone.safetensors"))
    with pytest.raises(WeightsError, match="install anew"):
        matcher_weights()
    monkeypatch.undo()
    matcher_weights.cache_clear()


@pytest.mark.parametrize("kind", ["super", "edges", "segments", "paint"])
def test_the_shipped_matcher_finds_the_training_drawing_where_it_is(kind: str) -> None:
    primitive = drawing(kind)
    spec: PrimitiveSpec = described(primitive)
    network = build_generator(PainterConfig(), spec.channels, torch.Generator().manual_seed(0)).eval()
    start_from_matcher(network, code_matrix(spec))
    x = encode(primitive, spec)
    with torch.no_grad():
        painted = network(x, Source(torch.zeros(1, 3, *primitive.size), x))
    error = (painted.grids[-1] - identity_grid(primitive.size)).norm(dim=-1)
    assert float(error.median()) < 0.1
