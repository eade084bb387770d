"""The learning process, without a server."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from primage import api
from primage.api import train
from primage.errors import WeightsError
from primage.nets import features, weights
from primage.run import Run
from primage.studio.workers.learning import LearningEnded, LearningProgress, learn
from tests.tiny import write_photo


def test_learning_without_the_loss_network_says_so_and_keeps_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str, **_others: object) -> None:
        raise WeightsError(f"no source gives the weights {name!r}")

    run = tmp_path / "run"
    train(write_photo(tmp_path), run, preset="draft", steps=0)
    before = Run(run).record.config.loss
    assert before.lambda_perc > 0
    for module in (weights, features, api):
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
