"""The jobs of the selecting worker. A process of its own: preparing a picture must not delay renders and files."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float64, UInt8

from primage.image import read_image, resize_image
from primage.selection.live_wire import LiveWire
from primage.selection.prepared import prepare
from primage.selection.selecting import Box, Mark, Selection, Stroke, with_mark
from primage.studio.selection import BoxMark, StrokeMark
from primage.studio.workers.selector import FindPath, SelectMarked, Shown, WarmUpSelector

#: Number of pictures that stay prepared.
_MAX_PREPARED = 2


class _Prepared:
    """A picture, prepared once, and the selection by the newest marks, which the next mark improves."""

    def __init__(self, picture: np.ndarray, regions: np.ndarray | None) -> None:
        self._picture = picture
        self._photo = prepare(picture, regions)
        self._newest = Selection.empty(self._photo)

    def select(self, marks: tuple[Mark, ...]) -> np.ndarray:
        selection = self._newest
        if marks[: len(selection.marks)] != selection.marks:
            selection = Selection.empty(self._photo)
        for mark in marks[len(selection.marks) :]:
            selection = with_mark(self._photo, selection, mark)
        self._newest = selection
        return selection.at_size(self._picture)

    @cached_property
    def wire(self) -> LiveWire:
        return LiveWire(self._photo)


_prepared: OrderedDict[bytes, _Prepared] = OrderedDict()


@lru_cache(maxsize=_MAX_PREPARED)
def _photo(path: Path, size: tuple[int, int]) -> UInt8[np.ndarray, "h w 3"]:
    """A project's photo, which never changes."""
    return resize_image(read_image(path), size)


def _ready(shown: Shown) -> _Prepared:
    picture = shown.picture
    if picture is None:
        photo = _photo(shown.photo, shown.margins.within(shown.size))
        picture = np.pad(photo, shown.margins.padding(3), mode="symmetric")
    digest = hashlib.blake2b(repr(picture.shape).encode())
    for part in (picture, shown.regions):
        digest.update(b"" if part is None else np.ascontiguousarray(part).data)
    key = digest.digest()
    if key not in _prepared:
        _prepared[key] = _Prepared(picture, shown.regions)
    _prepared.move_to_end(key)
    while len(_prepared) > _MAX_PREPARED:
        _prepared.popitem(last=False)
    return _prepared[key]


@WarmUpSelector.handled_by
def warm_up(_job: WarmUpSelector) -> None:
    """Do nothing: all slow imports happen with this module."""


@SelectMarked.handled_by
def select_marked(job: SelectMarked) -> Bool[np.ndarray, "h w"]:
    """Select what marks say.

    Raises:
        SelectionError: a mark is outside the picture, or a box is empty.
    """
    return _ready(job.shown).select(tuple(_mark(mark) for mark in job.marks))


@FindPath.handled_by
def find_path(job: FindPath) -> Float64[np.ndarray, "n 2"]:
    """Find a path along edges.

    Raises:
        SelectionError: an end is outside the picture.
    """
    return _ready(job.shown).wire.path(job.start, job.end)


def _mark(mark: StrokeMark | BoxMark) -> Mark:
    if isinstance(mark, BoxMark):
        (left, top), (right, bottom) = mark.corners
        return Box(left, top, right, bottom, mark.add)
    return Stroke(mark.points, mark.add)
