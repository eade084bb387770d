"""What a batch shows while it works: a table on a terminal, lines elsewhere."""

from __future__ import annotations

import io
from collections.abc import Generator
from pathlib import Path

import pytest
from rich.console import Console

from primage.batch.manifest import Row
from primage.batch.outcome import Outcome, Stage, Update
from primage.batch.plan import Options, planned
from primage.batch.summary import Summary
from primage.cli import batch_table
from primage.cli.batch_table import follow_batch


def news(folder: Path) -> Generator[Update, None, Summary]:
    (folder / "a[b].png").touch()  # which would be a pattern otherwise
    first, second, third = planned(
        [str(folder / f"{name}.png") for name in ("a[b]", "c", "d")], Options(str(folder), Row(photo="-", steps=4))
    )
    yield Update(first, 1, Stage("reading", process=7, host="node-1"))
    yield Update(second, 2, Stage("training", 2, 4, 12.0, 8, "node-2"))
    yield Update(first, 1, None, Outcome("failed", reason="no picture"))
    yield Update(second, 2, None, Outcome("failed", reason="its machine died", transient=True), retried=True)
    yield Update(third, 1, None, Outcome("stopped"))
    return Summary((), 1.0)


@pytest.mark.parametrize("terminal", [True, False])
def test_failures_are_told_at_once(tmp_path: Path, terminal: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr(batch_table, "err", Console(file=text, force_terminal=terminal, width=120, color_system=None))
    assert follow_batch(news(tmp_path), 3, quiet=False).seconds == 1.0
    assert "failed: a[b]: no picture" in text.getvalue()
    assert "again: c: its machine died" in text.getvalue()


def test_the_table_has_what_is_under_way(tmp_path: Path) -> None:
    board = batch_table._Board(3)
    updates = list(news(tmp_path))
    for update in updates[:2]:
        board.take(update)
    console = Console(file=io.StringIO(), width=120)
    with console.capture() as shown:
        console.print(board.table())
    assert "0 of 3, 2 under way" in shown.get()
    for row in (("a[b]", "reading", "node-1:7"), ("c", "training (attempt 2)", "2/4", "12 s", "node-2:8")):
        assert any(all(cell in line for cell in row) for line in shown.get().splitlines()), row
    for update in updates[2:]:
        board.take(update)
    assert board.line().startswith("1 of 3, 1 failed, 0 under way")


def test_a_quiet_batch_shows_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.StringIO()
    monkeypatch.setattr(batch_table, "err", Console(file=text, force_terminal=True))
    follow_batch(news(tmp_path), 3, quiet=True)
    assert text.getvalue() == ""
