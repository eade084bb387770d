"""Pretraining of the matcher: pictures, episodes, and a few steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from primage.config import PRESETS, PainterConfig
from primage.errors import ImageError
from primage.grid import resample
from primage.losses import enabled_losses
from primage.nets.build import build_generator
from primage.pretrain import training
from primage.pretrain.episodes import Episode, draw_episode
from primage.pretrain.media import read_media
from primage.pretrain.pictures import segmented_photo, synthetic_picture
from primage.pretrain.training import STAGES, Stage, pretraining
from primage.tensor_files import load_tensors
from tests.primitive.drawings import astronaut
from tests.tiny import one_thread


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.mark.parametrize("seed", range(4))
def test_a_synthetic_picture_depends_on_the_seed_alone(seed: int) -> None:
    one, same = (synthetic_picture(48, np.random.default_rng(seed)) for _ in range(2))
    assert np.array_equal(one.photo, same.photo)
    assert np.array_equal(one.index, same.index)
    assert one.photo.shape == (48, 48, 3)
    assert one.index.max() < len(one.colours)
    assert np.abs(one.colours).max() <= 1


def test_a_photo_is_segmented() -> None:
    picture = segmented_photo(astronaut(), 8)
    assert 2 <= len(picture.colours) <= 8


def test_the_grid_makes_the_target_of_the_source() -> None:
    rng = np.random.default_rng(0)
    picture = synthetic_picture(64, rng)
    for _ in range(8):  # all kinds of primitive
        episode = draw_episode(picture, 48, 2, rng)
        assert episode.primitive.shape == (1, 10, 48, 48)
        assert episode.primitives.shape == (2, 10, 48, 48)
        warped = resample(episode.photo.expand(2, -1, -1, -1), episode.grid)
        torch.testing.assert_close(warped, episode.photos)
        assert float(episode.grid.abs().max()) <= 1


def test_codes_are_new_each_time_and_the_same_for_source_and_target() -> None:
    rng = np.random.default_rng(1)
    picture = synthetic_picture(64, rng)
    first, second = (draw_episode(picture, 48, 1, rng).primitive for _ in range(2))
    assert not torch.equal(first, second)


def test_a_few_steps_write_weights_that_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_SIDE", 48)
    stages = [
        Stage(sides=(32,), sources=2, targets=2, steps=1, schedule=2, lr=1e-3, parts=0.5, erased=0.5),
        Stage(sides=(32, 48), sources=1, targets=1, steps=1, schedule=1, lr=1e-3, parts=0.5, erased=0.5),
    ]
    reports = list(pretraining([astronaut()], tmp_path / "m.safetensors", 2, 0, stages))
    assert [means["stage"] for means in reports] == [0, 1]
    assert all(np.isfinite(list(means.values())).all() for means in reports)
    tensors, meta = load_tensors(tmp_path / "m.safetensors")
    assert meta["stage"] == 1
    network = build_generator(PainterConfig(), 5, torch.Generator().manual_seed(0))
    missing = network.load_state_dict(tensors, strict=False)
    assert missing.missing_keys == ["embed.weight"]
    assert not missing.unexpected_keys


def test_no_stage_repeats_the_pictures_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_SIDE", 48)
    stages = [Stage(sides=(32,), sources=1, targets=1, steps=2, schedule=2, lr=1e-3, parts=0.5, erased=0.5)] * 3
    seen: list[np.ndarray] = []
    true = training.draw_episode

    def recorded(*arguments: Any) -> Episode:
        episode = true(*arguments)
        seen.append(episode.grid.numpy())
        return episode

    monkeypatch.setattr(training, "draw_episode", recorded)
    reports = list(pretraining([], tmp_path / "m.safetensors", 1, 0, stages))
    assert len({grid.tobytes() for grid in seen}) == len(seen) == 6

    # Starting with a later stage sees what that stage sees in the whole training.
    whole, seen[:] = list(seen), []
    start = tmp_path / "m.safetensors"
    part = list(pretraining([], tmp_path / "n.safetensors", 1, 0, stages, start, first_stage=1))
    assert [grid.tobytes() for grid in seen] == [grid.tobytes() for grid in whole[2:]]
    assert [means["stage"] for means in part] == [means["stage"] for means in reports[1:]] == [1, 2]


def test_pretraining_uses_the_losses_of_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_SIDE", 48)
    stage = Stage(sides=(32,), sources=1, targets=1, steps=1, schedule=2, lr=1e-3, parts=0.5, erased=0.5)
    (means,) = pretraining([], tmp_path / "m.safetensors", 1, 0, [stage])
    enabled = enabled_losses(PRESETS["standard"].loss, correspondence=True)
    assert set(enabled) - {"G_perc"} == {name for name in means if name.startswith("G_")}


def test_the_stages_fit_each_other() -> None:
    assert all(stage.steps <= stage.schedule for stage in STAGES)


def test_a_missing_wheel_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="scikit_learn"):
        read_media(tmp_path)
