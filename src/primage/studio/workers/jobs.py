"""Typed requests to worker processes: what is asked for is a dataclass, and its type says what the answer is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Self, TypeVar, cast

Result = TypeVar("Result")

_handlers: dict[type, Callable[..., object]] = {}


class Job(Generic[Result]):
    """A request to a worker process; its type parameter is the type of the answer.

    Both are pickled. The module that does the work is imported by the worker process alone, where it registers a
    function for each job; mypy checks that the function takes this job and returns what the job promises.

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
        """Register the function that does such jobs, in the process that has imported it.

        Args:
            handler: takes the job and returns the answer.

        Returns:
            The function, so that this can be used as a decorator.
        """
        _handlers[cls] = handler
        return handler

    def perform(self) -> Result:
        """Do the job in this process.

        Returns:
            The answer.

        Raises:
            KeyError: no function is registered for it here.
        """
        # `handled_by` made sure of the type.
        return cast(Result, _handlers[type(self)](self))
