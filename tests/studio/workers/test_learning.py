"""The learning process, without a server."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from unittest import mock

import pytest

from primage import api, loss_network
from primage.api import train
from primage.errors import WeightsError
from primage.nets import features, weights
from primage.run import Run
from primage.studio.project import models
from primage.studio.project.models import ModelManager, saved_learning
from primage.studio.project.services import Options, Services
from primage.studio.project.store import Store
from primage.studio.workers.learning import LearningEnded, LearningProgress, learn
from primage.studio.workers.painter import Calibrate
from primage.studio.workers.painting import calibrate
from primage.studio.workers.reader import CreateRun
from primage.studio.workers.reading import create_run
from primage.tensor_files import load_tensors
from tests.tiny import SETTINGS, run_alone, write_photo


def test_learning_without_the_loss_network_says_so_and_keeps_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str, **_others: object) -> None:
        raise WeightsError(f"no source gives the weights {name!r}")

    run = tmp_path / "run"
    train(write_photo(tmp_path), run, preset="draft", steps=0)
    before = Run(run).record.config.loss
    assert before.lambda_perc > 0
    for module in (weights, features, loss_network):
        monkeypatch.setattr(module, "load_weights", missing)
    for _ in range(2):
        context = multiprocessing.get_context("fork")  # with what is patched here
        pipe, theirs = context.Pipe()
        process = context.Process(target=learn, args=(theirs, run, 0.001))
        process.start()
        theirs.close()
        notes = set()
        while isinstance(message := pipe.recv(), LearningProgress):
            notes.add(message.note)
        process.join()
        assert isinstance(message, LearningEnded), message
        assert message.complete
        assert Run(run).record.config.loss == before
        assert notes == {message.note}
        assert message.note is not None
        assert "vgg16 weights are not available" in message.note


def test_a_calibration_trains_nothing(tmp_path: Path) -> None:
    run = tmp_path / "run"
    planned = api.configure("draft", steps=0, settings=SETTINGS["draft"])
    create_run(CreateRun(write_photo(tmp_path), run, planned))
    # A training that was killed before its first checkpoint.
    Run(run).amend(planned.model_copy(update={"steps": None, "minutes": 0.001}))
    calibrate(Calibrate(run))
    assert Run(run).record.config.steps is None
    assert not (run / "checkpoint.safetensors").exists()
    Run(run).amend(planned)
    calibrate(Calibrate(run))
    assert load_tensors(run / "checkpoint.safetensors")[1]["step"] == 0


def test_a_paused_training_is_not_calibrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    class Worker:
        def __init__(self, name: str) -> None:
            started.append(name)

        async def run(self, _job: object) -> None:
            pass

        async def close(self) -> None:
            pass

    monkeypatch.setattr(models, "Painter", Worker)

    async def open_project(unfinished: bool) -> None:
        services = Services(Options(tmp_path, calibrate_after_sec=0.0), Store(tmp_path))
        owner = mock.Mock(run=tmp_path)
        manager = ModelManager(services, owner, saved_learning(tmp_path, 0, unfinished))
        monkeypatch.setattr(manager, "_update_info", mock.AsyncMock())
        await manager._calibrate(tmp_path)

    run_alone(open_project(unfinished=True))
    assert started == []
    run_alone(open_project(unfinished=False))
    assert started == ["the calibrating worker"]
