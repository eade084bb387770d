"""A training as a part of something longer: says how far it is, can be stopped, and is not done twice."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from primage.api import opened_run, prepare
from primage.config import Config
from primage.files import sha256_file
from primage.model import Model, load
from primage.primitive.read import NO_FILES, LayerFiles
from primage.run import Run
from primage.training import training


@dataclass(frozen=True)
class Event:
    """How far an evaluation is.

    Attributes:
        task: what is being done, for people.
        done: how much of it.
        total: of how much; 0 if that is not known yet.
        detail: more, for people.
    """

    task: str
    done: int
    total: int
    detail: str = ""


def trained(
    photo: Path,
    config: Config,
    folder: Path,
    task: str,
    files: LayerFiles = NO_FILES,
    shrink_only: bool = True,
    device: str = "cpu",
) -> Generator[Event, None, Model]:
    """Train a run to its end, or from where it was stopped; load it if it is done.

    Args:
        photo: the photo's file.
        config: settings.
        folder: the run folder.
        task: for `Event`.
        files: layers that are given.
        shrink_only: a photo smaller than the working size keeps its size.
        device: where to compute.

    Yields:
        Progress; closing the generator saves the run.

    Returns:
        The model.

    Raises:
        UserError: an input is at fault, or the folder holds a run with other settings.
        TrainingError, WeightsError: as for `primage.train`.
    """
    if (folder / "run.json").exists() and (folder / "model.safetensors").exists():
        known = Run(folder).record
        if known.requested == config and known.photo_sha256 == sha256_file(photo):
            model = load(folder, device)
            if model.record.steps == known.config.steps:
                yield Event(task, 1, 1, "done before")
                return model
    yield Event(task, 0, 0)
    prepared = prepare(photo, config, files, shrink_only=shrink_only)
    with opened_run(folder, prepared) as run, contextlib.closing(training(run, device)) as steps:
        for progress in steps:
            left = f"{progress.seconds_left:.0f} s left" if math.isfinite(progress.seconds_left) else ""
            yield Event(task, progress.step, progress.steps, left)
    return load(folder, device)
