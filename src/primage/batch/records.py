"""Records of finished photos, sealed: by which a batch knows what it need not do again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from primage._version import __version__
from primage.batch.locations import fingerprint, is_url
from primage.batch.plan import Job
from primage.errors import OutputError
from primage.files import atomic_path, parse_json, sha256_file
from primage.seal import BLANK, KEY, seal, state
from primage.settings import Frozen


class Input(Frozen):
    """A file that was read.

    Attributes:
        location: path or URL.
        sha256: of its bytes.
        fingerprint: what changes when the file does (`primage.batch.locations.fingerprint`).
    """

    location: str
    sha256: str
    fingerprint: str | None = None


class Record(Frozen):
    """What was made of one photo, and what it took.

    Attributes:
        name: of the results.
        request: hash of what was asked for (`primage.batch.plan.Job.request`).
        inputs: the files that were read.
        size: (height, width) of the working size.
        steps: of the training.
        training_sec: time spent training, over all sessions.
        task_sec: time of the last task, with reading, extraction and rendering.
        cpu_sec: processor time of the last task.
        threads: number of threads, on which rounding depends.
        peak_memory_mb: largest memory of the process up to then; 0 if the system does not tell.
        run_bytes: size of all files of the run.
        weights_sha256: hash of the model's weights.
        render_sha256: hash of the rendered file, if there is one.
        notes: warnings.
        thumbnail: the photo, as a data: URI.
        render_thumbnail: the render, likewise.
    """

    version: str = __version__
    name: str
    request: str
    inputs: dict[str, Input]
    size: tuple[int, int]
    steps: int
    training_sec: float
    task_sec: float
    cpu_sec: float
    threads: int
    peak_memory_mb: float
    run_bytes: int
    weights_sha256: str
    render_sha256: str | None = None
    notes: tuple[str, ...] = ()
    thumbnail: str = ""
    render_thumbnail: str | None = Field(None)


def write_record(path: Path, record: Record) -> None:
    """Write a record, atomically and sealed.

    Args:
        path: the file; missing folders are created.
        record: what to write.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as scratch:
        scratch.write_text(json.dumps({**record.model_dump(mode="json"), **BLANK}, indent=1), encoding="utf-8")
        seal(scratch)


def read_record(path: Path) -> Record | None:
    """Read a record.

    Args:
        path: the file.

    Returns:
        The record; None if there is none.

    Raises:
        OutputError: the file was changed since, or is not a record.
    """
    if not path.exists():
        return None
    try:
        if state(path) == "sealed":
            data: dict[str, Any] = parse_json(path.read_text(encoding="utf-8"))
            data.pop(KEY)
            return Record.model_validate(data)
    except (OSError, ValueError, KeyError, ValidationError):
        pass
    raise OutputError(f"{path.name}: is no record that Primage wrote, or was changed since; move it away")


def is_current(record: Record, job: Job) -> bool:
    """Whether a record is of this job, and none of the files was changed since.

    Args:
        record: what was made before.
        job: what is asked for now.

    Returns:
        Whether nothing is to be done.
    """
    asked = job.inputs
    if record.request != job.request or record.inputs.keys() != asked.keys():
        return False
    return all(_is_same(record.inputs[role], location) for role, location in asked.items())


def _is_same(known: Input, location: str) -> bool:
    now = fingerprint(location)
    if now is not None and now == known.fingerprint:
        return True
    # A copy, or a file that was touched: its content decides. Other URLs are not worth a download, so they are redone.
    path = Path(location)
    return path.is_file() and sha256_file(path) == known.sha256


def inputs_of(job: Job, local: Mapping[str, Path], seen: Mapping[str, str | None]) -> dict[str, Input]:
    """What identifies the files that a job reads.

    Args:
        job: the job.
        local: the files, by what they are.
        seen: the fingerprint of each file, from before it was downloaded.

    Returns:
        The files, by what they are.

    Raises:
        ImageError: a file is missing or cannot be read.
    """
    return {
        role: Input(location=location, sha256=sha256_file(local[role]), fingerprint=seen[role])
        for role, location in job.inputs.items()
    }


def changed(inputs: Mapping[str, Input]) -> str | None:
    """The location of the first file that is no longer what it was.

    Args:
        inputs: what was read, from `inputs_of`.

    Returns:
        None if all are the same, as far as their servers tell.
    """
    return next((known.location for known in inputs.values() if _was_changed(known)), None)


def _was_changed(known: Input) -> bool:
    if is_url(known.location):  # a server that says nothing, or is out of reach, does not say that it was changed
        now = fingerprint(known.location)
        return None not in (now, known.fingerprint) and now != known.fingerprint
    return not _is_same(known, known.location)
