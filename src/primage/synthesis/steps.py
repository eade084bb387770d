"""Running the iterators of a synthesis."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator
from typing import TypeVar

Result = TypeVar("Result")


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
