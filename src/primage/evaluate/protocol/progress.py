"""How far an evaluation is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Event:
    """A progress report of an evaluation.

    Attributes:
        task: what is being done, as shown to the user.
        done: units finished.
        total: units in all; 0 if not known yet.
        detail: further text for the user.
    """

    task: str
    done: int
    total: int
    detail: str = ""
