"""The training loop: read it top to bottom.

`training` is a plain iterator. It yields after a step whenever there is something to say; whoever drives it (the CLI,
the Python API, a server) shows that, and stops it by closing it: the state is saved at a step's boundary.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator as PythonGenerator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from primage import losses
from primage.config import Config
from primage.errors import TrainingError
from primage.nets.features import FeatureExtractor
from primage.nets.generator import Source
from primage.publish import publish
from primage.run import Run, load_tensors, save_tensors
from primage.state import State, fresh_state
from primage.warp.pair import TrainingPair

_log = logging.getLogger(__name__)

#: Seconds between two lines of the log; a step that takes longer has a line of its own.
_LOG_SEC = 1.0
#: The first previews come at these seconds, then every ``preview_sec``.
_FIRST_PREVIEWS_SEC = (5.0, 15.0)
#: What previews, checkpoints and the last model take of the wished minutes.
_OVERHEAD = 0.06
#: A preview or checkpoint of a large model takes seconds: each comes only after so many times that.
_REST = 10
#: How many rounds of steps are timed, if that takes no longer than this.
_ROUNDS = 3
_ROUNDS_SEC = 4.0


@dataclass(frozen=True)
class Progress:
    """How far a training is.

    Attributes:
        step: steps done.
        steps: steps in all.
        seconds: time spent training, over all resumptions.
        seconds_left: estimate.
        steps_per_second: over the last second or so.
        losses: the last step's, by their names.
        preview: the newest preview picture, if one was just written.
    """

    step: int
    steps: int
    seconds: float
    seconds_left: float
    steps_per_second: float
    losses: dict[str, float]
    preview: Path | None = None


@dataclass(frozen=True)
class Stage:
    """A stretch of steps that are all alike.

    Attributes:
        until: the step at which it ends.
        pair: the training pair at the stage's size.
        batch: warps a step.
        scale: share of the working size.
        perceptual: whether the perceptual loss takes part.
        adversarial: whether the discriminator takes part.
    """

    until: int
    pair: TrainingPair
    batch: int
    scale: float
    perceptual: bool
    adversarial: bool

    @property
    def cost(self) -> float:
        """Rough time of a step, relative to one at full size."""
        return self.batch * self.scale**2 * (1 + 1.0 * self.perceptual + 0.3 * self.adversarial)


def training(run: Run, device: str = "cpu") -> PythonGenerator[Progress, None, None]:
    """Train the run to its end, from its last checkpoint if it has one.

    Args:
        run: the run folder; the caller holds its lock.
        device: where to compute.

    Yields:
        Progress, about once a second and at the end.

    Raises:
        TrainingError: a loss or a gradient is not finite; the last checkpoint is from before.
    """
    config = run.record.config
    pairs = _pairs(run)
    perceptual = _perceptual(config, device) if config.steps != 0 else None
    if config.steps is None:
        config = _fix_steps(run, pairs, perceptual, device)
    assert config.steps is not None
    stages = plan(config, config.steps, pairs)
    state = fresh_state(config, run.record.spec, device)
    if run.checkpoint_path.exists():
        state.load(*load_tensors(run.checkpoint_path))
    run.cut_log(state.step)  # all of it, if the run was killed before its first checkpoint
    source = {stage.scale: Source(stage.pair.photo, stage.pair.encoded).to(device) for stage in stages}

    started = time.monotonic() - state.seconds
    saved_at = state.seconds
    saved_step = state.step if run.checkpoint_path.exists() else -1
    save_cost = publish_cost = 0.0
    logged_at, logged_step = state.seconds, state.step
    previews_due = [s for s in _FIRST_PREVIEWS_SEC if s > state.seconds]
    values: dict[str, float] = {}
    rate = 0.0

    def save() -> None:
        nonlocal saved_at, saved_step, save_cost
        begin = time.monotonic()
        save_tensors(run.checkpoint_path, *state.dump())
        saved_at, saved_step, save_cost = state.seconds, state.step, time.monotonic() - begin

    try:
        while state.step < config.steps:
            stage = next(stage for stage in stages if state.step < stage.until)
            values = train_step(state, config, stage, source[stage.scale], perceptual, device)
            state.finish_step()
            state.seconds = time.monotonic() - started

            preview = None
            due = previews_due[0] if previews_due else state.previewed_sec + config.preview_sec
            rested = state.seconds - state.previewed_sec >= _REST * publish_cost
            if state.seconds >= due and rested and state.step < config.steps:
                previews_due = [s for s in previews_due if s > state.seconds]
                preview = publish(run, state, config, pairs[1.0], device)
                publish_cost = time.monotonic() - started - state.seconds
                state.previewed_sec = state.seconds = time.monotonic() - started
            if state.seconds - saved_at >= max(config.checkpoint_sec, _REST * save_cost):
                save()
            elapsed = state.seconds - logged_at
            last = state.step == config.steps
            if elapsed >= _LOG_SEC or preview or last:
                rate = (state.step - logged_step) / max(elapsed, 1e-9)
                logged_at, logged_step = state.seconds, state.step
                run.log({"step": state.step, "seconds": round(state.seconds, 2), **values})
                left = _seconds_left(state, config.steps, stages)
                if not last:  # the last one is told of when its model is there
                    yield Progress(state.step, config.steps, state.seconds, left, rate, values, preview)
    finally:
        # Reached at the end, and when closed at a yield. After an error in a step the last checkpoint stays as it is.
        if state.intact:
            if saved_step != state.step:
                save()
            preview = publish(run, state, config, pairs[1.0], device)
    yield Progress(state.step, config.steps, state.seconds, 0.0, rate, values, preview)


def train_step(
    state: State,
    config: Config,
    stage: Stage,
    source: Source,
    perceptual: FeatureExtractor | None,
    device: str,
) -> dict[str, float]:
    """One step: draw warps, paint them, improve the generator, then the discriminator.

    Args:
        state: networks and optimisers; changed in place; `State.finish_step` counts the step.
        config: the run's settings.
        stage: size, batch, and whether the discriminator takes part.
        source: the training pair at the stage's size.
        perceptual: the frozen loss network.
        device: where to compute.

    Returns:
        The losses by name, before weighting.

    Raises:
        TrainingError: something is not finite; no weight was changed.
    """
    weights = config.loss
    state.intact = False
    state.set_learning_rates(config)
    batch = stage.pair.draw(stage.batch, state.rng, device)
    real, primitive = batch.photo, batch.primitive
    painted = state.generator(primitive, source)
    fake = painted.image

    # The generator's losses; each has its function in losses.py and its weight in the config.
    terms: dict[str, tuple[float, Tensor]] = {}
    judged_real = None
    if stage.adversarial:
        judged_real = state.discriminator(primitive, real)
        state.discriminator.requires_grad_(False)
        judged_fake = state.discriminator(primitive, fake)
        state.discriminator.requires_grad_(True)
        terms["G_GAN"] = (weights.lambda_GAN, losses.gan_loss(judged_fake, True, weights.gan))
        if weights.lambda_feat > 0:
            terms["G_feat"] = (weights.lambda_feat, losses.feature_matching_loss(judged_fake, judged_real))
    if perceptual is not None and stage.perceptual and state.step % weights.perceptual_every == 0:
        seen = _for_perceptual((fake, real), config, stage.scale, state.rng)
        terms["G_perc"] = (
            weights.lambda_perc * weights.perceptual_every,
            losses.perceptual_loss(perceptual, *seen, weights.perceptual_weights),
        )
    if weights.lambda_L1 > 0:
        terms["G_L1"] = (weights.lambda_L1, losses.l1_loss(fake, real))
    if painted.grids and weights.lambda_grid > 0:
        terms["G_grid"] = (weights.lambda_grid, losses.grid_loss(painted.grids, batch.grid))
    if painted.matches is not None and weights.lambda_match > 0:
        terms["G_match"] = (weights.lambda_match, losses.match_loss(painted.matches, batch.grid))
    if painted.copied is not None and weights.lambda_copy > 0:
        terms["G_copy"] = (weights.lambda_copy, losses.l1_loss(painted.copied, real))
    if painted.synthesised is not None and weights.lambda_drawn > 0:
        terms["G_drawn"] = (weights.lambda_drawn, losses.l1_loss(painted.synthesised, real))
    if painted.confidence is not None and weights.lambda_confidence > 0:
        right = losses.confidence_loss(painted.confidence, painted.grids[-1], batch.grid)
        terms["G_conf"] = (weights.lambda_confidence, right)

    state.optimiser_G.zero_grad(set_to_none=True)
    if terms:  # none before the discriminator begins, if there is no other loss
        torch.stack([weight * value for weight, value in terms.values()]).sum().backward()
    values = {name: float(value.detach()) for name, (_, value) in terms.items()}
    _check_finite(values, state.generator, state.step)

    if judged_real is not None:
        judged_fake = state.discriminator(primitive, fake.detach())
        real_loss = losses.gan_loss(judged_real, True, weights.gan)
        fake_loss = losses.gan_loss(judged_fake, False, weights.gan)
        state.optimiser_D.zero_grad(set_to_none=True)
        (0.5 * (real_loss + fake_loss)).backward()
        values |= {"D_real": float(real_loss.detach()), "D_fake": float(fake_loss.detach())}
        _check_finite(values, state.discriminator, state.step)
        state.optimiser_D.step()
    state.optimiser_G.step()
    state.update_average(config.optim.ema)
    return values


def _check_finite(values: dict[str, float], network: torch.nn.Module, step: int) -> None:
    norm = torch.nn.utils.get_total_norm([p.grad for p in network.parameters() if p.grad is not None])
    bad = [name for name, value in values.items() if not np.isfinite(value)]
    if bad or not bool(torch.isfinite(norm)):
        raise TrainingError(
            f"step {step}: {', '.join(bad) or 'a gradient'} is not finite; the weights were not changed and the last "
            "checkpoint is kept (a lower learning rate may help)"
        )


def _for_perceptual(
    pictures: tuple[Tensor, Tensor], config: Config, scale: float, rng: torch.Generator
) -> tuple[Tensor, Tensor]:
    """The pictures as the loss network should see them: its time grows with their size."""
    a, b = pictures
    height, width = a.shape[2:]
    if config.loss.perceptual_size == "half" and min(height, width) >= 64:
        return F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    side = 128
    if config.loss.perceptual_size == "crop" and min(height, width) > side:
        y = int(torch.randint(height - side + 1, (), generator=rng))
        x = int(torch.randint(width - side + 1, (), generator=rng))
        window = (..., slice(y, y + side), slice(x, x + side))
        return a[window], b[window]
    return a, b


def _perceptual(config: Config, device: str) -> FeatureExtractor | None:
    if config.loss.lambda_perc == 0:
        return None
    return FeatureExtractor(config.loss.perceptual_network, config.loss.perceptual_layers).to(device)


def _pairs(run: Run) -> dict[float, TrainingPair]:
    """The training pair at each size that the phases ask for, and at full size for previews."""
    photo, primitive = run.pair()
    config, spec = run.record.config, run.record.spec
    scales = {1.0, *(phase.scale for phase in config.phases)}
    return {scale: TrainingPair(photo, primitive, spec, scale, config.augment) for scale in scales}


def plan(config: Config, steps: int, pairs: dict[float, TrainingPair]) -> list[Stage]:
    """Cut the training into stages where the phase changes or the discriminator begins.

    Minutes that were added to a run are all of the last phase's kind.

    Args:
        config: phases, and when the discriminator begins.
        steps: how many there are.
        pairs: the training pair by scale.

    Returns:
        Stages in order; those without a step are left out.
    """
    stages: list[Stage] = []
    first = begin = config.stretch_from
    adversarial_from = first + round(config.discriminator.start * (steps - first))
    if config.loss.lambda_GAN == 0:
        adversarial_from = steps
    for phase in config.phases if first == 0 else config.phases[-1:]:
        end = first + round(phase.until * (steps - first))
        for until, adversarial in ((min(end, adversarial_from), False), (end, True)):
            if until > begin:
                stages.append(Stage(until, pairs[phase.scale], phase.batch, phase.scale, phase.perceptual, adversarial))
                begin = until
    return stages


def _fix_steps(run: Run, pairs: dict[float, TrainingPair], perceptual: FeatureExtractor | None, device: str) -> Config:
    """Time a few steps of each stage on throwaway networks, and write the number of steps into the run."""
    config = run.record.config
    assert config.minutes is not None
    begin = time.monotonic()
    first = config.stretch_from
    nominal = first + 10_000
    state = fresh_state(config, run.record.spec, device)
    total, last = 0.0, first
    for stage in plan(config, nominal, pairs):
        source = Source(stage.pair.photo, stage.pair.encoded).to(device)
        state.step = last
        times: list[float] = []
        # Rounds of the perceptual loss's turn, after a first step that is always slow; one round if it takes seconds.
        every = config.loss.perceptual_every if stage.perceptual else 1
        while len(times) <= every or (len(times) <= _ROUNDS * every and sum(times[1:]) < _ROUNDS_SEC):
            tick = time.monotonic()
            train_step(state, config, stage, source, perceptual, device)
            state.finish_step()
            times.append(time.monotonic() - tick)
        rounds = np.add.reduceat(times[1:], np.arange(0, len(times) - 1, every))[: (len(times) - 1) // every] / every
        # The median: something else on the machine may have been busy for a moment.
        total += float(np.median(rounds)) * (stage.until - last) / (nominal - first)
        last = stage.until
    available = config.minutes * 60 * (1 - _OVERHEAD) - (time.monotonic() - begin)
    steps = first + max(1, int(available / total))
    fixed = config.model_copy(update={"steps": steps})
    run.amend(fixed)
    _log.info("%.2f s a step on average: %d steps in %g minutes", total, steps - first, config.minutes)
    return fixed


def _seconds_left(state: State, steps: int, stages: list[Stage]) -> float:
    """Remaining time, with guessed costs of the stages relative to each other."""

    def cost(first: int, last: int) -> float:
        total, begin = 0.0, 0
        for stage in stages:
            overlap = min(last, stage.until) - max(first, begin)
            total += max(0, overlap) * stage.cost
            begin = stage.until
        return total

    done = cost(0, state.step)
    return state.seconds * cost(state.step, steps) / done if done else float("nan")
