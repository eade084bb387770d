"""Reads the results and formats rows as Markdown tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

RESULTS = Path(__file__).parent / "results"
Row = TypeVar("Row")


def result(name: str) -> dict[str, Any] | None:
    """A benchmark's JSON; None if it has not been run."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def markdown(columns: Mapping[str, Callable[[Row], object]], rows: Iterable[Row]) -> str:
    """A Markdown table: heading → function that gives a row's cell."""
    lines = [list(columns), *([str(cell(row)) for cell in columns.values()] for row in rows)]
    head, *body = (f"| {' | '.join(cells)} |" for cells in lines)
    return "\n".join([head, "|---" * len(columns) + "|", *body])
