"""Drawings continued beyond their borders: areas and lines go on in the direction in which they reach the border."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64, Shaped
from skimage.draw import line

from primage.primitive.margins import Margins

Mask = Bool[np.ndarray, "h w"]
Values = Shaped[np.ndarray, "h w"]
Larger = Shaped[np.ndarray, "h2 w2"]
Floats = Float64[np.ndarray, " n"]

#: Directions are measured over this many pixels inside the border, at most a quarter of the side.
_TRACK_PX = 40
#: Between neighbouring columns, a border between areas, and a line, shift by no more than this.
_STEP_PX = 3
#: A direction that was measured over this many pixels counts half; the rest is at a right angle to the border.
_HALF_PX = 3
#: Steepest direction: change along the border for each pixel away from it.
_STEEPEST = 2.0
#: Curves are told from straight lines over at least this many pixels; they go on as curves.
_CURVED_PX = 16
#: Areas narrower than this share of the border end beyond it, after twice their width.
_NARROW = 0.02
#: Lines end within this distance of the border, were followed over at least this many pixels inside, and go on for this
#: multiple of that: those of texture are short.
_REACH_PX, _SHORTEST_PX, _LASTING = 3, 6, 1.0
#: A line is straight, and does not end, if it leaves its tangent by no more than this.
_STRAIGHT_PX = 1.5


class _Track(NamedTuple):
    """The direction of a border or line.

    Attributes:
        slope: change along the border for each pixel outwards.
        turn: change of the slope for each pixel outwards.
        length: number of pixels over which it was followed.
        bend: how far it leaves the direction there, in pixels.
    """

    slope: float
    turn: float
    length: int
    bend: float


def continued_areas(values: Values, margins: Margins) -> Larger:
    """Continue areas of equal values beyond the borders.

    A border between two areas goes on along its tangent. Where two such borders meet, what was between them ends.

    Args:
        values: (H, W), such as labels.
        margins: what to add.

    Returns:
        (H', W'), the values and their continuation.
    """
    return _on_all_sides(values, margins, _areas_beyond)


def continued_lines(lines: Mask, margins: Margins) -> Bool[np.ndarray, "h2 w2"]:
    """Continue lines beyond the borders, along their tangents. Short ones, as in texture, end soon.

    Args:
        lines: (H, W), one pixel thin.
        margins: what to add.

    Returns:
        (H', W'), the lines and their continuation.
    """
    return _on_all_sides(lines, margins, _lines_beyond)


def _on_all_sides(values: Values, margins: Margins, beyond: Callable[[np.ndarray, int], np.ndarray]) -> Larger:
    """Add to the right of an array that is turned once for each side."""
    out = values
    for count, turn in ((margins.right, _same), (margins.left, np.fliplr), (margins.bottom, np.transpose)):
        if count:
            side = turn(out)
            out = turn(np.concatenate([side, beyond(side, count)], axis=1))
    if margins.top:
        side = np.flipud(out).T
        out = np.flipud(np.concatenate([side, beyond(side, margins.top)], axis=1).T)
    return np.ascontiguousarray(out)


def _same(values: np.ndarray) -> np.ndarray:
    return values


def _areas_beyond(values: Values, count: int) -> Larger:
    """(H, count): what follows the last column."""
    height = len(values)
    column = values[:, -1]
    starts = np.flatnonzero(column[1:] != column[:-1]) + 1
    inside = [column[0], *column[starts]]
    place = starts.astype(np.float64)
    tracks = [_boundary(values, int(start)) for start in starts]
    slope, turn = (np.array([track[i] for track in tracks], np.float64) for i in (0, 1))
    _end_narrow(place, slope, height)
    out = np.empty((height, count), values.dtype)
    rows = np.arange(height) + 0.5
    for distance in range(count):
        slope = np.clip(slope + turn, -_STEEPEST, _STEEPEST)
        place = place + slope
        while len(crossed := np.flatnonzero(place[1:] < place[:-1])):
            place, slope, turn = _ended(inside, place, slope, turn, int(crossed[0]))
        out[:, distance] = np.array(inside, values.dtype)[np.searchsorted(place, rows)]
    return out


def _end_narrow(place: Floats, slope: Floats, height: int) -> None:
    """Let narrow areas end: their borders approach each other."""
    for i in range(len(place) - 1):
        width = place[i + 1] - place[i]
        if width < max(3.0, _NARROW * height):
            mean = (slope[i] + slope[i + 1]) / 2
            slope[i], slope[i + 1] = mean + 0.25, mean - 0.25


def _ended(
    inside: list[object], place: Floats, slope: Floats, turn: Floats, i: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The borders after the area between border ``i`` and the next one ended; it is taken out of ``inside``."""
    del inside[i + 1]
    if inside[i] == inside[i + 1]:
        del inside[i + 1]
        gone: tuple[int, ...] = (i, i + 1)
    else:
        place[i], slope[i], turn[i] = (place[i] + place[i + 1]) / 2, (slope[i] + slope[i + 1]) / 2, 0
        gone = (i + 1,)
    return np.delete(place, gone), np.delete(slope, gone), np.delete(turn, gone)


def _boundary(values: Values, start: int) -> _Track:
    """Follow the border above a row of the last column."""
    above, below = values[start - 1, -1], values[start, -1]
    change = (values[:-1] == above) & (values[1:] == below)  # between row i and the next
    return _followed(change, start - 1.0)


def _lines_beyond(lines: Mask, count: int) -> Bool[np.ndarray, "h2 w2"]:
    """(H, count): the lines that follow the last column."""
    found: list[tuple[float, _Track]] = []
    for offset in range(min(_REACH_PX, lines.shape[1])):
        rows = np.flatnonzero(lines[:, lines.shape[1] - 1 - offset])
        for cluster in np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1) if len(rows) else []:
            place = float(cluster.mean())
            if len(cluster) > 2 * _STEP_PX or any(abs(place - other) <= _STEP_PX for other, _ in found):
                continue
            track = _followed(lines[:, : lines.shape[1] - offset], place)
            if track.length >= _SHORTEST_PX:
                found.append((place + track.slope * (offset + 1), track))
    out = np.zeros((len(lines), count), bool)
    most = _most(lines.shape[1])
    lasting = [_lasting(track, count, most) for _, track in found]
    for i, (place, track) in enumerate(found):
        end = lasting[i]
        for j, (other, its) in enumerate(found):  # the one that was followed further goes on where two meet
            apart, closing = other - place, track.slope - its.slope
            meets = closing and 0 <= apart / closing <= min(end, lasting[j])
            if meets and (its.length, -abs(its.slope), j) > (track.length, -abs(track.slope), i):
                end = int(apart / closing)
        if end > 0:
            rows, columns = line(round(place), 0, round(place + track.slope * (end - 1)), end - 1)
            inside = (rows >= 0) & (rows < len(out)) & (columns < count)
            out[rows[inside], columns[inside]] = True
    return out


def _lasting(track: _Track, count: int, most: int) -> int:
    """How far a line goes on."""
    straight = 2 * track.length >= most and track.bend <= _STRAIGHT_PX
    return count if straight else min(count, int(_LASTING * track.length))


def _most(width: int) -> int:
    """Over how many pixels a border or line is followed at most."""
    return min(_TRACK_PX, max(2, width // 4))


def _followed(marked: Mask, row: float) -> _Track:
    """Follow what is marked from a row of the last column into the picture."""
    width = marked.shape[1]
    places = [row]
    missing = 0
    last = row
    steps = [0]
    for k in range(1, _most(width)):
        low = max(0, int(np.floor(last)) - _STEP_PX)
        near = low + np.flatnonzero(marked[low : int(np.ceil(last)) + _STEP_PX + 1, width - 1 - k])
        if not len(near):
            missing += 1
            if missing > 2:
                break
            continue
        missing = 0
        expected = last if len(places) < 4 else last + (places[-1] - places[-4]) / (steps[-1] - steps[-4])
        last = float(near[np.abs(near - expected).argmin()])
        places.append(last)
        steps.append(k)
    if len(places) < 2:
        return _Track(0.0, 0.0, len(places), 0.0)
    at, weight = np.array(steps, float), np.exp(-np.array(steps) / _TRACK_PX)
    inward, start = np.polyfit(at, places, 1, w=weight)
    bend = float(np.abs(start + inward * at - places).max())
    turn = 0.0
    if len(places) >= _CURVED_PX and bend > _STRAIGHT_PX:
        curve = np.polyfit(at, places, 2, w=weight)
        if np.abs(np.polyval(curve, at) - places).max() <= _STRAIGHT_PX:
            turn, inward = 2 * curve[0], curve[1]
    slope = -inward * len(places) / (len(places) + _HALF_PX)
    return _Track(float(np.clip(slope, -_STEEPEST, _STEEPEST)), float(turn), len(places), bend)
