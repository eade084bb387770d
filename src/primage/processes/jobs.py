"""Typed jobs for worker processes: a job is a dataclass whose type determines the type of its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Self, TypeVar, cast

Result = TypeVar("Result")

_handlers: dict[type, Callable[..., object]] = {}


class Job(Generic[Result]):
    """A job for a worker process; its type parameter is the type of the result.

    Both are pickled. The module that does the work is imported only by the worker process, where it registers a
    function for each job; mypy checks that the function takes this job and returns its result type.

    Example:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Double(Job[int]):
        ...     number: int
        >>> @Double.handled_by
        ... def double(job: Double) -> int:
        ...     return 2 * job.number
        >>> Double(21).perform()
        42
    """

    @classmethod
    def handled_by(cls, handler: Callable[[Self], Result]) -> Callable[[Self], Result]:
        """Register the function that runs such jobs in this process. Can be used as a decorator.

        Args:
            handler: takes the job and returns the result.

        Returns:
            The function itself.
        """
        _handlers[cls] = handler
        return handler

    def perform(self) -> Result:
        """Run the job in this process.

        Returns:
            The result.

        Raises:
            KeyError: no function is registered for it in this process.
        """
        # `handled_by` ensures the type.
        return cast(Result, _handlers[type(self)](self))
