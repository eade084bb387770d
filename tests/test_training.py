"""The training loop: short real runs of every preset, stopping, resuming, and failing."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from primage import loss_network, losses, training
from primage.api import configure, continued_run, opened_run, prepare, train
from primage.config import PRESETS, preset
from primage.errors import ConfigError, RunError, TrainingError, WeightsError
from primage.model import Model, load
from primage.nets import features
from primage.nets.features import PIX2PIXHD_LAYERS, FeatureExtractor
from primage.nets.generator import Source
from primage.nets.pretrained_matcher import matcher_weights
from primage.nets.weights import weights_available
from primage.run import Run
from primage.schedule import Stage, plan
from primage.state import State, fresh_state
from primage.tensor_files import load_tensors, save_tensors
from primage.warp.pair import TrainingPair
from tests.nets.test_features import random_weights
from tests.tiny import (
    SETTINGS,
    command,
    contents,
    lock_holder,
    need_weights,
    one_thread,
    options,
    start,
    write_photo,
)

#: All losses but the perceptual one; the discriminator starts halfway.
ALL = (*SETTINGS["draft"], "discriminator.start=0.5", "loss.lambda_feat=1", "discriminator.num_D=2")
PROMPT_SEC = 60


@pytest.fixture(autouse=True, scope="module")
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    return write_photo(tmp_path)


def small(photo: Path, folder: Path, steps: int = 6, preset: str = "draft", settings: tuple[str, ...] = ALL) -> Model:
    return train(photo, folder, preset=preset, steps=steps, settings=settings)  # type: ignore[arg-type]


def go(photo: Path, folder: Path, steps: int, stop_after: int | None = None, settings: tuple[str, ...] = ALL) -> None:
    """Train, and stop after a step by closing the iterator."""
    config = configure("draft", steps=steps, settings=settings)
    with opened_run(folder, prepare(photo, config, shrink_only=True)) as run:
        iterator = training.training(run)
        for progress in iterator:
            if progress.step == stop_after:
                iterator.close()  # type: ignore[attr-defined]
                return


@pytest.fixture
def log_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_LOG_SEC", 0.0)


def logged_steps(folder: Path) -> list[int]:
    return [json.loads(line)["step"] for line in (folder / "log.jsonl").read_text().splitlines()]


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    limit = time.monotonic() + PROMPT_SEC
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.002)


# --- every preset


@pytest.mark.parametrize("preset", PRESETS)
def test_two_real_steps_of_every_preset(preset: str, photo: Path, tmp_path: Path) -> None:
    model = small(photo, tmp_path / "run", 2, preset, SETTINGS[preset])
    assert model.record.steps == 2
    assert model.record.config.preset == preset
    assert all(torch.isfinite(tensor).all() for tensor in model.weights.values())
    run = Run(tmp_path / "run")
    start_weights = fresh_state(run.record.config, run.record.spec, "cpu").generator.state_dict()
    assert any(not torch.equal(model.weights[name], start_weights[name]) for name in start_weights)
    assert logged_steps(run.path)[-1] == 2
    assert [path.name for path in (run.path / "previews").iterdir()] == ["000002.png"]
    assert model.render(model.primitive).shape == (48, 64, 3)


@pytest.mark.parametrize("kind", ["edges", "segments", "paint"])
def test_two_real_steps_of_other_primitives(kind: str, photo: Path, tmp_path: Path) -> None:
    model = train(photo, tmp_path / "run", primitive=kind, preset="draft", steps=2, settings=ALL)  # type: ignore[arg-type]
    assert model.render(model.primitive).shape == (48, 64, 3)


@pytest.mark.parametrize("preset", ["draft", "paper"])
def test_two_real_steps_with_the_pretrained_loss_network(preset: str, photo: Path, tmp_path: Path) -> None:
    need_weights("vgg16")
    settings = (*SETTINGS[preset][1:], "loss.perceptual_network=vgg16", 'phases=[{"until":1.0}]')
    small(photo, tmp_path / "run", 2, preset, settings)
    entry = json.loads((tmp_path / "run" / "log.jsonl").read_text().splitlines()[0])
    log = (tmp_path / "run" / "log.jsonl").read_text()
    assert "G_perc" in log or entry["step"] == 2  # `draft` has it every second step only
    assert Run(tmp_path / "run").record.config.loss.perceptual_network == "vgg16"


def test_all_augmentations_at_once(photo: Path, tmp_path: Path) -> None:
    switches = ("tps", "flip", "rotation", "crop", "shear", "translation", "cutmix", "canny_sigma", "parts", "redraw")
    settings = (*ALL, *(f"augment.{name}=true" for name in switches))
    assert small(photo, tmp_path / "run", 2, settings=settings).record.steps == 2


@pytest.mark.parametrize("setting", ["loss.gan=log", "loss.lambda_GAN=0", "optim.ema=0", "discriminator.start=1"])
def test_a_part_can_be_switched_off_or_replaced(setting: str, photo: Path, tmp_path: Path) -> None:
    settings = (*(s for s in ALL if s.partition("=")[0] != setting.partition("=")[0]), setting)
    small(photo, tmp_path / "run", 2, settings=settings)
    log = (tmp_path / "run" / "log.jsonl").read_text()
    assert ("D_real" in log) == (setting not in ("loss.lambda_GAN=0", "discriminator.start=1"))


@pytest.mark.parametrize("steps", [0, 1])
def test_one_step_or_none_still_makes_a_model(steps: int, photo: Path, tmp_path: Path) -> None:
    assert small(photo, tmp_path / "run", steps).record.steps == steps


def test_settings_without_any_loss_are_refused(photo: Path, tmp_path: Path) -> None:
    weights = ("GAN", "feat", "perc", "L1", "grid", "match", "copy", "synthesised", "confidence")
    with pytest.raises(ConfigError, match="all losses are switched off"):
        small(photo, tmp_path / "run", 2, settings=(*ALL, *(f"loss.lambda_{name}=0" for name in weights)))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("matcher", ["universal", "none"])
def test_a_model_without_training_renders(matcher: str, photo: Path, tmp_path: Path) -> None:
    settings = () if matcher == "universal" else ALL
    model = train(photo, tmp_path / "run", steps=0, settings=settings, matcher=matcher)
    assert model.record.steps == 0
    assert model.render(model.primitive).shape == (48, 64, 3)
    assert Run(tmp_path / "run").record.config.matcher == matcher


def test_training_starts_from_the_shipped_matcher(photo: Path, tmp_path: Path) -> None:
    model = train(photo, tmp_path / "run", steps=0)
    shipped = matcher_weights()
    assert set(model.weights) - set(shipped) == {"embed.weight"}
    for name, tensor in shipped.items():
        if "running_" not in name and "num_batches" not in name:  # estimated again on the photo
            assert torch.equal(model.weights[name], tensor), name


def continued(run: Path, **longer: float) -> Model:
    with continued_run(run, **longer) as opened:  # type: ignore[arg-type]
        for _ in training.training(opened):
            pass
    return load(run)


def test_steps_can_be_added_to_a_run(photo: Path, tmp_path: Path) -> None:
    first = small(photo, tmp_path / "run", 3)
    more = continued(tmp_path / "run", steps=4)
    assert (first.record.steps, more.record.steps) == (3, 7)
    assert first.weights_sha256 != more.weights_sha256
    config = Run(tmp_path / "run").record.config
    assert config.continued_from == 3
    # At full size only, whatever the phases were.
    prepared = prepare(photo, config, shrink_only=True)
    pair = TrainingPair(prepared.photo, prepared.primitive, prepared.record.spec, 1.0, config.augment)
    stages = plan(config, 7, {1.0: pair, 0.5: pair})
    assert {(stage.scale, stage.batch) for stage in stages} == {(1.0, 1)}
    # The first command finds everything done; a second addition counts from there.
    assert small(photo, tmp_path / "run", 3).weights_sha256 == more.weights_sha256
    assert continued(tmp_path / "run", steps=1).record.steps == 8


def test_an_interrupted_addition_ends_with_the_same_weights(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("whole", "cut"):
        small(photo, tmp_path / name, 2)
    whole = continued(tmp_path / "whole", steps=4)
    monkeypatch.setattr(training, "_LOG_SEC", 0.0)  # so that it yields after each step
    with continued_run(tmp_path / "cut", steps=4) as run, contextlib.closing(training.training(run)) as steps:
        assert next(steps).step == 3
    assert small(photo, tmp_path / "cut", 2).weights_sha256 == whole.weights_sha256


def test_added_minutes_are_timed(photo: Path, tmp_path: Path) -> None:
    small(photo, tmp_path / "run", 2)
    assert continued(tmp_path / "run", minutes=0.02).record.steps > 2


def test_added_steps_start_at_half_the_learning_rate(photo: Path, tmp_path: Path) -> None:
    config = configure("draft", steps=30, settings=ALL).model_copy(update={"continued_from": 10})
    state = fresh_state(config, prepare(photo, config, shrink_only=True).record.spec, "cpu")
    rates = []
    for state.step in range(10, 30):
        state.set_learning_rates(config)
        rates.append(state.optimiser_G.param_groups[0]["lr"])
    assert max(rates) == pytest.approx(0.5 * config.optim.lr, rel=0.05)
    assert rates[-1] < 0.05 * config.optim.lr


# --- the loss network

PERCEPTUAL = (*(s for s in ALL if "lambda_perc" not in s), "loss.perceptual_every=1", 'phases=[{"until":1.0}]')


class Weights:
    """Stands in for `load_weights`: random weights of VGG16's first layers, once they are available."""

    available = False

    def __call__(self, name: str, **_others: object) -> dict[str, Tensor]:
        if not self.available:
            raise WeightsError(f"no source gives the weights {name!r}: no network.")
        rng, found = torch.Generator().manual_seed(0), {}
        widths = {0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256), 12: (256, 256), 14: (256, 256)}
        for index, (inputs, outputs) in widths.items():
            found[f"features.{index}.weight"] = torch.randn(outputs, inputs, 3, 3, generator=rng) / inputs
            found[f"features.{index}.bias"] = torch.zeros(outputs)
        return found


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> Weights:
    weights = Weights()
    for module in (loss_network, features):
        monkeypatch.setattr(module, "load_weights", weights)
    return weights


def added(folder: Path, require_weights: bool) -> set[str | None]:
    """Train two more steps; the notices that came with the progress."""
    with continued_run(folder, steps=2, require_weights=require_weights) as run:
        return {progress.notice for progress in training.training(run, require_weights=require_weights)}


def test_a_session_without_the_loss_network_changes_nothing_for_the_next(
    photo: Path, tmp_path: Path, weights: Weights, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "run"
    requested = small(photo, folder, 0, settings=PERCEPTUAL).record.config.loss
    assert requested.lambda_perc > 0
    for _ in range(2):  # each session says so
        caplog.clear()
        (notice,) = added(folder, require_weights=False)
        assert notice is not None
        assert "vgg16 weights are not available" in notice
        assert notice in caplog.text
    assert "G_perc" not in (folder / "log.jsonl").read_text()
    assert Run(folder).record.config.loss == load(folder).record.config.loss == requested

    weights.available = True
    assert added(folder, require_weights=False) == {None}
    assert "G_perc" in (folder / "log.jsonl").read_text().splitlines()[-1]


def test_a_run_that_lost_its_perceptual_loss_to_an_earlier_version_gets_it_back(
    photo: Path, tmp_path: Path, weights: Weights
) -> None:
    folder = tmp_path / "run"
    small(photo, folder, 0, settings=PERCEPTUAL)
    run = Run(folder)
    loss = run.record.config.loss.model_copy(update={"lambda_perc": 0.0})
    run.amend(run.record.config.model_copy(update={"loss": loss}))
    assert Run(folder).record.config.loss.lambda_perc == run.record.requested.loss.lambda_perc
    weights.available = True
    assert added(folder, require_weights=True) == {None}
    assert "G_perc" in (folder / "log.jsonl").read_text()


def test_unknown_perceptual_layers_are_refused_whether_or_not_the_weights_are_required(
    photo: Path, tmp_path: Path, weights: Weights
) -> None:
    weights.available = True
    small(photo, tmp_path / "run", 0, settings=PERCEPTUAL)
    run = Run(tmp_path / "run")
    loss = run.record.config.loss.model_copy(
        update={"perceptual_layers": ("bogus",) * len(run.record.config.loss.perceptual_layers)}
    )
    run.amend(run.record.config.model_copy(update={"loss": loss}))
    for require_weights in (True, False):
        with pytest.raises(ConfigError, match="has no layer bogus"):
            added(tmp_path / "run", require_weights=require_weights)


def test_a_loss_network_that_is_required_and_not_available_is_an_error(
    photo: Path, tmp_path: Path, weights: Weights
) -> None:
    with pytest.raises(WeightsError):
        small(photo, tmp_path / "run", 2, settings=PERCEPTUAL)
    assert not (tmp_path / "run").exists()
    small(photo, tmp_path / "run", 0, settings=PERCEPTUAL)
    before = contents(tmp_path / "run")
    with pytest.raises(WeightsError):
        added(tmp_path / "run", require_weights=True)
    assert contents(tmp_path / "run") == before


def test_training_leaves_the_global_randomness_alone(photo: Path, tmp_path: Path) -> None:
    before = torch.random.get_rng_state()
    network = ("loss.lambda_perc=1",) if weights_available("vgg16") else ()
    small(photo, tmp_path / "run", 2, settings=(*ALL, *network, "augment.cutmix=true"))
    assert torch.equal(torch.random.get_rng_state(), before)


def test_the_result_depends_on_the_seed(photo: Path, tmp_path: Path) -> None:
    one, same = small(photo, tmp_path / "a"), small(photo, tmp_path / "b")
    assert one.weights_sha256 == same.weights_sha256
    other = train(photo, tmp_path / "c", preset="draft", steps=6, seed=1, settings=ALL)
    assert other.weights_sha256 != one.weights_sha256


# --- stopping and resuming


@pytest.mark.usefixtures("log_every_step")
@pytest.mark.parametrize("stops", [(3,), (1, 2, 5)])
@pytest.mark.parametrize("preset", ["draft", "paper"])
def test_a_stopped_and_resumed_run_ends_bit_identical(
    preset: str, stops: tuple[int, ...], photo: Path, tmp_path: Path
) -> None:
    settings = ALL if preset == "draft" else (*SETTINGS["paper"], "optim.ema=0.5")

    def drive(folder: Path, stop_after: int | None) -> None:
        config = configure(preset, steps=6, settings=settings)
        with opened_run(folder, prepare(photo, config, shrink_only=True)) as run:
            iterator = training.training(run)
            for progress in iterator:
                if progress.step == stop_after:
                    iterator.close()  # type: ignore[attr-defined]
                    break

    drive(tmp_path / "whole", None)
    for stop in stops:
        drive(tmp_path / "parts", stop)
        assert load(tmp_path / "parts").record.steps == stop
    drive(tmp_path / "parts", None)

    whole, parts = load(tmp_path / "whole"), load(tmp_path / "parts")
    assert parts.weights_sha256 == whole.weights_sha256
    (expected, meta), (found, found_meta) = (
        load_tensors(Run(tmp_path / name).checkpoint_path) for name in ("whole", "parts")
    )
    assert found.keys() == expected.keys()
    assert {name.partition("/")[0] for name in found} == {
        *("rng", "generator", "discriminator", "ema", "optimiser_G", "optimiser_D")
    }
    assert [name for name in expected if not torch.equal(expected[name], found[name])] == []
    assert meta["step"] == found_meta["step"] == 6
    assert logged_steps(tmp_path / "parts") == [1, 2, 3, 4, 5, 6]


def test_a_killed_process_is_resumed_by_the_same_command_to_the_same_weights(photo: Path, tmp_path: Path) -> None:
    steps = 40
    arguments = options(steps=steps, settings=("checkpoint_sec=0.2", "discriminator.start=0.5"))
    killed, whole = tmp_path / "killed", tmp_path / "whole"
    process = start("train", photo, "--out", killed, *arguments)
    wait_for((killed / "checkpoint.safetensors").exists, process)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    step = load_tensors(killed / "checkpoint.safetensors")[1]["step"]
    assert isinstance(step, int)
    assert 0 < step < steps

    assert command("train", photo, "--out", killed, *arguments, "--quiet") == 0
    assert command("train", photo, "--out", whole, *arguments, "--quiet") == 0
    assert load(killed).weights_sha256 == load(whole).weights_sha256
    found, expected = (load_tensors(folder / "checkpoint.safetensors")[0] for folder in (killed, whole))
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    numbers = logged_steps(killed)
    assert numbers == sorted(set(numbers))


def test_an_interrupted_process_leaves_a_model_that_renders(photo: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    process = start("train", photo, "--out", run, *options(steps=10**6))
    wait_for((run / "log.jsonl").exists, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PROMPT_SEC)
    assert process.returncode == 130, err
    assert out == ""
    assert "Traceback" not in err
    assert re.search(rf"Stopped after \d+ of 1000000 steps; repeat the command to resume, .*--continue -o {run}", err)
    model = load(run)
    assert 0 < model.record.steps < 10**6
    assert load_tensors(run / "checkpoint.safetensors")[1]["step"] == model.record.steps
    assert model.render(model.primitive).shape == (48, 64, 3)


@pytest.mark.usefixtures("log_every_step")
def test_continue_finishes_what_was_stopped(photo: Path, tmp_path: Path) -> None:
    go(photo, tmp_path / "run", 5, stop_after=3)
    (tmp_path / "run" / "model.safetensors").unlink()
    with pytest.raises(RunError, match="has no model yet; train it: primage train --continue -o"):
        load(tmp_path / "run")
    assert command("train", "--continue", "--out", tmp_path / "run", "--quiet") == 0
    go(photo, tmp_path / "whole", 5)
    assert load(tmp_path / "run").weights_sha256 == load(tmp_path / "whole").weights_sha256
    assert logged_steps(tmp_path / "run") == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("log_every_step")
def test_a_quiet_training_stops_quietly_after_the_current_step(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    true = training.train_step

    def interrupted(state: State, *others: Any) -> dict[str, float]:
        if state.step == 1:
            signal.raise_signal(signal.SIGINT)
        return true(state, *others)

    monkeypatch.setattr(training, "train_step", interrupted)
    before = signal.getsignal(signal.SIGINT)
    assert command("train", photo, "--out", tmp_path / "run", *options(steps=5), "--quiet") == 130
    assert capsys.readouterr() == ("", "")
    assert load(tmp_path / "run").record.steps == 2
    assert signal.getsignal(signal.SIGINT) == before


def test_the_same_command_on_a_finished_run_ends_at_once(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = ("train", photo, "--out", tmp_path / "run", *options(steps=3), "--quiet")
    assert command(*arguments) == 0
    before = load(tmp_path / "run")

    def no_step(*_arguments: object) -> None:
        raise AssertionError("a step was taken")

    monkeypatch.setattr(training, "train_step", no_step)
    assert command(*arguments) == 0
    after = load(tmp_path / "run")
    assert after.weights_sha256 == before.weights_sha256
    assert after.record == before.record
    assert logged_steps(tmp_path / "run") == [3]


@pytest.mark.usefixtures("log_every_step")
def test_a_run_killed_before_its_first_checkpoint_logs_no_step_twice(photo: Path, tmp_path: Path) -> None:
    go(photo, tmp_path / "run", 5, stop_after=3)
    run = Run(tmp_path / "run")
    run.checkpoint_path.unlink()
    run.model_path.unlink()
    go(photo, tmp_path / "run", 5)
    assert logged_steps(tmp_path / "run") == [1, 2, 3, 4, 5]


@pytest.mark.usefixtures("log_every_step")
def test_a_checkpoint_of_another_run_is_refused(photo: Path, tmp_path: Path) -> None:
    go(photo, tmp_path / "run", 4, stop_after=2)
    wide = ("generator.widths=[16,16,16,16]" if s.startswith("generator.widths") else s for s in ALL)
    go(photo, tmp_path / "other", 4, stop_after=2, settings=tuple(wide))
    (tmp_path / "other" / "checkpoint.safetensors").replace(tmp_path / "run" / "checkpoint.safetensors")
    before = contents(tmp_path / "run")
    with pytest.raises(RunError, match="does not belong to this run"):
        go(photo, tmp_path / "run", 4)
    assert contents(tmp_path / "run") == before


@pytest.mark.usefixtures("log_every_step")
def test_a_checkpoint_and_a_record_of_an_earlier_version_are_resumed(photo: Path, tmp_path: Path) -> None:
    for name in ("new", "old"):
        go(photo, tmp_path / name, 4, stop_after=2)
    old = Run(tmp_path / "old")
    tensors, meta = load_tensors(old.checkpoint_path)
    save_tensors(
        old.checkpoint_path, {name.replace("ema/", "average/"): tensor for name, tensor in tensors.items()}, meta
    )
    record = (old.path / "run.json").read_text()
    for new, former in (("lambda_synthesised", "lambda_drawn"), ("continued_from", "stretch_from")):
        assert new in record
        record = record.replace(new, former)
    (old.path / "run.json").write_text(record)
    for name in ("new", "old"):
        go(photo, tmp_path / name, 4)
    assert load(old.path).weights_sha256 == load(tmp_path / "new").weights_sha256


def test_minutes_become_steps_which_the_run_keeps(photo: Path, tmp_path: Path) -> None:
    arguments = ("train", photo, "--out", tmp_path / "run", *options(minutes=0.02), "--quiet")
    begin = time.monotonic()
    assert command(*arguments) == 0
    assert time.monotonic() - begin < 15
    record, model = Run(tmp_path / "run").record, load(tmp_path / "run")
    assert record.requested.steps is None
    assert record.config.steps is not None
    assert record.config.minutes == 0.02
    assert model.record.steps == model.record.config.steps == record.config.steps > 0
    assert command(*arguments) == 0  # timing again would have given another number
    assert Run(tmp_path / "run").record == record
    assert load(tmp_path / "run").weights_sha256 == model.weights_sha256


# --- refused run folders


def refused(folder: Path, capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one-line message of a refused training; nothing in ``folder`` changes."""
    before = contents(folder)
    assert command("train", *arguments) == 2
    assert contents(folder) == before
    printed = capsys.readouterr()
    assert printed.out == ""
    lines = printed.err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("primage: ")
    return lines[0]


def test_a_run_folder_of_other_settings_or_photo_is_refused(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert command("train", photo, "--out", run, *options(steps=2), "--quiet") == 0
    other = write_photo(tmp_path, seed=1, name="other.png")
    line = refused(tmp_path, capsys, photo, "--out", run, *options(steps=3))
    assert (
        f"other settings (steps was 2, now 3); to train it longer: primage train --continue -o {run} --steps 1" in line
    )
    line = refused(tmp_path, capsys, photo, "--out", run, *options(minutes=5))
    assert f"to train it longer: primage train --continue -o {run} --minutes 5" in line
    assert "other settings" in refused(tmp_path, capsys, photo, "--out", run, *options(steps=2, seed=1))
    assert "other settings" in refused(tmp_path, capsys, photo, "--out", run, *options(steps=2, primitive="edges"))
    assert "another photo" in refused(tmp_path, capsys, other, "--out", run, *options(steps=2))


def test_a_folder_of_something_else_is_refused(photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters" / "dear.txt").write_text("dear")
    line = refused(tmp_path, capsys, photo, "--out", tmp_path / "letters", *options(steps=2))
    assert "dear.txt" in line


def test_a_second_process_on_the_folder_is_refused(
    photo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    assert command("train", photo, "--out", run, *options(steps=2), "--quiet") == 0
    with lock_holder(run / ".lock") as holder:
        line = refused(tmp_path, capsys, photo, "--out", run, *options(steps=2))
        holder.kill()
    assert "another process is training here" in line
    assert command("train", photo, "--out", run, *options(steps=2), "--quiet") == 0


# --- losses that are not finite


def nan_after(steps: int, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a loss return NaN once it was called ``steps`` times."""
    true: Callable[..., Tensor] = getattr(losses, name)
    asked = 0

    def loss(*arguments: object) -> Tensor:
        nonlocal asked
        asked += 1
        value = true(*arguments)
        return value * float("nan") if asked > steps else value

    monkeypatch.setattr(losses, name, loss)


@pytest.mark.usefixtures("log_every_step")
def test_a_loss_that_is_nan_ends_the_training_and_keeps_the_last_checkpoint(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tuple(s for s in ALL if s not in SETTINGS["draft"])
    arguments = ("train", photo, "--out", tmp_path / "run", *options(steps=6, settings=settings))
    go(photo, tmp_path / "run", 6, stop_after=2)
    kept = {name: content for name, content in contents(tmp_path / "run").items() if "safetensors" in name}
    capsys.readouterr()
    with monkeypatch.context() as patch:
        nan_after(3, "grid_loss", patch)
        with pytest.raises(TrainingError, match="step 5: G_grid is not finite"):
            go(photo, tmp_path / "run", 6)
    after = contents(tmp_path / "run")
    assert {name: after[name] for name in kept} == kept
    model = load(tmp_path / "run")
    assert model.record.steps == 2
    assert model.render(model.primitive).shape == (48, 64, 3)

    with monkeypatch.context() as patch:
        nan_after(0, "grid_loss", patch)
        assert command(*arguments, "--quiet") == 1
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("primage: step 2: G_grid is not finite")
    # Without the NaN the same command resumes, with the same result as an undisturbed run.
    assert command(*arguments, "--quiet") == 0
    assert load(tmp_path / "run").weights_sha256 == small(photo, tmp_path / "whole").weights_sha256


@pytest.fixture
def step(photo: Path, tmp_path: Path) -> tuple[State, Callable[[], dict[str, float]]]:
    """A fresh state, and a function that takes one adversarial step."""
    config = configure("draft", steps=2, settings=(*ALL, "optim.ema=0.5"))
    prepared = prepare(photo, config, shrink_only=True)
    spec = prepared.record.spec
    pair = TrainingPair(prepared.photo, prepared.primitive, spec, 1.0, config.augment)
    stage = Stage(2, pair, batch=2, scale=1.0, perceptual=False, adversarial=True)
    state = fresh_state(config, spec, "cpu")
    source = Source(pair.photo, pair.encoded)
    return state, lambda: training.train_step(state, config, stage, source, None, "cpu")


@pytest.mark.parametrize("preset", ["draft", "paper"])
def test_bfloat16_trains_float32_weights_to_almost_the_same_losses(preset: str, photo: Path, tmp_path: Path) -> None:
    values = {}
    for precision in ("float32", "bfloat16"):
        small_nets = ("generator.ngf=4", "generator.n_blocks=1", "discriminator.ndf=4", "loss.lambda_perc=0")
        settings = (*(ALL if preset == "draft" else small_nets), f"optim.precision={precision}")
        train(photo, tmp_path / precision, preset=preset, steps=2, size=48, settings=settings)
        tensors, _ = load_tensors(Run(tmp_path / precision).checkpoint_path)
        assert {t.dtype for name, t in tensors.items() if name.startswith("generator/")} <= {torch.float32, torch.int64}
        log = (tmp_path / precision / "log.jsonl").read_text().splitlines()
        values[precision] = json.loads(log[-1])
    for name in values["float32"].keys() - {"step", "seconds"}:
        # Equal to about the resolution of bfloat16, 2^-8; not bit-identical, so the setting took effect.
        assert values["bfloat16"][name] == pytest.approx(values["float32"][name], rel=0.05, abs=0.02)
    assert values["bfloat16"] != values["float32"]


def parameters(state: State) -> list[Tensor]:
    assert state.ema is not None
    networks = (state.generator, state.discriminator, state.ema.network)
    return [p.detach().clone() for network in networks for p in network.parameters()]


@pytest.mark.parametrize(
    ("name", "after"),
    [("l1_loss", 0), ("l1_loss", 1), ("gan_loss", 0), ("gan_loss", 1), ("gan_loss", 2), ("feature_matching_loss", 0)],
)
def test_no_weight_changes_in_a_step_that_fails(
    name: str,
    after: int,
    step: tuple[State, Callable[[], dict[str, float]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state, take = step
    before = parameters(state)
    nan_after(after, name, monkeypatch)
    with pytest.raises(TrainingError, match="not finite; the weights were not changed"):
        take()
    assert all(torch.equal(a, b) for a, b in zip(before, parameters(state), strict=True))
    assert not state.intact
    assert not state.optimiser_G.state_dict()["state"]
    assert not state.optimiser_D.state_dict()["state"]


def test_a_gradient_that_is_not_finite_is_noticed_too(
    step: tuple[State, Callable[[], dict[str, float]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    state, take = step
    before = parameters(state)
    true = losses.l1_loss
    # The square root at 0: a loss of 0 with an infinite gradient.
    monkeypatch.setattr(losses, "l1_loss", lambda a, b: true(a, b) + ((a - a) * 1.0).abs().sum().sqrt())
    with pytest.raises(TrainingError, match="a gradient is not finite"):
        take()
    assert all(torch.equal(a, b) for a, b in zip(before, parameters(state), strict=True))


# --- the step


def test_a_step_names_its_losses_and_changes_all_networks(
    step: tuple[State, Callable[[], dict[str, float]]],
) -> None:
    state, take = step
    before = parameters(state)
    values = take()
    assert set(values) >= {"G_GAN", "G_feat", "G_L1", "G_grid", "D_real", "D_fake"}
    assert not state.intact  # until the loop has counted the step
    state.finish_step()
    assert state.intact
    assert state.step == 1
    for _ in range(2):  # layers initialised with zeros pass no gradient on in the first step
        take()
        state.finish_step()
    after = parameters(state)
    changed = [not torch.equal(a, b) for a, b in zip(before, after, strict=True)]
    assert sum(changed) > 0.9 * len(changed)


def test_the_discriminator_learns_from_its_own_loss_alone(
    step: tuple[State, Callable[[], dict[str, float]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    state, take = step
    critic = copy.deepcopy(state.discriminator)
    seen: list[tuple[Tensor, Tensor]] = []
    state.discriminator.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs))
    take()
    (x, real), (_, fake) = seen[0], seen[-1]
    assert not fake.requires_grad
    own = 0.5 * (losses.gan_loss(critic(x, real), True, "lsgan") + losses.gan_loss(critic(x, fake), False, "lsgan"))
    own.backward()
    for mine, its in zip(critic.parameters(), state.discriminator.parameters(), strict=True):
        torch.testing.assert_close(its.grad, mine.grad)
        assert its.requires_grad


def test_a_step_of_the_paper_preset_is_the_published_one(photo: Path) -> None:
    """Losses and gradients of both networks against plain formulas; batch 1, no pool of earlier fakes."""
    config = configure("paper", "segments", steps=2, settings=(*SETTINGS["paper"], "generator.n_downsampling=2"))
    prepared = prepare(photo, config, shrink_only=True)
    config = config.model_copy(update={"loss": preset("paper").loss})
    spec = prepared.record.spec
    pair = TrainingPair(prepared.photo, prepared.primitive, spec, 1.0, config.augment)
    state = fresh_state(config, spec, "cpu")
    vgg = FeatureExtractor("vgg19", PIX2PIXHD_LAYERS, random_weights("vgg19"), scaling=config.loss.perceptual_input)
    for optimiser in (state.optimiser_G, state.optimiser_D):
        group = optimiser.param_groups[0]
        assert isinstance(optimiser, torch.optim.Adam)
        assert (group["lr"], group["betas"], group["eps"], group["weight_decay"]) == (2e-4, (0.5, 0.999), 1e-8, 0)
    generator, discriminator = copy.deepcopy(state.generator), copy.deepcopy(state.discriminator)
    seen: list[tuple[Tensor, Tensor]] = []
    state.discriminator.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs))
    [stage] = plan(config, 2, {1.0: pair})
    values = training.train_step(state, config, stage, Source(pair.photo, pair.encoded), vgg, "cpu")

    x, real = seen[0]
    assert len(x) == 1
    fake = generator(x, Source(pair.photo, pair.encoded)).image
    of_real, of_fake = discriminator(x, real), discriminator(x, fake)
    adversarial = sum(((stages[-1] - 1) ** 2).mean() for stages in of_fake)
    matching = sum(
        10 * (4 / (3 + 1)) * (1 / 2) * (a - b.detach()).abs().mean()
        for fakes, reals in zip(of_fake, of_real, strict=True)
        for a, b in zip(fakes[:-1], reals[:-1], strict=True)
    )
    perceptual = sum(
        10 * weight * (a - b).abs().mean()
        for weight, a, b in zip((1 / 32, 1 / 16, 1 / 8, 1 / 4, 1), vgg(fake), vgg(real), strict=True)
    )
    of_old_fake = discriminator(x, fake.detach())
    own = 0.5 * sum(
        ((reals[-1] - 1) ** 2).mean() + (fakes[-1] ** 2).mean()
        for reals, fakes in zip(of_real, of_old_fake, strict=True)
    )
    objective = adversarial + matching + perceptual
    assert isinstance(objective, Tensor)
    assert isinstance(own, Tensor)
    assert values["G_GAN"] + 10 * values["G_feat"] + 10 * values["G_perc"] == pytest.approx(
        float(objective.detach()), rel=1e-5
    )
    expected = torch.autograd.grad(objective, list(generator.parameters()), retain_graph=True)
    expected += torch.autograd.grad(own, list(discriminator.parameters()))
    trained = [*state.generator.parameters(), *state.discriminator.parameters()]
    for parameter, gradient in zip(trained, expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(("name", "normalised"), [("paper", False), ("standard", True)])
def test_the_loss_network_reads_what_the_preset_says(
    name: str, normalised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "load_weights", random_weights)
    network, notice = training._load_perceptual(preset(name).loss, "cpu", required=True)
    assert network is not None
    assert notice is None
    assert bool((network.scale != 1).any() and (network.shift != 0).any()) == normalised
    assert bool((network.scale == 1).all() and (network.shift == 0).all()) != normalised


@pytest.mark.parametrize("gan", ["log", "minimax"])
def test_the_paper_preset_trains_on_a_label_map_with_the_equations(photo: Path, tmp_path: Path, gan: str) -> None:
    settings = (*SETTINGS["paper"], "loss=equations", f"loss.gan={gan}", "loss.lambda_perc=0", "loss.lambda_L1=1")
    model = train(photo, tmp_path / "run", primitive="segments", preset="paper", steps=2, settings=settings)
    palette = model.record.spec.palette
    assert palette is not None
    assert model.record.spec.channels == len(palette.labels) + 1
    assert model.network().coarse.body[1].in_channels == len(palette.labels) + 1
    assert model.render(tmp_path / "run" / "primitive.png").shape == (48, 64, 3)
    entries = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    assert (entries[-1]["G_GAN"] < 0) == (gan == "minimax")
    assert "G_feat" not in entries[-1]


def test_the_matcher_renders_the_same_whether_boundaries_are_given_or_not(photo: Path, tmp_path: Path) -> None:
    renders = []
    for encoding in ("channels", "pix2pixhd"):
        settings = (f"primitive.encoding={encoding}",)
        model = train(photo, tmp_path / encoding, primitive="segments", steps=0, settings=settings)
        renders.append(model.render(model.primitive))
    np.testing.assert_allclose(renders[0].astype(int), renders[1].astype(int), atol=1)


def test_a_preview_does_not_change_what_is_trained(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "_FIRST_PREVIEWS_SEC", ())
    monkeypatch.setattr(training, "_REST", 0)
    often = small(photo, tmp_path / "often", settings=(*ALL, "preview_sec=0.000001"))
    seldom = small(photo, tmp_path / "seldom", settings=ALL)
    assert len(os.listdir(tmp_path / "often" / "previews")) == 6
    assert len(os.listdir(tmp_path / "seldom" / "previews")) == 1
    assert often.weights_sha256 == seldom.weights_sha256
