"""A training as one step of an evaluation: reports progress, can be stopped and resumed, is not repeated."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator
from pathlib import Path

from primage.api import opened_run, prepare
from primage.config import Config
from primage.errors import RunError
from primage.evaluate.protocol.progress import Event
from primage.files import sha256_file
from primage.model import Model, load
from primage.primitive.read import NO_FILES, LayerFiles
from primage.run import Run, check_target, differences_between
from primage.training import training


def check_run(folder: Path, config: Config) -> None:
    """Check that a folder can hold a run with these settings, or holds it.

    Args:
        folder: the run folder; it need not exist.
        config: training settings.

    Raises:
        RunError, OutputError: it holds something else, or a run with other settings.
    """
    check_target(folder)
    if not (folder / "run.json").exists():
        return
    changed = differences_between(Run(folder).record.requested.model_dump(), config.model_dump())
    if changed:
        raise RunError(
            f"{folder}: was trained with other settings ({changed[0]}); repeat the command as it was, or choose "
            "another output folder"
        )


def train_or_resume(
    photo: Path,
    config: Config,
    folder: Path,
    task: str,
    files: LayerFiles = NO_FILES,
    shrink_only: bool = True,
    device: str = "cpu",
) -> Generator[Event, None, Model]:
    """Train a run to its end, resuming it if it was stopped; if it is complete, only load its model.

    Args:
        photo: the photo's file.
        config: training settings.
        folder: the run folder.
        task: text for `Event`.
        files: primitive layers given as files.
        shrink_only: do not enlarge a photo that is smaller than the working size.
        device: torch device to compute on.

    Yields:
        Progress; closing the generator saves the run.

    Returns:
        The trained model.

    Raises:
        UserError: an input is invalid, or the folder holds a run with other settings.
        TrainingError, WeightsError: as for `primage.train`.
    """
    check_run(folder, config)
    if (folder / "model.safetensors").exists() and Run(folder).record.photo_sha256 == sha256_file(photo):
        model = load(folder, device)
        if model.record.steps == Run(folder).record.config.steps:
            yield Event(task, 1, 1, "already trained")
            return model
    yield Event(task, 0, 0)
    prepared = prepare(photo, config, files, shrink_only=shrink_only)
    with opened_run(folder, prepared) as run, contextlib.closing(training(run, device)) as steps:
        for progress in steps:
            left = f"{_duration(progress.seconds_left)} left" if math.isfinite(progress.seconds_left) else ""
            yield Event(task, progress.step, progress.steps, left)
    return load(folder, device)


def _duration(seconds: float) -> str:
    """Hours and minutes, or minutes, or seconds."""
    if seconds >= 3600:
        hours, rest = divmod(round(seconds / 60), 60)
        return f"{hours} h {rest} min"
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
