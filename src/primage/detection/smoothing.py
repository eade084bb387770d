"""Points that are found frame by frame, smoothed in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from primage.detection.people import Line

#: Cutoff of a point at rest, in cycles per frame; how much it rises with speed, in sizes of the face, hand or body per
#: frame; and cutoff of the speed itself.
_AT_REST, _PER_SPEED, _OF_SPEED = 0.15, 25.0, 0.15
#: A line follows the one of the previous frame that is at most this many sizes of its face, hand or body away.
_SAME = 0.5


@dataclass(frozen=True)
class _Followed:
    """A line of the previous frame: as it was smoothed, and the speed of its points per frame, in pixels."""

    line: Line
    speed: Float[np.ndarray, "n 2"]


class Smoother:
    """Smooths the lines of consecutive frames with the one-euro filter: strongly at rest, hardly in motion.

    Source:
        Casiez, Roussel & Vogel 2012, "1 € Filter".
    """

    def __init__(self) -> None:
        self._previous: list[_Followed] = []

    def __call__(self, found: Sequence[Line]) -> tuple[Line, ...]:
        """Smooth the lines of the next frame.

        Args:
            found: what was found in it.

        Returns:
            The same lines with smoothed points; a line that nothing precedes is unchanged.
        """
        now = []
        for line in found:
            size = _owner_size(line, found)
            before = self._before(line, size)
            now.append(_Followed(line, np.zeros_like(line.points)) if before is None else _step(before, line, size))
        self._previous = now
        return tuple(each.line for each in now)

    def _before(self, line: Line, size: float) -> _Followed | None:
        """The same line in the previous frame: faces are numbered anew in every frame, so the nearest one counts."""
        centre = line.points.mean(axis=0)
        same = [each for each in self._previous if _title(each.line) == _title(line)]
        same = [each for each in same if each.line.points.shape == line.points.shape]
        away = [float(np.hypot(*(each.line.points.mean(axis=0) - centre))) for each in same]
        return same[int(np.argmin(away))] if away and min(away) <= _SAME * size else None


def _step(before: _Followed, line: Line, size: float) -> _Followed:
    speed = before.speed + _weight(_OF_SPEED) * (line.points - before.line.points - before.speed)
    weight = _weight(_AT_REST + _PER_SPEED * np.hypot(*speed.T)[:, None] / size)
    points = before.line.points + weight * (line.points - before.line.points)
    return _Followed(replace(line, points=points), speed)


def _weight(cutoff: float | np.ndarray) -> np.ndarray:
    """Weight of the newest value in an exponential filter with a cutoff in cycles per frame."""
    return np.asarray(1 / (1 + 1 / (2 * np.pi * cutoff)))


def _title(line: Line) -> str:
    """The name without the number of the face, hand or body."""
    owner, _, rest = line.name.partition(" ")
    return f"{owner} {rest.partition(' ')[2]}"


def _owner_size(line: Line, found: Sequence[Line]) -> float:
    owner = line.name.split(" ")[:2]
    points = np.concatenate([each.points for each in found if each.name.split(" ")[:2] == owner])
    return max(float(np.ptp(points, axis=0).max()), 1.0)
