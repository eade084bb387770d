"""Edits of faces, hands and bodies: where their points move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from primage.detection.figures import Curve, Figure
from primage.edit.records import Landmarks
from primage.errors import PrimitiveError

#: Points in pixels of the drawing, (x, y).
Points = Float[np.ndarray, "n 2"]

#: Names of parts that consist of others.
_GROUPS: dict[str, tuple[str, ...]] = {
    "brows": ("right brow", "left brow"),
    "eyes": ("right eye", "left eye"),
    "irises": ("right iris", "left iris"),
    "nose": ("nose bridge", "nose base"),
    "lips": ("outer lips", "inner lips"),
}
#: What goes along with a part.
_WITH = {"right eye": ("right iris",), "left eye": ("left iris",)}
#: Curves that begin at one corner and reach the other after half of their points.
_LIDS = ("right eye", "left eye", "inner lips")
#: Share by which the upper lip and the upper eyelid move when an opening closes; the rest is the lower one's.
_UPPER_SHARE = {"inner lips": 0.35, "right eye": 0.9, "left eye": 0.9}


class Axes(NamedTuple):
    """A figure's own coordinates.

    Attributes:
        right: (2,), its direction to the right as seen when it is upright, of length 1.
        down: (2,), perpendicular to it.
        size: length of its unit in pixels.
    """

    right: np.ndarray
    down: np.ndarray
    size: float


def moved(figure: Figure, points: Points, edit: Landmarks, size: tuple[int, int]) -> Points:
    """Where the points of a figure are after an edit.

    Args:
        figure: the figure.
        points: (N, 2), where they are, in pixels; NaN where they are not known.
        edit: an edit of a part that the figure has.
        size: (height, width) of the drawing.

    Returns:
        (N, 2), NaN where they were not known. At least one has to be.
    """
    out = points.copy()
    axes = axes_of(figure, points)
    for curves in _pieces(figure, edit.part):
        numbers = np.unique(np.concatenate([curve.points for curve in curves]))
        own = points[numbers]
        if np.isnan(own).all():
            continue
        frame = np.stack([axes.right, axes.down], axis=1)  # from own coordinates to those of the drawing
        low, high = np.nanmin(own @ frame, axis=0), np.nanmax(own @ frame, axis=0)
        root = frame @ (low + high) / 2
        if _is_limb(curves):
            root = _known(points[list(curves[0].points)])[0]
        angle = np.radians(edit.turn)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        linear = frame @ turn @ np.diag(np.broadcast_to(edit.scale, 2)) @ frame.T
        out[numbers] = (own - root) @ linear.T + root + frame @ np.array(edit.by) * axes.size
    if edit.open != 1:
        _open(figure, out, edit, axes)
    if edit.yaw or edit.pitch:
        _turn_head(figure, out, edit, axes, size)
    return out


def edits_of(found: Sequence[Figure], edits: Sequence[Landmarks]) -> Iterator[tuple[Figure, list[Landmarks]]]:
    """Which edits are about which figure.

    Args:
        found: the faces, hands and bodies of a photo.
        edits: the edits.

    Yields:
        Figures with their edits, in order.

    Raises:
        PrimitiveError: an edit is about nothing that was found.
    """
    own: list[tuple[Figure, list[Landmarks]]] = [(figure, []) for figure in sorted(found, key=_left)]
    for edit in edits:
        able = [mine for figure, mine in own if _pieces(figure, edit.part)]
        if len(able) < (edit.person or 1):
            many = f"only {len(able)} with" if able else "nobody with"
            raise PrimitiveError(
                f"the photo shows {many} the part “{edit.part}”, as far as it can be detected; leave the edit out, or "
                "use another photo"
            )
        for mine in able if edit.person is None else [able[edit.person - 1]]:
            mine.append(edit)
    yield from ((figure, mine) for figure, mine in own if mine)


def _left(figure: Figure) -> float:
    return float(np.mean(np.array(figure.points)[:, 0]))


def axes_of(figure: Figure, points: Points) -> Axes:
    """A figure's own coordinates.

    Args:
        figure: the figure.
        points: (N, 2), where its points are, in pixels; NaN where they are not known.

    Returns:
        Its coordinates. Its size is that of what is known of it, and 1 px if that is no more than a point.
    """
    curves = {curve.name: list(curve.points) for curve in figure.curves}
    if figure.kind == "face":
        return _axes_of_face(curves, points)
    if figure.kind == "hand" and "palm" in curves:
        wrist, root = points[curves["palm"][0]], points[curves["palm"][2]]
        if not np.isnan([wrist, root]).any():
            return _upright(np.array([wrist[1] - root[1], root[0] - wrist[0]]), float(np.hypot(*(wrist - root))))
    torso = sorted({point for name, numbers in curves.items() if name.startswith("torso") for point in numbers})
    known = _known(points[torso])
    if len(known) < 3:  # two shoulders have no height
        known = _known(points)
    size = float(np.ptp(known, axis=0).max()) if len(known) else 0.0
    return _upright(np.array([1.0, 0.0]), size)


def _axes_of_face(curves: dict[str, list[int]], points: Points) -> Axes:
    """From eye to eye and from forehead to chin, where these are known; else by what is known of the face."""
    top, chin = points[[curves["face oval"][0], curves["face oval"][18]]]
    right = points[curves["left eye"][0]] - points[curves["right eye"][0]]
    down = chin - top
    if np.isnan(down).any():
        down = _middle(points[curves["outer lips"]]) - _middle(points[curves["right eye"] + curves["left eye"]])
    if np.isnan(right).any():
        right = np.array([1.0, 0.0]) if np.isnan(down).any() else np.array([down[1], -down[0]])
    if right @ np.array([down[1], -down[0]]) < 0:  # the drawing shows it mirrored
        right = -right
    size = float(np.hypot(*(chin - top)))
    if np.isnan(size):
        known = _outline(curves["face oval"], points)
        axes = _upright(right, 1.0)
        size = float(np.ptp(points[known] @ axes.down)) if len(known) else 0.0
    return _upright(right, size)


def _known(points: Points) -> Float[np.ndarray, "known 2"]:
    return np.asarray(points[~np.isnan(points).any(axis=1)])


def _middle(points: Points) -> np.ndarray:
    known = _known(points)
    return known.mean(axis=0) if len(known) else np.full(2, np.nan)


def _outline(oval: Sequence[int], points: Points) -> np.ndarray:
    """Numbers of the known points of a face's outline, or of all known points if there are none or one."""
    known = ~np.isnan(points).any(axis=1)
    found = np.array([number for number in oval if known[number]], int)
    return found if len(found) > 1 else np.flatnonzero(known)


def _upright(right: np.ndarray, size: float) -> Axes:
    length = float(np.hypot(*right))
    if not np.isfinite(length) or length == 0 or not np.isfinite(size) or size == 0:
        return Axes(np.array([1.0, 0.0]), np.array([0.0, 1.0]), 1.0)
    unit = right / length
    return Axes(unit, np.array([-unit[1], unit[0]]), size)


def _pieces(figure: Figure, part: str) -> list[list[Curve]]:
    """The curves that are edited, those that move about one middle together."""
    if part == figure.kind:
        return [list(figure.curves)]
    apart = part in ("brows", "eyes", "irises")
    names = _GROUPS.get(part, (part,))
    groups = [[name, *_WITH.get(name, ())] for name in names] if apart else [[*names, *_WITH.get(part, ())]]
    found = [[curve for curve in figure.curves if curve.name in group] for group in groups]
    return [curves for curves in found if curves]


def _is_limb(curves: Sequence[Curve]) -> bool:
    return len(curves) == 1 and not curves[0].closed and curves[0].name.endswith(("arm", "leg", "finger", "thumb"))


def _open(figure: Figure, points: Points, edit: Landmarks, axes: Axes) -> None:
    """Move opposite points of an opening towards or away from each other; a lip keeps its thickness."""
    curves = {curve.name: curve for curve in figure.curves}
    for name in _LIDS:
        if name not in curves or name not in (*_GROUPS.get(edit.part, ()), edit.part):
            continue
        numbers = curves[name].points
        half = len(numbers) // 2
        behind = curves["outer lips"].points if name == "inner lips" else None
        before = points.copy()
        for k in range(1, half):
            low, high = before[numbers[k]], before[numbers[-k]]
            gap = low - high
            # Along the face's own height only, so that corners keep their distance.
            height = float(gap @ axes.down)
            change = (edit.open - 1) * max(height, 0.0)
            upper, lower = (-share * change * axes.down for share in (_UPPER_SHARE[name], _UPPER_SHARE[name] - 1))
            points[numbers[k]] = low + lower
            points[numbers[-k]] = high + upper
            if behind is not None:
                points[behind[k]] = before[behind[k]] + lower
                points[behind[-k]] = before[behind[-k]] + upper


def _turn_head(figure: Figure, points: Points, edit: Landmarks, axes: Axes, size: tuple[int, int]) -> None:
    """Turn the face's points in space, about an axis through the middle of its outline."""
    before = np.where(np.isnan(points), np.nan, np.array(figure.points) * (size[1], size[0]))
    depths = np.array(figure.depths) * size[1] * axes.size / axes_of(figure, before).size
    outline = _outline(next(curve.points for curve in figure.curves if curve.name == "face oval"), points)
    frame = np.stack([axes.right, axes.down], axis=1)
    middle = points[outline].mean(axis=0)
    x, y = ((points - middle) @ frame).T
    z = depths - depths[outline].mean()
    yaw, pitch = np.radians(edit.yaw), np.radians(edit.pitch)
    x, z = x * np.cos(yaw) - z * np.sin(yaw), x * np.sin(yaw) + z * np.cos(yaw)
    y = y * np.cos(pitch) - z * np.sin(pitch)
    points[:] = np.stack([x, y], axis=1) @ frame.T + middle
