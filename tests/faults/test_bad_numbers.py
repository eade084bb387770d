"""NaN and infinity in losses, gradients, inputs, weights and moments: noticed at once, and never saved."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from primage import losses, training
from primage.api import Prepared, configure, opened_run, prepare
from primage.errors import TrainingError
from primage.run import Run
from primage.schedule import Stage
from primage.state import State
from primage.tensor_files import load_tensors
from tests.tiny import SETTINGS as TINY
from tests.tiny import contents, one_thread, write_photo

SETTINGS = (*TINY["draft"], "loss.lambda_feat=1", "optim.ema=0.5", "discriminator.start=0")
STEPS, SAVED = 4, 2


@dataclass(frozen=True)
class Stopped:
    """A training that was stopped halfway."""

    folder: Path
    prepared: Prepared

    def train(self, folder: Path | None = None, steps: int = STEPS) -> None:
        with (
            opened_run(folder or self.folder, self.prepared) as run,
            contextlib.closing(training.training(run)) as progress,
        ):
            next(step for step in progress if step.step == steps)


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def stopped(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stopped]:
    """In the end, it is resumed and equals one that was neither stopped nor disturbed."""
    folder = tmp_path_factory.mktemp(request.param)
    settings = (*SETTINGS, f"optim.precision={request.param}")
    config = configure("draft", size_px=32, steps=STEPS, settings=settings)
    found = Stopped(folder / "run", prepare(write_photo(folder), config))
    with one_thread(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_LOG_SEC", 0.0)
        found.train(steps=SAVED)
        yield found
        found.train()
        found.train(folder / "whole")
    ended, expected = (load_tensors(folder / name / "checkpoint.safetensors")[0] for name in ("run", "whole"))
    assert [name for name in expected if not torch.equal(ended[name], expected[name])] == []


def before_each_step(patch: pytest.MonkeyPatch, change: Callable[[State], None]) -> None:
    true = training.train_step

    def step(state: State, *others: Any) -> dict[str, float]:
        change(state)
        return true(state, *others)

    patch.setattr(training, "train_step", step)


def bad_weight(network: str, value: float, at: int = -1) -> Callable[[pytest.MonkeyPatch], None]:
    """In a weight of the last layer, which saturates, or of the first, after which places in the photo are NaN."""

    def inject(patch: pytest.MonkeyPatch) -> None:
        def change(state: State) -> None:
            found = state.ema.network if network == "ema" and state.ema else getattr(state, network)
            with torch.no_grad():
                [*found.parameters()][at].view(-1)[0] = value

        before_each_step(patch, change)

    return inject


def bad_moment(value: float) -> Callable[[pytest.MonkeyPatch], None]:
    """One that no loss depends on before the next step."""

    def inject(patch: pytest.MonkeyPatch) -> None:
        true = State.finish_step

        def finish(state: State) -> None:
            true(state)
            next(iter(state.optimiser_G.state.values()))["exp_avg"].view(-1)[0] = value

        patch.setattr(State, "finish_step", finish)

    return inject


def bad_input(name: str, value: float) -> Callable[[pytest.MonkeyPatch], None]:
    def inject(patch: pytest.MonkeyPatch) -> None:
        true = Stage.draw

        def draw(*given: Any) -> Any:
            batch = true(*given)
            tensor = getattr(batch, name).clone()
            tensor[0, 0, 5, 5] = value
            return replace(batch, **{name: tensor})

        patch.setattr(Stage, "draw", draw)

    return inject


def bad_loss(name: str, value: float) -> Callable[[pytest.MonkeyPatch], None]:
    def inject(patch: pytest.MonkeyPatch) -> None:
        true = getattr(losses, name)
        patch.setattr(losses, name, lambda *given: true(*given) + value)

    return inject


def bad_gradient(network: str, value: float) -> Callable[[pytest.MonkeyPatch], None]:
    def inject(patch: pytest.MonkeyPatch) -> None:
        def change(state: State) -> None:
            def hook(gradient: torch.Tensor) -> torch.Tensor:
                gradient = gradient.clone()
                gradient.view(-1)[0] = value
                return gradient

            next(getattr(state, network).parameters()).register_hook(hook)

        before_each_step(patch, change)

    return inject


PLACES: dict[str, Callable[[float], Callable[[pytest.MonkeyPatch], None]]] = {
    "loss": lambda value: bad_loss("l1_loss", value),
    "adversarial loss": lambda value: bad_loss("gan_loss", value),
    "gradient of the generator": lambda value: bad_gradient("generator", value),
    "gradient of the discriminator": lambda value: bad_gradient("discriminator", value),
    "photo": lambda value: bad_input("photo", value),
    "drawing": lambda value: bad_input("primitive", value),
    "first weight": lambda value: bad_weight("generator", value, 0),
    "last weight": lambda value: bad_weight("generator", value),
    "weight of the discriminator": lambda value: bad_weight("discriminator", value),
    "moving average": lambda value: bad_weight("ema", value),
    "moment": bad_moment,
}


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
@pytest.mark.parametrize("place", PLACES)
def test_a_bad_number_ends_the_training_in_one_sentence_and_is_not_saved(
    stopped: Stopped, place: str, number: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(stopped.folder)
    # Those that no loss depends on are noticed when they would be saved.
    step = STEPS if place in ("moment", "moving average") else SAVED
    sentence = f"step {step}: .+ is not finite; .+; train in another folder with a lower learning rate"
    with monkeypatch.context() as patch:
        PLACES[place](number)(patch)
        with pytest.raises(TrainingError, match=sentence) as error:
            stopped.train()
    assert "\n" not in str(error.value)
    assert {**contents(stopped.folder), "log.jsonl": ""} == {**before, "log.jsonl": ""}
    assert Run(stopped.folder).load_checkpoint()[1]["step"] == SAVED
