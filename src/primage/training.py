"""The training loop: read it top to bottom.

`training` is a plain iterator that yields its progress about once a second. Its caller (the CLI, the Python API, the
studio) shows the progress, and stops the training by closing the iterator, which saves the state after a full step.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from collections.abc import Generator as PythonGenerator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from primage import losses
from primage.allocator import kept_memory
from primage.config import Config, LossConfig
from primage.errors import TrainingError, WeightsError, shortage
from primage.further_pairs import FurtherPairs
from primage.nets.features import FeatureExtractor
from primage.nets.generator import Source
from primage.publish import estimate_norms, export_model, write_preview
from primage.run import Run
from primage.schedule import Stage, plan, seconds_left
from primage.state import State, fresh_state
from primage.warp.pair import TrainingPair

_log = logging.getLogger(__name__)
Result = TypeVar("Result")

#: Minimum time between two lines of the log.
_LOG_SEC = 1.0
#: Times of the first previews; later ones follow every ``preview_sec``.
_FIRST_PREVIEWS_SEC = (5.0, 15.0)
#: Share of the requested minutes reserved for previews, checkpoints and the final model.
_OVERHEAD = 0.06
#: Previews and checkpoints of large models take seconds; between them, training runs at least this many times as long.
_REST = 10
#: Number of rounds of steps that are timed, and the time after which timing stops earlier.
_ROUNDS = 3
_ROUNDS_SEC = 4.0


@dataclass(frozen=True)
class Progress:
    """Progress of a training.

    Attributes:
        step: number of steps done.
        steps: total number of steps.
        seconds: time spent training, over all sessions.
        seconds_left: estimate; NaN if unknown.
        steps_per_second: speed since the last report.
        losses: values of the last step, by their names in the log.
        preview: the newest preview, if one was just written.
        notice: a message to the user about this session, for example that a loss is not available.
    """

    step: int
    steps: int
    seconds: float
    seconds_left: float
    steps_per_second: float
    losses: dict[str, float]
    preview: Path | None = None
    notice: str | None = None


def training(run: Run, device: str = "cpu", require_weights: bool = True) -> PythonGenerator[Progress, None, None]:
    """Train a run to its end, from its last checkpoint if it has one.

    Args:
        run: the run folder; the caller holds its lock.
        device: torch device to compute on.
        require_weights: whether the network of the perceptual loss must be available. If False and it is not, this
            session trains without that loss; the run keeps its settings, and the next session tries again.

    Yields:
        Progress, about once a second and at the end.

    Raises:
        TrainingError: a loss, a gradient or a weight is not finite; the last checkpoint is kept.
        WeightsError: the perceptual loss is required and its network is not available.
    """
    with kept_memory():
        yield from _training(run, device, require_weights)


def _training(run: Run, device: str, require_weights: bool) -> PythonGenerator[Progress, None, None]:
    config = run.record.config
    pairs, others = _pairs(run)
    perceptual = notice = None
    if config.steps != 0 and config.loss.lambda_perc > 0:
        perceptual, notice = _load_perceptual(config.loss, device, require_weights)
    if config.steps is None:
        config = _fix_steps(run, pairs, others, perceptual, device)
    assert config.steps is not None
    stages = plan(config, config.steps, pairs, others)
    state = fresh_state(config, run.record.spec, device)
    if run.checkpoint_path.exists():
        state.load(*run.load_checkpoint())
    run.cut_log(state.step)  # deletes the whole log if the run was killed before its first checkpoint
    sources = {stage.scale: Source(stage.pair.photo, stage.pair.encoded).to(device) for stage in stages}

    started = time.monotonic() - state.seconds
    saved_at = state.seconds
    saved_step = state.step if run.checkpoint_path.exists() else -1
    save_cost = publish_cost = 0.0
    logged_at, logged_step = state.seconds, state.step
    previews_due = [s for s in _FIRST_PREVIEWS_SEC if s > state.seconds]
    values: dict[str, float] = {}
    rate = 0.0
    failures: set[str] = set()

    def save() -> None:
        nonlocal saved_at, saved_step, save_cost
        begin = time.monotonic()
        _check_state(state)
        try:
            run.save_checkpoint(*state.dump())
            saved_step = state.step
        finally:
            saved_at, save_cost = state.seconds, time.monotonic() - begin

    def tried(write: Callable[[], Result]) -> Result | None:
        """What cannot be written now may be written later: the disk may have space again. In the end it is an error."""
        try:
            return write()
        except OSError as error:
            reason = shortage(error) or str(error)
            if reason not in failures:
                _log.warning("%s; the training goes on", reason)
            failures.add(reason)
            return None

    def publish() -> Path:
        _check_state(state)
        network = state.render_network()
        if state.ema is not None:
            estimate_norms(network, pairs[1.0], config.seed, device)
        model = export_model(run, network, state.step, state.seconds)
        return write_preview(run, model, pairs[1.0], device)

    try:
        while state.step < config.steps:
            stage = next(stage for stage in stages if state.step < stage.until)
            values = train_step(state, config, stage, sources[stage.scale], perceptual, device)
            state.finish_step()
            state.seconds = time.monotonic() - started
            last = state.step == config.steps

            # The current model and its preview. The final ones are written below.
            preview = None
            due = previews_due[0] if previews_due else state.previewed_sec + config.preview_sec
            rested = state.seconds - state.previewed_sec >= _REST * publish_cost
            if state.seconds >= due and rested and not last:
                previews_due = [s for s in previews_due if s > state.seconds]
                preview = tried(publish)
                publish_cost = time.monotonic() - started - state.seconds
                state.previewed_sec = state.seconds = time.monotonic() - started

            # The checkpoint.
            if state.seconds - saved_at >= max(config.checkpoint_sec, _REST * save_cost):
                tried(save)

            # The log and the progress. The last step is reported below, after its model is written.
            elapsed = state.seconds - logged_at
            if elapsed >= _LOG_SEC or preview or last:
                rate = (state.step - logged_step) / max(elapsed, 1e-9)
                logged_at, logged_step = state.seconds, state.step
                entry = {"step": state.step, "seconds": round(state.seconds, 2), **values}
                tried(partial(run.log, entry))
                left = seconds_left(stages, state.step, state.seconds)
                if not last:
                    yield Progress(state.step, config.steps, state.seconds, left, rate, values, preview, notice)
    finally:
        # Reached at the end, and when closed at a yield. After an error within a step, the last checkpoint is kept.
        if state.intact:
            try:
                if saved_step != state.step:
                    save()
            finally:  # the model is smaller
                preview = publish()
    yield Progress(state.step, config.steps, state.seconds, 0.0, rate, values, preview, notice)


def train_step(
    state: State,
    config: Config,
    stage: Stage,
    source: Source,
    perceptual: FeatureExtractor | None,
    device: str,
) -> dict[str, float]:
    """One step: warp a pair, generate, update the generator, then the discriminator.

    Args:
        state: networks and optimisers; changed in place; `State.finish_step` counts the step.
        config: the run's settings.
        stage: size, batch size, and the losses used.
        source: the training pair at the stage's size.
        perceptual: the frozen network of the perceptual loss; None trains without it.
        device: torch device to compute on.

    Returns:
        The losses by name, before weighting.

    Raises:
        TrainingError: a loss, a gradient or a weight is not finite; no weight was changed.
    """
    state.intact = False
    state.set_learning_rates(config)
    batch = stage.draw(state.rng, device)
    real, primitive = batch.photo, batch.primitive
    precision = torch.autocast(torch.device(device).type, torch.bfloat16, config.optim.precision == "bfloat16")
    with precision:
        painted = state.generator(primitive, source)
    fake = painted.image

    predictions_real = predictions_fake = None
    if stage.adversarial:
        with precision:
            predictions_real = state.discriminator(primitive, real)
            state.discriminator.requires_grad_(False)
            predictions_fake = state.discriminator(primitive, fake)
            state.discriminator.requires_grad_(True)

    # The generator's losses: the table is in losses.py, the weights are in the config.
    with precision:
        terms = losses.generator_losses(
            losses.LossInputs(
                config=config.loss,
                painted=painted,
                photo=real,
                grid=batch.grid,
                step=state.step,
                rng=state.rng,
                perceptual=perceptual if stage.perceptual else None,
                predictions_fake=predictions_fake,
                predictions_real=predictions_real,
            )
        )
    values = {name: float(value.detach()) for name, (_, value) in terms.items()}
    state.optimiser_G.zero_grad(set_to_none=True)
    # Checked before the gradients, since those of PyTorch's sampling at places that are NaN are written anywhere.
    _check_losses(values, state.step)
    if terms:  # empty if the adversarial losses are the only ones and the discriminator has not started
        losses.weighted_sum(terms).backward()
    _check_network(state.generator, state.step)

    if predictions_real is not None:
        with precision:
            predictions_fake = state.discriminator(primitive, fake.detach())
            real_loss = losses.gan_loss(predictions_real, True, config.loss.gan)
            fake_loss = losses.gan_loss(predictions_fake, False, config.loss.gan)
        values |= {"D_real": float(real_loss.detach()), "D_fake": float(fake_loss.detach())}
        state.optimiser_D.zero_grad(set_to_none=True)
        _check_losses(values, state.step)
        (0.5 * (real_loss + fake_loss)).backward()
        _check_network(state.discriminator, state.step)
        state.optimiser_D.step()
    state.optimiser_G.step()
    if state.ema is not None:
        state.ema.update(state.generator, state.step)
    return values


def _check_losses(values: Mapping[str, float], step: int) -> None:
    bad = [name for name, value in values.items() if not np.isfinite(value)]
    if bad:
        raise _not_finite(step, ", ".join(bad))


def _check_network(network: torch.nn.Module, step: int) -> None:
    # The weights, too: where a function saturates, an infinite one gives losses and gradients that are finite.
    weights = [parameter.detach() for parameter in network.parameters()]
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    if not _finite([*weights, *gradients]):
        raise _not_finite(step, "a gradient" if _finite(weights) else "a weight")


def _finite(tensors: list[torch.Tensor]) -> bool:
    return bool(torch.isfinite(torch.nn.utils.get_total_norm(tensors)))


def _check_state(state: State) -> None:
    """Check what is about to be written; the moving average and the optimisers' moments take no part in a loss."""
    tensors, _ = state.dump()
    if not _finite([tensor for tensor in tensors.values() if tensor.is_floating_point()]):
        bad = next(name for name, tensor in tensors.items() if not bool(torch.isfinite(tensor).all()))
        raise _not_finite(state.step, f"{bad} of the training's state", "it was not saved")


def _not_finite(step: int, what: str, then: str = "the weights were not changed") -> TrainingError:
    return TrainingError(
        f"step {step}: {what} is not finite; {then} and the last checkpoint is kept; train in another folder with "
        "a lower learning rate (--set optim.lr=…) or another --seed"
    )


def _load_perceptual(config: LossConfig, device: str, required: bool) -> tuple[FeatureExtractor | None, str | None]:
    """The network of the perceptual loss, or None and a notice for the user."""
    try:
        network = FeatureExtractor(config.perceptual_network, config.perceptual_layers, scaling=config.perceptual_input)
        return network.to(device), None
    except WeightsError as error:
        if required:
            raise
        notice = f"the {config.perceptual_network} weights are not available: training without the perceptual loss"
        _log.warning("%s (%s)", notice, str(error).rstrip("."))
        return None, notice


def _pairs(run: Run) -> tuple[dict[float, TrainingPair], dict[float, FurtherPairs]]:
    """The training pair and the further ones at each size that the phases use, and at full size for previews."""
    photo, primitive = run.pair()
    config, spec = run.record.config, run.record.spec
    scales = {1.0, *(phase.scale for phase in config.phases)}
    pairs = {scale: TrainingPair(photo, primitive, spec, scale, config.augment) for scale in scales}
    return pairs, {scale: FurtherPairs(run, scale) for scale in scales}


def _fix_steps(
    run: Run,
    pairs: Mapping[float, TrainingPair],
    others: Mapping[float, FurtherPairs],
    perceptual: FeatureExtractor | None,
    device: str,
) -> Config:
    """Time a few steps of each stage on throwaway networks, and write the number of steps into the run."""
    config = run.record.config
    assert config.minutes is not None
    begin = time.monotonic()
    first = config.continued_from
    nominal = first + 10_000
    state = fresh_state(config, run.record.spec, device)
    total, last = 0.0, first
    for stage in plan(config, nominal, pairs, others):
        source = Source(stage.pair.photo, stage.pair.encoded).to(device)
        state.step = last
        times: list[float] = []
        # Full rounds of `perceptual_every` steps, after a first step, which is always slow; one round if it takes long.
        every = config.loss.perceptual_every if stage.perceptual else 1
        while len(times) <= every or (len(times) <= _ROUNDS * every and sum(times[1:]) < _ROUNDS_SEC):
            tick = time.monotonic()
            train_step(state, config, stage, source, perceptual, device)
            state.finish_step()
            times.append(time.monotonic() - tick)
        rounds = np.add.reduceat(times[1:], np.arange(0, len(times) - 1, every))[: (len(times) - 1) // every] / every
        # The median, in case another process used the CPU for a moment.
        total += float(np.median(rounds)) * (stage.until - last) / (nominal - first)
        last = stage.until
    available = config.minutes * 60 * (1 - _OVERHEAD) - (time.monotonic() - begin)
    steps = first + max(1, int(available / total))
    fixed = config.model_copy(update={"steps": steps})
    run.amend(fixed)
    _log.info("%.2f s a step on average: %d steps in %g minutes", total, steps - first, config.minutes)
    return fixed
