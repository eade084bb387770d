"""The live table of a batch."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Generator
from typing import TYPE_CHECKING

from rich.console import Group
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from primage.cli.console import err

if TYPE_CHECKING:
    from primage.batch.outcome import Update
    from primage.batch.summary import Summary

#: Photos shown at a time; on large clusters, more are under way.
_MOST_ROWS = 20
#: Seconds between two lines if standard error is not a terminal.
_LINE_SEC = 10.0


def follow_batch(updates: Generator[Update, None, Summary], photos: int, quiet: bool) -> Summary:
    """Run a batch to its end, and show what is under way and what failed.

    Args:
        updates: the batch, from `primage.batch.running.run_batch`.
        photos: number of photos.
        quiet: show nothing.

    Returns:
        The batch's summary.
    """
    plain = not err.is_terminal
    board = _Board(photos)
    with contextlib.closing(updates), contextlib.ExitStack() as stack:
        live = None
        if not quiet and not plain:
            live = stack.enter_context(Live(board.table(), console=err, refresh_per_second=4, transient=True))
        while True:
            try:
                update = next(updates)
            except StopIteration as end:
                summary: Summary = end.value
                return summary
            line = board.take(update)
            if live is not None:
                live.update(board.table())
            if not quiet and line is not None:
                err.print(line)
            elif not quiet and plain and board.is_due():
                err.print(board.line())


class _Board:
    def __init__(self, photos: int) -> None:
        self._photos = photos
        self._counts = {"done": 0, "failed": 0, "stopped": 0}
        self._running: dict[int, Update] = {}
        self._begin = self._shown = time.monotonic()

    def take(self, update: Update) -> str | None:
        """Take news; returns a line about what ended."""
        job, outcome = update.job, update.outcome
        if outcome is None:
            self._running[job.number] = update
            return None
        self._running.pop(job.number, None)
        name = escape(job.name)
        if update.retried:
            return f"[yellow]again:[/] {name}: {escape(outcome.reason or '')}"
        self._counts[outcome.status] += 1
        if outcome.status == "failed":
            return f"[bold red]failed:[/] {name}: {escape(outcome.reason or '')}"
        if outcome.status == "stopped" or outcome.record is None:
            return None
        how = (
            "done before" if outcome.skipped else f"{outcome.record.steps} steps in {outcome.record.training_sec:.0f} s"
        )
        return f"[green]done:[/] {name}: {how}"

    def is_due(self) -> bool:
        """Whether it is time for a line about what is under way."""
        now = time.monotonic()
        if now - self._shown < _LINE_SEC:
            return False
        self._shown = now
        return True

    def line(self) -> str:
        """Where the batch is, in one line."""
        ended = self._counts["done"] + self._counts["failed"]
        failed = f", {self._counts['failed']} failed" if self._counts["failed"] else ""
        return (
            f"{ended} of {self._photos}{failed}, {len(self._running)} under way, {time.monotonic() - self._begin:.0f} s"
        )

    def table(self) -> Group:
        """What is under way."""
        table = Table(box=None, pad_edge=False, header_style="dim")
        for heading in ("photo", "", "", "step", "left", "where"):
            table.add_column(heading)
        for update in list(self._running.values())[:_MOST_ROWS]:
            stage = update.stage
            assert stage is not None
            bar = ProgressBar(total=max(stage.steps, 1), completed=stage.step, width=24)
            steps = f"{stage.step}/{stage.steps}" if stage.steps else ""
            left = f"{stage.seconds_left:.0f} s" if math.isfinite(stage.seconds_left) else ""
            tries = "" if update.attempt == 1 else f" (attempt {update.attempt})"
            where = f"{stage.host}:{stage.process}"
            table.add_row(Text(update.job.name), stage.name + tries, bar, steps, left, Text(where, style="dim"))
        more = len(self._running) - _MOST_ROWS
        return Group(Text(self.line()), table, *([Text(f"and {more} more", style="dim")] if more > 0 else []))
