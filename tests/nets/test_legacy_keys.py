"""Files of version 0.1: every painter's parameter has a current name, in the same order, and renders the same.

painter_keys_0_1.txt lists the presets' painter for 14 channels as it was then: name, shape, parameter or buffer.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from primage.api import train
from primage.config import PainterConfig
from primage.model import load
from primage.nets import pretrained_matcher
from primage.nets.build import build_network
from primage.nets.legacy_keys import current_keys, former_keys
from primage.nets.pretrained_matcher import MATCHER_FILE, matcher_weights
from primage.run import Run
from primage.state import fresh_state
from primage.tensor_files import load_tensors, save_tensors
from tests.tiny import SETTINGS, one_thread, write_photo

OLD = [line.split() for line in Path(__file__).with_name("painter_keys_0_1.txt").read_text().splitlines()]
OLD_NAMES = current_keys({name: name for name, *_ in OLD})


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


def with_old_names(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as version 0.1 named them, whatever the prefix."""

    def old(name: str) -> str:
        name = name.replace("ema/", "average/") if name.startswith("ema/") else name
        for prefix in ("generator/", "average/", "generator.", ""):
            rest = name.removeprefix(prefix)
            if name.startswith(prefix) and rest in OLD_NAMES:
                return prefix + OLD_NAMES[rest]
        return name

    return {old(name): tensor for name, tensor in tensors.items()}


def test_names_and_shapes_map_one_to_one_and_in_order() -> None:
    with torch.device("meta"):
        network = build_network(PainterConfig(), 14)
    found = [(name, ",".join(map(str, t.shape)) or "-") for name, t in network.state_dict().items()]
    assert list(current_keys({name: shape for name, shape, _ in OLD}).items()) == found
    # The optimiser's state is stored by the index of each parameter.
    parameters = [name for name, _ in network.named_parameters()]
    assert list(current_keys({name: 0 for name, _, kind in OLD if kind == "parameter"})) == parameters


@pytest.mark.parametrize("prefix", ["", "generator.", "generator/", "average/"])
def test_any_prefix_is_kept_and_current_names_stay(prefix: str) -> None:
    old = {prefix + name: number for number, (name, *_) in enumerate(OLD)}
    current = current_keys(old)
    assert list(current.values()) == list(old.values())
    assert all(name.startswith(prefix) for name in current)
    assert current_keys(current) == current
    assert list(former_keys(current).items()) == list(old.items())


def test_other_names_stay() -> None:
    others = ["optimiser_G/3/exp_avg", "rng", "photo", "discriminator/scales.0.stages.1.0.weight", "embed.weight"]
    assert list(current_keys(dict.fromkeys(others))) == others


def test_a_model_with_old_names_renders_the_same(tmp_path: Path) -> None:
    model = train(write_photo(tmp_path), tmp_path / "run", preset="draft", steps=2, settings=SETTINGS["draft"])
    tensors, meta = load_tensors(tmp_path / "run" / "model.safetensors")
    old = with_old_names(tensors)
    assert "generator.matcher.compare_half.0.0.weight" in old
    save_tensors(tmp_path / "old.safetensors", old, meta)
    again = load(tmp_path / "old.safetensors")
    assert np.array_equal(again.render(model.primitive), model.render(model.primitive))


def test_a_checkpoint_with_old_names_restores_networks_and_optimisers(tmp_path: Path) -> None:
    train(write_photo(tmp_path), tmp_path / "run", preset="draft", steps=2, settings=SETTINGS["draft"])
    run = Run(tmp_path / "run")
    tensors, meta = load_tensors(run.checkpoint_path)
    old = with_old_names(tensors)
    assert {"generator/matcher.stay", "average/matcher.judge.1.weight"} <= old.keys()
    state = fresh_state(run.record.config, run.record.spec, "cpu")
    state.load(old, meta)
    restored, _ = state.dump()
    assert restored.keys() == tensors.keys()
    assert all(torch.equal(restored[name], tensors[name]) for name in tensors)


def test_shipped_weights_with_old_names_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    current = matcher_weights()
    save_file(with_old_names(load_file(MATCHER_FILE)), tmp_path / "old.safetensors")
    monkeypatch.setattr(pretrained_matcher, "MATCHER_FILE", tmp_path / "old.safetensors")
    matcher_weights.cache_clear()
    old = matcher_weights()
    monkeypatch.undo()
    matcher_weights.cache_clear()
    assert old.keys() == current.keys()
    assert all(torch.equal(old[name], current[name]) for name in old)
