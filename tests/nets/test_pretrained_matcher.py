"""The shipped weights: the file, and what it matches before any training."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from primage.config import PainterConfig, preset
from primage.errors import WeightsError
from primage.grid import identity_grid
from primage.nets import pretrained_matcher
from primage.nets.build import build_generator
from primage.nets.generator import Source
from primage.nets.pretrained_matcher import MATCHER_FILE, init_from_matcher, matcher_sha256, matcher_weights
from primage.primitive.primitive import PrimitiveSpec, code_matrix, encode
from tests.primitive.drawings import described, drawing
from tests.tiny import one_thread


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


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
    monkeypatch.setattr(pretrained_matcher, "MATCHER_FILE", MATCHER_FILE.with_name("gone.safetensors"))
    with pytest.raises(WeightsError, match="reinstall"):
        matcher_weights()
    monkeypatch.undo()
    matcher_weights.cache_clear()


@pytest.mark.parametrize("kind", ["super", "edges", "segments", "paint"])
def test_the_shipped_matcher_matches_the_training_primitive_with_itself(kind: str) -> None:
    primitive = drawing(kind)
    spec: PrimitiveSpec = described(primitive)
    network = build_generator(PainterConfig(), spec.channels, torch.Generator().manual_seed(0)).eval()
    init_from_matcher(network, code_matrix(spec))
    x = encode(primitive, spec)
    with torch.no_grad():
        painted = network(x, Source(torch.zeros(1, 3, *primitive.size), x))
    error = (painted.grids[-1] - identity_grid(primitive.size)).norm(dim=-1)
    assert float(error.median()) < 0.1
