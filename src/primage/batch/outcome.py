"""What a task reports: how far it is, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from primage.batch.plan import Job
    from primage.batch.records import Record

Status = Literal["done", "failed", "stopped"]


@dataclass(frozen=True)
class Stage:
    """How far a photo is.

    Attributes:
        name: what is being done, as shown to people.
        step: training steps done.
        steps: training steps in all; 0 while they are not known.
        seconds_left: of the training, an estimate; NaN if unknown.
        process: number of the process.
        host: name of the machine.
    """

    name: str
    step: int = 0
    steps: int = 0
    seconds_left: float = float("nan")
    process: int = 0
    host: str = ""


@dataclass(frozen=True)
class Outcome:
    """How an attempt at a photo ended.

    Attributes:
        status: "stopped" if somebody stopped the batch, so that it can go on.
        record: what was made, if it is done.
        skipped: whether it was done already.
        reason: one sentence about what failed.
        transient: whether the failure is of the machine or the network, so that another attempt may succeed.
    """

    status: Status
    record: Record | None = None
    skipped: bool = False
    reason: str | None = None
    transient: bool = False


@dataclass(frozen=True)
class Update:
    """News of one photo.

    Attributes:
        job: the photo.
        attempt: number of the attempt, from 1.
        stage: how far it is; None at its end.
        outcome: how the attempt ended; None before.
        retried: whether there will be another attempt.
    """

    job: Job
    attempt: int
    stage: Stage | None = None
    outcome: Outcome | None = None
    retried: bool = False
