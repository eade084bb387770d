"""The schedule of a training: sizes, learning rates, and the remaining time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from primage.config import Config, OptimConfig
from primage.warp.pair import Batch, TrainingPair

#: Learning rate after ``--continue``, as a share of the configured one.
_CONTINUED_LR_FACTOR = 0.5


@dataclass(frozen=True)
class Stage:
    """Consecutive steps with the same size and losses.

    Attributes:
        until: the step at which the stage ends.
        pair: the training pair at the stage's size; of several, the one that is edited.
        batch: warps per step.
        scale: the stage's size as a share of the working size.
        perceptual: whether the perceptual loss is used.
        adversarial: whether the discriminator is trained.
        others: the further training pairs.
    """

    until: int
    pair: TrainingPair
    batch: int
    scale: float
    perceptual: bool
    adversarial: bool
    others: Sequence[TrainingPair] = ()

    def draw(self, rng: torch.Generator, device: torch.device | str = "cpu") -> Batch:
        """Draw the warps of a step: all of one pair, since pairs can have different sizes.

        Args:
            rng: random source, on the CPU.
            device: torch device of the tensors.
        """
        number = int(torch.randint(1 + len(self.others), (), generator=rng)) if self.others else 0
        return (self.others[number - 1] if number else self.pair).draw(self.batch, rng, device)

    @property
    def cost(self) -> float:
        """Rough time of a step, relative to one at full size."""
        return self.batch * self.scale**2 * (1 + 1.0 * self.perceptual + 0.3 * self.adversarial)


def plan(
    config: Config,
    steps: int,
    pairs: Mapping[float, TrainingPair],
    others: Mapping[float, Sequence[TrainingPair]] | None = None,
) -> list[Stage]:
    """Divide the training into stages: a new one starts with each phase, and with the discriminator.

    Steps added with ``--continue`` all use the last phase.

    Args:
        config: phases, and the start of the discriminator.
        steps: total number of steps.
        pairs: the training pair by scale.
        others: the further pairs by scale.

    Returns:
        Stages in order, without empty ones.
    """
    stages: list[Stage] = []
    first = begin = config.continued_from
    adversarial_from = first + round(config.discriminator.start * (steps - first))
    if config.loss.lambda_GAN == 0:
        adversarial_from = steps
    for phase in config.phases if first == 0 else config.phases[-1:]:
        end = first + round(phase.until * (steps - first))
        for until, adversarial in ((min(end, adversarial_from), False), (end, True)):
            if until > begin:
                more = others[phase.scale] if others is not None else ()
                stages.append(
                    Stage(until, pairs[phase.scale], phase.batch, phase.scale, phase.perceptual, adversarial, more)
                )
                begin = until
    return stages


def learning_rate_factor(config: OptimConfig, step: int, steps: int) -> float:
    """The learning rate schedule, as a share of the full learning rate.

    Args:
        config: the kind of schedule.
        step: number of the next step, from 0.
        steps: total number of steps; 0 if not known yet.

    Returns:
        "linear": 1 for the first half, then linearly to 0 (pix2pixHD's 8,000 + 8,000); "cosine": from 1 to 0, after a
        warm-up over the first 1 %.

    Example:
        >>> learning_rate_factor(OptimConfig(schedule="linear"), step=12, steps=16)
        0.5
    """
    share = step / steps if steps else 0.0
    if config.schedule == "linear":
        return min(1.0, 2 * (1 - share))
    return min(1.0, (1 + step) / (1 + 0.01 * steps)) * 0.5 * (1 + math.cos(math.pi * share))


def learning_rate_share(config: Config, step: int) -> float:
    """`learning_rate_factor` of a run's step; steps added with ``--continue`` have their own schedule.

    Args:
        config: the run's settings.
        step: number of the next step, from 0.

    Returns:
        The share of the configured learning rates.
    """
    first = config.continued_from
    factor = learning_rate_factor(config.optim, step - first, (config.steps or first) - first)
    return factor * _CONTINUED_LR_FACTOR if first else factor


def seconds_left(stages: Sequence[Stage], step: int, seconds: float) -> float:
    """Estimate the remaining time from the time spent and the relative costs of the stages.

    Args:
        stages: all stages.
        step: number of steps done.
        seconds: time spent on them.

    Returns:
        Seconds; NaN before the first step.
    """

    def cost(first: int, last: int) -> float:
        total, begin = 0.0, 0
        for stage in stages:
            overlap = min(last, stage.until) - max(first, begin)
            total += max(0, overlap) * stage.cost
            begin = stage.until
        return total

    done = cost(0, step)
    return seconds * cost(step, stages[-1].until) / done if done else float("nan")
