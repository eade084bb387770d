"""The task: one photo is trained, and its edits are rendered. The same code runs in a loop and on a cluster."""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import tempfile
import time
from collections.abc import Generator
from pathlib import Path

from primage.api import opened_run, prepare
from primage.batch.limits import check_memory, fixed_threads, peak_memory_bytes
from primage.batch.locations import fetched, fingerprint
from primage.batch.outcome import Outcome, Stage
from primage.batch.plan import Job, layer_files
from primage.batch.records import Record, changed, inputs_of, is_current, read_record, write_record
from primage.batch.workspace import Workspace, workspace
from primage.edit.files import edited_drawing
from primage.edit.records import read_edits
from primage.errors import BusyError, PrimageError, ResourceError, TrainingError, UserError, WeightsError, shortage
from primage.evaluate.reports.heatmaps import data_uri
from primage.files import sha256_file
from primage.image import read_image
from primage.model import Model, load
from primage.outputs import check_outputs
from primage.render.files import render_drawing
from primage.render.original import Original
from primage.run import check_target
from primage.run_folder import MODEL, RECORD
from primage.training import training

_THUMBNAIL_PX = 96


def attempted(job: Job) -> Generator[Stage, None, Outcome]:
    """Attempt a photo. Closing the generator stops it; a training saves its checkpoint.

    Args:
        job: the photo.

    Yields:
        How far it is, about once a second.

    Returns:
        How it ended: no failure of this photo is one of the batch.
    """
    try:
        with fixed_threads(job.options.threads):
            return (yield from _processed(job))
    except BusyError as error:  # left by a batch that was killed a moment ago
        return Outcome("failed", reason=str(error), transient=True)
    except (UserError, TrainingError, ResourceError) as error:
        return Outcome("failed", reason=str(error))
    except (WeightsError, OSError, MemoryError) as error:
        return Outcome("failed", reason=_sentence(error), transient=True)
    except Exception as error:
        return Outcome("failed", reason=_sentence(error))


def finished(job: Job, place: Workspace) -> Record | None:
    """What was made of a photo before.

    Args:
        job: the photo.
        place: where the results are.

    Returns:
        Its record; None if it is not done, or something else is asked for now, or a result is gone.

    Raises:
        OutputError: the record was changed by somebody.
    """
    place.pull(job.record)
    record = read_record(place.folder / job.record)
    results = [f"{job.run}/{MODEL}", *([] if job.render is None else [job.render])]
    if record is None or not is_current(record, job) or not all(map(place.exists, results)):
        return None
    return record


def _processed(job: Job) -> Generator[Stage, None, Outcome]:
    begin, cpu_begin = time.monotonic(), time.process_time()
    with workspace(job.options.out) as place, tempfile.TemporaryDirectory(prefix="primage-batch-") as downloads:
        yield _stage("looking")
        if (record := finished(job, place)) is not None:
            return Outcome("done", record, skipped=True)
        place.pull_run(job.run)
        if job.render is not None:
            place.pull(job.render)
        yield _stage("reading")
        # Before any work: what is read later must still be these files.
        seen = {role: fingerprint(location) for role, location in job.inputs.items()}
        local = {role: fetched(url, Path(downloads) / role) for role, url in job.inputs.items()}
        inputs = inputs_of(job, local, seen)
        with _warnings() as notes:
            try:
                model = yield from _trained(job, place.folder / job.run, local)
                render, thumbnail = None, None
                if job.render is not None:
                    yield _stage("rendering", model.record.steps, model.record.steps)
                    render = place.folder / job.render
                    thumbnail = _rendered(job, model, render, local)
                if (location := changed(inputs)) is not None:
                    return Outcome("failed", reason=f"{location}: was changed while it was read", transient=True)
                record = Record(
                    name=job.name,
                    request=job.request,
                    inputs=inputs,
                    size=model.size,
                    steps=model.record.steps,
                    training_sec=model.record.seconds,
                    task_sec=round(time.monotonic() - begin, 2),
                    cpu_sec=round(time.process_time() - cpu_begin, 2),
                    threads=job.options.threads,
                    peak_memory_mb=round(peak_memory_bytes() / 1e6, 1),
                    run_bytes=sum(
                        path.stat().st_size for path in (place.folder / job.run).rglob("*") if path.is_file()
                    ),
                    weights_sha256=model.weights_sha256,
                    render_sha256=None if render is None else sha256_file(render),
                    notes=tuple(notes),
                    thumbnail=data_uri(model.photo, _THUMBNAIL_PX),
                    render_thumbnail=thumbnail,
                )
                write_record(place.folder / job.record, record)
            finally:
                # Also what was stopped: its checkpoint is where the next attempt goes on.
                place.push(f"{job.run}/{RECORD}", job.record)
        return Outcome("done", record)


def _trained(job: Job, run_folder: Path, local: dict[str, Path]) -> Generator[Stage, None, Model]:
    named = {role: [path for key, path in local.items() if key.partition(" ")[0] == role] for role in job.files}
    files = layer_files(named, job.line_colour)
    check_target(run_folder, list(local.values()))
    if job.render is not None:
        target = run_folder.parents[1] / job.render
        check_outputs([target], local.values(), job.options.overwrite)
        read_edits(local["edits"])
    prepared = prepare(local["photo"], job.config, files, job.shrink_only)
    with (
        opened_run(run_folder, prepared) as run,
        # Closed before the lock is released, since closing saves the checkpoint.
        contextlib.closing(training(run, job.options.device)) as progress,
    ):
        for now in progress:
            check_memory(job.options.memory_gb)
            yield _stage("training", now.step, now.steps, now.seconds_left)
    return load(run_folder, job.options.device)


def _rendered(job: Job, model: Model, target: Path, local: dict[str, Path]) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    original = Original(local["photo"]) if job.full_size else None
    drawing = edited_drawing(model, read_edits(local["edits"]))
    render_drawing(model, drawing, target, [local["edits"]], original=original, overwrite=job.options.overwrite)
    return data_uri(read_image(target), _THUMBNAIL_PX)


def _stage(name: str, step: int = 0, steps: int = 0, seconds_left: float = float("nan")) -> Stage:
    return Stage(name, step, steps, seconds_left, os.getpid(), platform.node())


def _sentence(error: BaseException) -> str:
    """An error that has no message for people, as one."""
    text = " ".join(str(error).split())
    if isinstance(error, PrimageError):
        return text
    return shortage(error) or f"{type(error).__name__}: {text or 'no reason given'}"


class _Notes(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


@contextlib.contextmanager
def _warnings() -> Generator[list[str], None, None]:
    """The warnings about one photo, which go to its record instead of among those of others."""
    logger, notes = logging.getLogger("primage"), _Notes()
    before = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [notes], False
    try:
        yield notes.texts
    finally:
        logger.handlers, logger.propagate = before
