"""The plan of a training: stages, learning rates, and the time that is left."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from primage.api import configure
from primage.config import OptimConfig
from primage.primitive.primitive import Primitive, PrimitiveSpec
from primage.schedule import learning_rate_factor, learning_rate_share, plan, seconds_left
from primage.warp.pair import TrainingPair
from tests.tiny import picture


def test_stages_change_with_the_phase_and_when_the_discriminator_begins() -> None:
    config = configure(
        "draft",
        steps=100,
        settings=(
            "loss.lambda_GAN=0.1",
            "discriminator.start=0.7",
            'phases=[{"until":0.4,"scale":0.5,"batch":3,"perceptual":false},{"until":1.0}]',
        ),
    )
    pairs = {0.5: _pair(0.5), 1.0: _pair(1.0)}
    stages = plan(config, 100, pairs)
    facts = [(s.until, s.scale, s.batch, s.perceptual, s.adversarial) for s in stages]
    assert facts == [(40, 0.5, 3, False, False), (70, 1.0, 1, True, False), (100, 1.0, 1, True, True)]
    assert [s.pair for s in stages] == [pairs[0.5], pairs[1.0], pairs[1.0]]
    assert plan(config, 0, pairs) == []
    assert plan(config, 1, pairs)[-1].until == 1
    quiet = config.model_copy(update={"loss": config.loss.model_copy(update={"lambda_GAN": 0.0})})
    assert not any(stage.adversarial for stage in plan(quiet, 100, pairs))
    assert replace(stages[0], batch=6).cost == pytest.approx(2 * stages[0].cost)


def _pair(scale: float) -> TrainingPair:
    config = configure("draft", "paint", steps=1)
    primitive = Primitive("paint", colours=picture())
    return TrainingPair(picture(), primitive, PrimitiveSpec(config=config.primitive), scale, config.augment)


def test_the_linear_schedule_is_constant_for_half_and_falls_to_zero() -> None:
    config = OptimConfig(schedule="linear")
    assert [learning_rate_factor(config, step, 16) for step in (0, 4, 8)] == [1, 1, 1]
    assert learning_rate_factor(config, 12, 16) == pytest.approx(0.5)
    assert learning_rate_factor(config, 16, 16) == 0


def test_the_paper_preset_has_the_published_schedule_step_by_step() -> None:
    """pix2pixHD with one picture an epoch: 2e-4, and from epoch 8,002 on 2e-4 / 8,000 less in each."""
    config, lr = configure("paper"), 2e-4
    for epoch in range(1, 16_001):
        assert 2e-4 * learning_rate_share(config, epoch - 1) == pytest.approx(lr, rel=1e-9, abs=1e-12)
        if epoch > 8_000:
            lr -= 2e-4 / 8_000


def test_the_cosine_schedule_warms_up_and_falls_to_zero() -> None:
    config = OptimConfig(schedule="cosine")
    factors = [learning_rate_factor(config, step, 1000) for step in range(1001)]
    assert factors[0] == pytest.approx(1 / 11)
    assert max(factors) == pytest.approx(1, abs=1e-3)
    assert factors[500] == pytest.approx(0.5)
    assert factors[1000] == pytest.approx(0, abs=1e-9)


def test_added_steps_have_a_schedule_of_their_own_at_half_the_learning_rate() -> None:
    config = configure("draft", steps=30).model_copy(update={"continued_from": 10})
    own = configure("draft", steps=20)
    for step in range(20):
        assert learning_rate_share(config, 10 + step) == 0.5 * learning_rate_share(own, step)


def test_the_remaining_time_weighs_stages_by_their_cost() -> None:
    config = configure("draft", steps=100, settings=('phases=[{"until":0.5,"scale":0.5},{"until":1.0}]',))
    stages = plan(config, 100, {0.5: _pair(0.5), 1.0: _pair(1.0)})
    assert math.isnan(seconds_left(stages, 0, 0.0))
    assert seconds_left(stages, 50, 10.0) == pytest.approx(40)  # the second half has four times the pixels
    assert seconds_left(stages, 100, 50.0) == 0
