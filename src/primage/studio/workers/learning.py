"""What the process does that learns a photo: the training loop, told to stop through a pipe."""

from __future__ import annotations

import contextlib
import math
import os
import threading
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

from primage.errors import PrimageError, WeightsError
from primage.studio.workers.process import obey_the_server

#: The person who draws comes first; more than this, and a busy machine hardly learns at all.
_NICENESS = 5


def learn(pipe: Connection, folder: Path, minutes: float | None) -> None:
    """Train a run; the last message is ("ended", done, note) or ("failed", message).

    Args:
        pipe: takes ("progress", {...}); anything that comes back asks for a stop after the step at hand.
        folder: the run folder.
        minutes: how much longer; None does what an earlier training left undone.
    """
    stop = threading.Event()
    obey_the_server(stop)
    # Whoever reads is gone with the server; what was learned is still saved.
    with contextlib.suppress(BrokenPipeError):
        try:
            done, note = _train(pipe, folder, minutes, stop)
            pipe.send(("ended", done, note))
        except PrimageError as error:
            pipe.send(("failed", str(error)))
        except Exception as error:
            pipe.send(("failed", f"{type(error).__name__}: {error}"))
            raise


def _train(pipe: Connection, folder: Path, minutes: float | None, stop: threading.Event) -> tuple[bool, str | None]:
    from primage.api import continued_run
    from primage.training import training

    note = _without_missing_weights(folder)
    if hasattr(os, "nice"):  # only now: importing is not what a render would have to wait for
        os.nice(_NICENESS)
    opened = _left_undone(folder) if minutes is None else continued_run(folder, minutes=minutes)
    done = False
    with opened as run, contextlib.closing(training(run)) as steps:
        for progress in steps:
            done = progress.step >= progress.steps
            facts = {
                "step": progress.step,
                "steps": progress.steps,
                "seconds": progress.seconds,
                "seconds_left": progress.seconds_left if math.isfinite(progress.seconds_left) else None,
                "steps_per_second": progress.steps_per_second,
                "losses": {name: value for name, value in progress.losses.items() if math.isfinite(value)},
            }
            with contextlib.suppress(BrokenPipeError):
                pipe.send(("progress", facts, progress.preview is not None, note))
            if stop.is_set() or pipe.poll():
                break
    return done, note


@contextlib.contextmanager
def _left_undone(folder: Path) -> Iterator:  # type: ignore[type-arg]
    from primage.run import Run, lock_folder

    with lock_folder(folder):
        yield Run(folder)


def _without_missing_weights(folder: Path) -> str | None:
    """Learn without the perceptual loss where its network cannot be had: less sharp, but with the network cable out."""
    from primage.nets.weights import load_weights
    from primage.run import Run, lock_folder

    run = Run(folder)
    config = run.record.config
    if config.loss.lambda_perc == 0:
        return None
    try:
        load_weights(config.loss.perceptual_network)
        return None
    except WeightsError:
        with lock_folder(folder):
            loss = config.loss.model_copy(update={"lambda_perc": 0.0})
            run.amend(config.model_copy(update={"loss": loss}))
        return "the loss network cannot be had on this machine; learning goes on without it and stays a little softer"
