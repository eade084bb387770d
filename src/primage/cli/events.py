"""Progress of a long evaluation; Ctrl-C stops it so that it can be resumed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator
from typing import TYPE_CHECKING, TypeVar

from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

from primage.cli.console import err
from primage.cli.signals import stoppable

if TYPE_CHECKING:
    from primage.evaluate.protocol.progress import Event

Result = TypeVar("Result")
#: Seconds between two progress lines if standard error is not a terminal.
_LINE_SEC = 10.0


def follow_events(events: Generator[Event, None, Result], quiet: bool) -> Result | None:
    """Run an evaluation to its end and show its progress.

    Args:
        events: the generator that an evaluation such as `evaluate_video` returns.
        quiet: show no progress.

    Returns:
        The evaluation's result; None if Ctrl-C stopped it.
    """
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(bar_width=24), TaskProgressColumn())
    plain = not err.is_terminal
    shown, shown_at = "", float("-inf")
    with (
        stoppable(quiet) as stopped,
        contextlib.closing(events),
        Progress(
            *columns, TimeElapsedColumn(), TextColumn("[dim]{task.fields[detail]}"), console=err, disable=quiet or plain
        ) as bar,
    ):
        task = bar.add_task("", total=None, detail="")
        while True:
            try:
                event = next(events)
            except StopIteration as end:
                result: Result = end.value
                return result
            bar.update(
                *(task,),
                description=escape(event.task),
                total=event.total or None,
                completed=event.done,
                detail=event.detail,
            )
            new = event.task != shown
            if plain and not quiet and (new or time.monotonic() - shown_at >= _LINE_SEC):
                count = f"  {event.done}/{event.total}" if event.total else ""
                err.print(escape(f"{event.task}{count}  {event.detail}".rstrip()))
                shown_at = time.monotonic()
            shown = event.task
            if stopped():
                return None


def follow_share(task: str, shares: Generator[float, None, Result], quiet: bool) -> Result | None:
    """Run work to its end that says what share of it is done; see `follow_events`.

    Args:
        task: what is done, as shown to the user.
        shares: yields 0 to 1.
        quiet: show no progress.

    Returns:
        The work's result; None if Ctrl-C stopped it.
    """
    from primage.evaluate.protocol.progress import Event

    def events() -> Generator[Event, None, Result]:
        with contextlib.closing(shares):
            while True:
                try:
                    share = next(shares)
                except StopIteration as end:
                    result: Result = end.value
                    return result
                yield Event(task, round(100 * share), 100)

    return follow_events(events(), quiet)
