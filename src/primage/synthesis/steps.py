"""Running the iterators of a synthesis."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import TypeVar

Result = TypeVar("Result")


def scaled(steps: Generator[float, None, Result], start: float, share: float) -> Generator[float, None, Result]:
    """An iterator as a part of a longer one.

    Args:
        steps: yields the share of its own work that is done.
        start: share of the whole work that is done before it.
        share: its share of the whole work.

    Returns:
        The iterator's result.
    """
    with contextlib.closing(steps):
        while True:
            try:
                yield start + share * next(steps)
            except StopIteration as stop:
                result: Result = stop.value
                return result


def finished(steps: Generator[float, None, Result], before_each: Callable[[], None] = lambda: None) -> Result:
    """Run an iterator to its end.

    Args:
        steps: yields the share of the work that is done.
        before_each: called before each step; what it raises closes the iterator.

    Returns:
        The iterator's result.
    """
    with contextlib.closing(steps):
        while True:
            before_each()
            try:
                next(steps)
            except StopIteration as stop:
                result: Result = stop.value
                return result
