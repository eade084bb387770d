"""What became of a batch: as JSON, CSV and a page."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from primage._version import __version__
from primage.batch.locations import Tree, is_url
from primage.batch.outcome import Outcome
from primage.batch.page import summary_html
from primage.batch.plan import Job
from primage.errors import OutputError
from primage.files import write_atomically

#: Columns of the CSV file: what each photo's entry in the JSON file has, but its notes.
_COLUMNS = (
    "name", "photo", "status", "reason", "attempts", "skipped", "steps", "training_sec", "task_sec", "cpu_sec",
    "threads", "peak_memory_mb", "run_bytes", "weights_sha256", "render_sha256", "run", "render",
)  # fmt: skip
_FROM_RECORD = ("steps", "training_sec", "task_sec", "cpu_sec", "threads", "peak_memory_mb", "run_bytes")
#: What spreadsheets take for a formula.
_FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True)
class Entry:
    """What became of one photo.

    Attributes:
        job: the photo.
        attempts: how often it was tried; 0 if its turn never came.
        outcome: of the last attempt.
    """

    job: Job
    attempts: int
    outcome: Outcome

    def facts(self) -> dict[str, Any]:
        """Everything about it, as plain data."""
        job, record = self.job, self.outcome.record
        made = {name: None if record is None else getattr(record, name) for name in _FROM_RECORD}
        return {
            "name": job.name,
            "photo": job.photo,
            "status": self.outcome.status,
            "reason": self.outcome.reason,
            "attempts": self.attempts,
            "skipped": self.outcome.skipped,
            **made,
            "weights_sha256": None if record is None else record.weights_sha256,
            "render_sha256": None if record is None else record.render_sha256,
            "run": None if record is None else job.options.location(job.run),
            "render": None if record is None or job.render is None else job.options.location(job.render),
            "notes": [] if record is None else list(record.notes),
        }


@dataclass(frozen=True)
class Summary:
    """What became of a batch.

    Attributes:
        entries: of all photos, in order.
        seconds: what it took this time.
        command: the command line.
    """

    entries: tuple[Entry, ...]
    seconds: float
    command: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Number of photos that are done (those skipped among them), failed, or still to do."""
        statuses = [entry.outcome.status for entry in self.entries]
        return {
            "photos": len(self.entries),
            "done": statuses.count("done"),
            "skipped": sum(entry.outcome.skipped for entry in self.entries),
            "failed": statuses.count("failed"),
            "stopped": statuses.count("stopped"),
        }

    def facts(self) -> dict[str, Any]:
        """The summary as plain data."""
        return {
            "version": __version__,
            "command": list(self.command),
            "seconds": self.seconds,
            "counts": self.counts(),
            "photos": [entry.facts() for entry in self.entries],
        }


def write_summary(out: str, summary: Summary) -> None:
    """Write summary.json, summary.csv and summary.html.

    Args:
        out: the folder of results, path or URL.
        summary: what to write.

    Raises:
        OutputError: a file cannot be written.
    """
    files = {
        "summary.json": json.dumps(summary.facts(), indent=1) + "\n",
        "summary.csv": _csv([entry.facts() for entry in summary.entries]),
        "summary.html": summary_html(
            summary.counts(),
            [(entry.facts(), entry.outcome.record) for entry in summary.entries],
            summary.seconds,
            summary.command,
        ),
    }
    try:
        with tempfile.TemporaryDirectory(prefix="primage-batch-") as scratch:
            for name, text in files.items():
                target = Path(scratch if is_url(out) else out) / name
                write_atomically(target, text)
                if is_url(out):
                    Tree(out).put(target, name)
    except OSError as error:
        raise OutputError(
            f"{out}: the summary cannot be written ({error}); repeat the command when the folder can be written to"
        ) from error


def _csv(rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in _COLUMNS])
    return text.getvalue()


def _cell(value: object) -> object:
    """A value of a table; a text that spreadsheets would compute stays a text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
