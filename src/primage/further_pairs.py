"""The further training pairs of a run, prepared for warps when they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import overload

from primage.run import Run
from primage.warp.pair import TrainingPair

#: Number of pairs that are kept in memory: reading one takes a small part of a step of the network that learns them.
_KEPT = 32


class FurtherPairs(Sequence[TrainingPair]):
    """The further pairs of a run at one size.

    Args:
        run: the run.
        scale: share of the working size.
    """

    def __init__(self, run: Run, scale: float) -> None:
        self._run = run
        self._scale = scale
        self._prepared = lru_cache(_KEPT)(self._read)

    def __len__(self) -> int:
        return len(self._run.record.more_pairs)

    @overload
    def __getitem__(self, index: int) -> TrainingPair: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[TrainingPair]: ...

    def __getitem__(self, index: int | slice) -> TrainingPair | Sequence[TrainingPair]:
        numbers = range(len(self))[index]
        return self._prepared(numbers) if isinstance(numbers, int) else [self._prepared(number) for number in numbers]

    def _read(self, index: int) -> TrainingPair:
        record = self._run.record
        photo, primitive = self._run.further_pair(index)
        return TrainingPair(photo, primitive, record.spec, self._scale, record.config.augment)
