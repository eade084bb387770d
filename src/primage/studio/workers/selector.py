"""The selecting worker: its jobs and their results. Does not need OpenCV."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64, UInt8

from primage.primitive.margins import NO_MARGINS, Margins
from primage.processes.jobs import Job, Result
from primage.processes.worker import Worker
from primage.studio.selection import BoxMark, Point, StrokeMark


@dataclass(frozen=True)
class Shown:
    """The picture that is selected in.

    Attributes:
        photo: the photo's file.
        size: (height, width) of the drawing.
        picture: the result, at that size; None before the first render, for the photo.
        regions: the drawing's labels, whose areas are likely objects; None for a drawing without.
        margins: what the drawing has beyond the photo's borders.
    """

    photo: Path
    size: tuple[int, int]
    picture: UInt8[np.ndarray, "h w 3"] | None
    regions: UInt8[np.ndarray, "h w"] | None
    margins: Margins = NO_MARGINS


class SelectingJob(Job[Result]):
    """A job of this worker."""


@dataclass(frozen=True)
class WarmUpSelector(SelectingJob[None]):
    """Select in something small."""


@dataclass(frozen=True)
class SelectMarked(SelectingJob[Bool[np.ndarray, "h w"]]):
    """Select what marks say.

    Attributes:
        shown: the picture.
        marks: in the order in which they were made.
    """

    shown: Shown
    marks: tuple[StrokeMark | BoxMark, ...]


@dataclass(frozen=True)
class FindPath(SelectingJob[Float64[np.ndarray, "n 2"]]):
    """Find the path between two points that follows edges.

    Attributes:
        shown: the picture.
        start: (x, y).
        end: (x, y).
    """

    shown: Shown
    start: Point
    end: Point


class Selector(Worker):
    """The selecting worker."""

    def __init__(self) -> None:
        super().__init__("primage.studio.workers.selecting", "the selecting worker", WarmUpSelector())

    async def run(self, job: SelectingJob[Result]) -> Result:
        """Run a job after those requested before it; see `primage.processes.worker.Worker`."""
        return await self._run(job)
