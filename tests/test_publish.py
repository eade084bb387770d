"""What a run publishes: normalisation statistics, the model file, a preview."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

from primage.api import configure, opened_run, prepare
from primage.config import Pix2PixHDConfig
from primage.image import read_image
from primage.model import load
from primage.nets.build import build_network
from primage.publish import estimate_norms, export_model, write_preview
from primage.run import Run
from primage.state import State, fresh_state
from primage.warp.pair import TrainingPair
from tests.tiny import SETTINGS, write_photo

Trained = tuple[Run, State, TrainingPair]


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    """A run folder, its state before the first step, and its training pair."""
    config = configure("draft", steps=1, settings=SETTINGS["draft"])
    prepared = prepare(write_photo(tmp_path), config, shrink_only=True)
    with opened_run(tmp_path / "run", prepared) as run:
        spec = run.record.spec
        pair = TrainingPair(prepared.photo, prepared.primitive, spec, 1.0, config.augment)
        return run, fresh_state(config, spec, "cpu"), pair


def copied(network: torch.nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in network.state_dict().items()}


def test_estimating_norms_changes_the_running_statistics_only(trained: Trained) -> None:
    _, state, pair = trained
    network = state.render_network()
    before, rng_state = copied(network), state.rng.get_state()
    estimate_norms(network, pair, seed=0)
    changed = {name for name, tensor in copied(network).items() if not torch.equal(tensor, before[name])}
    assert changed
    assert all("running_" in name or "num_batches" in name for name in changed)
    assert torch.equal(state.rng.get_state(), rng_state)
    again = state.render_network()
    estimate_norms(again, pair, seed=0)
    assert all(torch.equal(a, b) for a, b in zip(copied(network).values(), copied(again).values(), strict=True))
    assert all(m.momentum == 0.05 for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d))


def test_a_network_without_running_statistics_stays_as_it_is(trained: Trained) -> None:
    network = build_network(Pix2PixHDConfig(ngf=4, n_blocks=1), trained[2].encoded.shape[1])
    before = copied(network)
    estimate_norms(network, trained[2], seed=0)
    assert all(torch.equal(a, b) for a, b in zip(before.values(), copied(network).values(), strict=True))


def test_an_exported_model_is_what_rendering_loads(trained: Trained) -> None:
    run, state, _ = trained
    exported = export_model(run, state.render_network(), steps=7, seconds=1.234)
    model = load(run.path)
    assert model.weights_sha256 == exported.weights_sha256
    assert (model.record.steps, model.record.seconds, model.record.config) == (7, 1.23, run.record.config)


def test_a_preview_shows_photo_render_and_drawing_and_a_warp_below(trained: Trained) -> None:
    run, state, pair = trained
    model = export_model(run, state.render_network(), steps=7, seconds=0.0)
    path = write_preview(run, model, pair)
    assert path == run.path / "previews" / "000007.png"
    picture = read_image(path)
    height, width = model.size
    assert picture.shape == (2 * height, 3 * width, 3)
    assert (picture[:height, :width] == model.photo).all()
    assert (picture[height:, 2 * width :] == 255).all()


def test_a_preview_shows_whole_pictures_where_training_sees_windows(tmp_path: Path) -> None:
    settings = [*SETTINGS["paper"], "augment.window_px=32", "augment.window_probability=1"]
    prepared = prepare(write_photo(tmp_path), configure("paper", steps=1, settings=settings), shrink_only=True)
    with opened_run(tmp_path / "run", prepared) as run:
        config = run.record.config
        pair = TrainingPair(prepared.photo, prepared.primitive, run.record.spec, 1.0, config.augment)
        network = fresh_state(config, run.record.spec, "cpu").render_network()
        preview = write_preview(run, export_model(run, network, 0, 0.0), pair)
    height, width = prepared.photo.shape[:2]
    assert read_image(preview).shape == (2 * height, 3 * width, 3)
