"""The learning process: runs the training loop on one run folder and reports to the server through a pipe."""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from primage.errors import PrimageError
from primage.processes.worker import die_with_parent

if TYPE_CHECKING:
    from primage.run import Run

#: Rendering has priority; with a higher value, training would nearly stop on a loaded machine.
_NICENESS = 5


@dataclass(frozen=True)
class Stop:
    """Server → process: stop after the current step."""


@dataclass(frozen=True)
class LearningProgress:
    """Process → server, about once a second.

    Attributes:
        step: steps done.
        steps: steps planned.
        seconds: time spent training on this photo.
        seconds_left: an estimate; None if there is none yet.
        steps_per_second: current speed.
        losses: the last step's, by name; finite ones only.
        published: whether a new model and preview were written.
        note: message to the user, for example that a loss is not available.
    """

    step: int
    steps: int
    seconds: float
    seconds_left: float | None
    steps_per_second: float
    losses: dict[str, float]
    published: bool
    note: str | None


@dataclass(frozen=True)
class LearningEnded:
    """Process → server, the last message of a training that ended normally.

    Attributes:
        complete: whether all planned steps were done.
        note: message to the user, for example that a loss is not available.
    """

    complete: bool
    note: str | None


@dataclass(frozen=True)
class LearningFailed:
    """Process → server, the last message of a training that failed.

    Attributes:
        message: one sentence for the user.
    """

    message: str


LearningMessage = LearningProgress | LearningEnded | LearningFailed


def learn(pipe: Connection, folder: Path, minutes: float | None) -> None:
    """Train a run. The last message is a `LearningEnded` or a `LearningFailed`.

    Args:
        pipe: sends `LearningMessage`, receives `Stop`.
        folder: the run folder.
        minutes: how much longer to train; None finishes an interrupted training.
    """
    stop = threading.Event()
    die_with_parent(stop)
    # If the server has ended, nobody reads the pipe; the training is still saved.
    with contextlib.suppress(BrokenPipeError):
        try:
            pipe.send(_train(pipe, folder, minutes, stop))
        except PrimageError as error:
            pipe.send(LearningFailed(str(error)))
        except Exception as error:
            pipe.send(LearningFailed(f"{type(error).__name__}: {error}"))
            raise


def _train(pipe: Connection, folder: Path, minutes: float | None, stop: threading.Event) -> LearningEnded:
    from primage.api import continued_run
    from primage.training import training

    if hasattr(os, "nice"):  # only now, so that the imports are not slowed down
        os.nice(_NICENESS)
    opened = _unfinished_run(folder) if minutes is None else continued_run(folder, minutes, require_weights=False)
    complete, note = False, None
    with opened as run, contextlib.closing(training(run, require_weights=False)) as steps:
        for progress in steps:
            complete, note = progress.step >= progress.steps, progress.notice
            message = LearningProgress(
                step=progress.step,
                steps=progress.steps,
                seconds=progress.seconds,
                seconds_left=progress.seconds_left if math.isfinite(progress.seconds_left) else None,
                steps_per_second=progress.steps_per_second,
                losses={name: value for name, value in progress.losses.items() if math.isfinite(value)},
                published=progress.preview is not None,
                note=note,
            )
            with contextlib.suppress(BrokenPipeError):
                pipe.send(message)
            if stop.is_set() or pipe.poll():
                break
    return LearningEnded(complete, note)


@contextlib.contextmanager
def _unfinished_run(folder: Path) -> Iterator[Run]:
    from primage.run import Run
    from primage.run_folder import lock_folder

    with lock_folder(folder):
        yield Run(folder)
