"""Selections from marks: clicks, scribbles and boxes. Each mark improves what the earlier ones selected."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from jaxtyping import Bool, Float64, UInt8

from primage.errors import UserError
from primage.selection.border import enlarge, in_box, refine
from primage.selection.prepared import PreparedPhoto, without_holes
from primage.selection.score import Place, bounds, measure, score

#: Radius of what a click fixes, in pixels at the working size.
_FIXED_PX = 2
#: Share of a stroke that must be on its side of a candidate.
_AGREEMENT = 0.8
#: How much agreement with a box counts beside an area's score.
_BOX_WEIGHT = 1.5


class SelectionError(UserError):
    """A mark is not in the photo, or encloses nothing."""


@dataclass(frozen=True)
class Stroke:
    """A click, or a scribble.

    Attributes:
        points: (x, y) in pixels of the photo; one for a click.
        add: whether it is in the object; otherwise it is outside.
    """

    points: tuple[tuple[float, float], ...]
    add: bool = True


@dataclass(frozen=True)
class Box:
    """A rectangle around an object.

    Attributes:
        left: in pixels of the photo; it is cut off at the photo's border.
        top: likewise.
        right: likewise, exclusive.
        bottom: likewise, exclusive.
        add: whether its object is added; otherwise it is taken away.
    """

    left: float
    top: float
    right: float
    bottom: float
    add: bool = True


Mark = Stroke | Box


@dataclass(frozen=True, eq=False)
class Selection:
    """What some marks selected.

    Attributes:
        marks: in order.
        mask: (h, w) at the working size, True inside.
        inside: pixels that a mark put inside; they stay there.
        outside: pixels that a mark put outside.
    """

    marks: tuple[Mark, ...]
    mask: Bool[np.ndarray, "h w"] = field(repr=False)
    inside: Bool[np.ndarray, "h w"] = field(repr=False)
    outside: Bool[np.ndarray, "h w"] = field(repr=False)

    @classmethod
    def empty(cls, prepared: PreparedPhoto) -> Selection:
        """Nothing.

        Args:
            prepared: the photo.
        """
        nothing = np.zeros(prepared.edges.shape, bool)
        return cls((), nothing, nothing, nothing)

    def at_size(self, photo: UInt8[np.ndarray, "h2 w2 3"]) -> Bool[np.ndarray, "h2 w2"]:
        """The selection at a photo's own size.

        Args:
            photo: (H, W, 3) uint8 sRGB, of any size.
        """
        return enlarge(self.mask, photo)


def select(prepared: PreparedPhoto, marks: Sequence[Mark]) -> Selection:
    """Select what marks say.

    Args:
        prepared: the photo.
        marks: in the order in which they were made.

    Raises:
        SelectionError: a mark is outside the photo, or a box is empty.
    """
    selection = Selection.empty(prepared)
    for mark in marks:
        selection = with_mark(prepared, selection, mark)
    return selection


def with_mark(prepared: PreparedPhoto, before: Selection, mark: Mark) -> Selection:
    """Select with one more mark. It only adds, or only takes away, but for a few pixels along the border.

    Args:
        prepared: the photo.
        before: what the earlier marks selected.
        mark: the new one.

    Raises:
        SelectionError: the mark is outside the photo, or the box is empty.
    """
    if isinstance(mark, Box):
        return _with_box(prepared, before, mark)
    line, place = _drawn(prepared, mark)
    fixed = _fixed(line)
    # The newest mark wins where marks contradict each other.
    inside, outside = (before.inside & ~fixed, before.outside & ~fixed)
    inside, outside = (inside | fixed, outside) if mark.add else (inside, outside | fixed)
    marks = (*before.marks, mark)
    if prepared.is_flat:
        everywhere = np.full(fixed.shape, mark.add)
        return Selection(marks, everywhere, inside, outside)
    first = not before.mask.any()
    if first and not mark.add:
        return Selection(marks, before.mask, inside, outside)
    best, best_score = _least(prepared, before.mask, place, mark.add), -np.inf
    for area, measures in candidates(prepared, before, mark):
        if (found := score(measures, first)) > best_score:
            best, best_score = area, found
    return Selection(marks, refine(prepared.photo, best, inside, outside), inside, outside)


def candidates(
    prepared: PreparedPhoto, before: Selection, mark: Stroke
) -> Iterator[tuple[Bool[np.ndarray, "h w"], Float64[np.ndarray, " measures"]]]:
    """The areas that a mark may mean, none of which contradicts a mark, and their measures.

    Args:
        prepared: the photo.
        before: what the earlier marks selected.
        mark: the new one.

    Raises:
        SelectionError: the mark is outside the photo.
    """
    line, place = _drawn(prepared, mark)
    pixels = line > 0
    inside, outside = before.inside & ~_fixed(line), before.outside & ~_fixed(line)
    first = not before.mask.any()
    for area in _distinct(_proposals(prepared, before, place, mark.add), before.mask):
        share = float((area[pixels] == mark.add).mean())
        if share < _AGREEMENT or (inside & ~area).any() or (outside & area).any():
            continue
        measures = measure(prepared, area, place, None if first else area ^ before.mask)
        if measures is not None:
            yield area, measures


def _proposals(prepared: PreparedPhoto, before: Selection, place: Place, add: bool) -> Iterator[np.ndarray]:
    own = prepared.around(place.x, place.y)
    if not before.mask.any():
        yield from own
        return
    kept = [_drawn(prepared, mark)[1] for mark in before.marks if isinstance(mark, Stroke) and mark.add]
    earlier = [area for at in kept for area in prepared.around(at.x, at.y)]
    if add:
        yield from (before.mask | area for area in (*own, *earlier))
    else:
        yield from (before.mask & ~area for area in own)
        yield from (before.mask & area for area in earlier)


def _fixed(line: np.ndarray) -> np.ndarray:
    """What a stroke decides for good."""
    return np.asarray(cv2.dilate(line, np.ones((2 * _FIXED_PX + 1, 2 * _FIXED_PX + 1), np.uint8)) > 0)


def _least(prepared: PreparedPhoto, mask: np.ndarray, place: Place, add: bool) -> np.ndarray:
    """The least that a mark changes: its superpixel."""
    cells = prepared.hierarchies[0].place
    cell = cells == cells[place.y, place.x]
    return np.asarray(mask | cell if add else mask & ~cell)


def _distinct(areas: Iterator[np.ndarray], before: np.ndarray) -> Iterator[np.ndarray]:
    """The areas that change something, each once."""
    seen = {before.tobytes()}
    for area in areas:
        key = area.tobytes()
        if key not in seen and area.any():
            seen.add(key)
            yield area


def _with_box(prepared: PreparedPhoto, before: Selection, mark: Box) -> Selection:
    box = _boxed(prepared, mark)
    found = box
    if not prepared.is_flat and not box.all():
        top, bottom, left, right = bounds(box)
        middle = Place((left + right) // 2, (top + bottom) // 2)
        best_score = -np.inf
        areas = [without_holes(in_box(prepared.photo, box)), *prepared.around(middle.x, middle.y)]
        for area in areas:
            part = area & box
            if not part.any():
                continue
            measures = measure(prepared, part, middle, None)
            agreement = _agreement(part, box) * (part.sum() / area.sum())
            value = -np.inf if measures is None else score(measures, True) + _BOX_WEIGHT * agreement
            if value > best_score:
                found, best_score = part, value
        found = refine(prepared.photo, found, np.zeros_like(box), ~box)
    mask = before.mask | found if mark.add else before.mask & ~found
    return Selection((*before.marks, mark), (mask | before.inside) & ~before.outside, before.inside, before.outside)


def _agreement(area: np.ndarray, box: np.ndarray) -> float:
    """IoU of an area's own box with a box."""
    top, bottom, left, right = bounds(area)
    own = np.zeros_like(box)
    own[top:bottom, left:right] = True
    return float((own & box).sum() / (own | box).sum())


def _drawn(prepared: PreparedPhoto, mark: Stroke) -> tuple[np.ndarray, Place]:
    """The pixels of a stroke at the working size, and its middle."""
    height, width = prepared.size
    if not mark.points:
        raise SelectionError("a scribble needs at least one point")
    points = np.array(mark.points, float)
    if not np.isfinite(points).all() or not ((points >= 0) & (points < (width, height))).all():
        raise SelectionError(f"the mark is outside the photo, which has {width} × {height} pixels; click inside it")
    rows, columns = prepared.edges.shape
    own = np.floor(points * (columns / width, rows / height)).astype(np.int32)
    line = np.zeros((rows, columns), np.uint8)
    cv2.polylines(line, [own[:, None]], isClosed=False, color=(1,))
    x, y = own[len(own) // 2]
    line[y, x] = 1
    return line, Place(int(x), int(y))


def _boxed(prepared: PreparedPhoto, mark: Box) -> np.ndarray:
    height, width = prepared.size
    left, right = (float(np.clip(x, 0, width)) for x in sorted((mark.left, mark.right)))
    top, bottom = (float(np.clip(y, 0, height)) for y in sorted((mark.top, mark.bottom)))
    if not right > left or not bottom > top:
        raise SelectionError("the box contains no pixel of the photo; drag a box around the object")
    rows, columns = prepared.edges.shape
    box = np.zeros((rows, columns), bool)
    x0, y0 = (int(np.floor(v)) for v in (left * columns / width, top * rows / height))
    x1, y1 = (int(np.ceil(v)) for v in (right * columns / width, bottom * rows / height))
    box[y0:y1, x0:x1] = True
    return box
