"""Judges where a part of a drawing may come from, and decides only where the drawing is clear."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy import ndimage
from scipy.spatial import ConvexHull

from primage.origin.features import LOSES_LINES, Features
from primage.origin.matching import Pose, explained

#: Fewer points prove nothing, in either drawing; a part that was mirrored, turned or scaled needs as many more, each.
_MIN_POINTS = 24
#: Points within twice this distance belong to the same part.
_NEAR_PX = 5
#: Smallest shares, within the convex hull of the points that come from the source: of the new points that do, and of
#: the source's points that are here.
_PRECISION, _RECALL = 0.5, 0.55
#: Smallest product of the share of the part's points that come from the source and the smaller of these two.
_SUPPORT = 0.3
#: Another source with a support lower by less than this share makes the part ambiguous.
_RIVAL = 0.1
#: What a mirrored, turned or scaled part must gain in support over a plain move, each.
_SIMPLER = 0.03
#: Smallest mean square by which the distances to the lines grow under any change of the map.
_CONDITION = 0.04
#: Smaller angles (radians) and logarithms of scales are none.
_SLIGHT = 0.02
#: Places of the photo farther apart than this, or than a quarter of the part, are different sources.
_APART_PX = 3.0
#: So are those whose scales differ by more than this factor's logarithm.
_RESCALED = 0.1


@dataclass(frozen=True, eq=False)
class Match:
    """A part and its source.

    Attributes:
        pose: the map to the training drawing.
        support: in [0, 1].
        gone: share of the source's points that are no longer there in the edited drawing.
        points: (N,), indices of the points of the edited drawing that come from there.
    """

    pose: Pose
    support: float
    gone: float
    points: Int64[np.ndarray, " n"]


def largest_group(drawing: Features, chosen: Bool[np.ndarray, " n"]) -> Int64[np.ndarray, " k"] | None:
    """The largest group of neighbouring points.

    Args:
        drawing: the drawing.
        chosen: (N,), the points to group.

    Returns:
        Indices of its points; None if it is too small to have a source.
    """
    rows, columns = drawing.pixels
    away = np.ones(drawing.lines.shape, bool)
    away[rows[chosen], columns[chosen]] = False
    near, _ = ndimage.label(ndimage.distance_transform_edt(away) <= _NEAR_PX, np.ones((3, 3)))
    sizes = np.bincount(near[rows, columns][chosen], minlength=1)
    largest = int(sizes.argmax())
    if sizes[largest] < _MIN_POINTS:
        return None
    return np.flatnonzero(chosen & (near[rows, columns] == largest))


def best_match(
    edited: Features,
    original: Features,
    group: Int64[np.ndarray, " k"],
    gone: Bool[np.ndarray, " m"],
    poses: Iterable[Pose],
) -> Match | None:
    """The source of a group of points.

    Args:
        edited: the edited drawing.
        original: the training drawing.
        group: indices of points of the edited drawing.
        gone: (M,), the points of the training drawing that are no longer there.
        poses: candidates.

    Returns:
        The best match; None if none is good enough, or if there is another source as good.
    """
    found = [match for pose in poses if (match := _match(edited, original, group, gone, pose)) is not None]
    if not found:
        return None
    limit = max(match.support for match in found) * (1 - _RIVAL)
    rivals = [match for match in found if match.support >= limit]
    # What left its place is the likeliest source.
    best = max(rivals, key=lambda match: (match.gone > 0.5, match.support - _SIMPLER * _complexity(match.pose)))
    seen = edited.points[best.points]
    apart = max(_APART_PX, float(np.ptp(seen, axis=0).max()) * best.pose.scale / 4)
    for other in rivals:
        distance = np.linalg.norm(other.pose(seen.mean(axis=0)) - best.pose(seen.mean(axis=0)))
        scaled = abs(np.log(other.pose.scale / best.pose.scale)) > _RESCALED
        if (distance > apart or scaled) and (other.gone > 0.5) == (best.gone > 0.5):
            return None
    return best


def _match(edited: Features, original: Features, group: np.ndarray, gone: np.ndarray, pose: Pose) -> Match | None:
    part = edited.part(group)
    good = explained(part, original, pose)
    if good.sum() < _MIN_POINTS or not _is_determined(part.points[good], part.normals[good], pose):
        return None
    hull = ConvexHull(part.points[good], qhull_options="QJ").equations
    precision = good[_holds(hull, part.points)].mean()
    there = _holds(hull, pose.inverse(original.points))
    if pose.scale > LOSES_LINES:
        there &= original.kinds >= 0
    if not there.any():
        return None
    found = explained(original.part(there), edited, pose.inverse)
    recall = found.mean()
    if min(good.sum(), found.sum()) < _MIN_POINTS * (1 + _complexity(pose)):
        return None
    support = float(good.mean() * min(precision, recall))
    if precision < _PRECISION or recall < _RECALL or support < _SUPPORT:
        return None
    return Match(pose, support, float(gone[there].mean()), group[good])


def _is_determined(points: np.ndarray, normals: np.ndarray, pose: Pose) -> bool:
    """Whether lines fix the map: straight ones fit anywhere along themselves, and a corner fits at any scale.

    A disc fits at any angle. So the angle need not be fixed unless the part was turned, nor the scale of a plain move.
    """
    half = np.sqrt(normals)
    across = np.column_stack([half.real, half.imag])
    around = points - points.mean(axis=0)
    around /= np.sqrt((around**2).sum(axis=1).mean())
    columns = [*across.T]
    if pose.is_stretched:
        columns += [*(across * around).T]
    elif _complexity(pose):
        columns.append((across * around).sum(axis=1))
    if _is_turned(pose):
        columns.append(across[:, 1] * around[:, 0] - across[:, 0] * around[:, 1])
    matrix = np.column_stack(columns)
    return bool(np.linalg.eigvalsh(matrix.T @ matrix / len(matrix))[0] > _CONDITION)


def _holds(hull: Float64[np.ndarray, "sides 3"], points: Float64[np.ndarray, "n 2"]) -> Bool[np.ndarray, " n"]:
    """Which points are inside a hull or at most a pixel outside."""
    return np.asarray((points @ hull[:, :2].T + hull[:, 2] <= 1).all(axis=1))


def _complexity(pose: Pose) -> int:
    mirrored = np.linalg.det(pose.linear) < 0
    # A stretch has two scales.
    scales = 2 if pose.is_stretched else int(abs(np.log(pose.scale)) > _SLIGHT)
    return int(mirrored) + int(_is_turned(pose)) + scales


def _is_turned(pose: Pose) -> bool:
    return bool(abs(np.angle(complex(*pose.linear[:, 0]))) > _SLIGHT)
