"""Warps of a drawing that take the points of a face, a hand or a body to other places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from skimage.draw import polygon2mask

from primage.detection.figures import Figure

#: Points in pixels of the drawing, (x, y).
Points = Float[np.ndarray, "n 2"]
Mask = Bool[np.ndarray, "h w"]

#: What may be bent, as a multiple of the figure's own outline, in this number of directions.
_MARGIN, _DIRECTIONS = 1.6, 24
#: Openings, and what is seen in them. The curves begin at one corner and reach the other after half of their points.
_OPENINGS = {"right eye": "right iris", "left eye": "left iris", "inner lips": None}
#: An opening is smaller if it keeps less than this share of its area, and closed if no more than that is left; before,
#: there must have been something to see, in pixels.
_SMALLER, _CLOSED, _SEEN_PX = 0.93, 0.15, 4.0
#: How much of what is below an eye belongs to its lower lid, in heights of the eye.
_LOWER_LID = 1.2
#: Targets that are closer to each other than this, in pixels, cannot both be reached.
_APART_PX = 0.3


class Bend(NamedTuple):
    """A warp of a part of a drawing.

    Attributes:
        mask: (H, W) bool, what is bent.
        onto: (H, W) bool, the pixels that it is pasted onto; None if that is wherever it lands.
        sources: (M, 2), in pixels.
        targets: (M, 2), where they go to.
    """

    mask: Mask
    onto: Mask | None
    sources: Points
    targets: Points


def bends(figure: Figure, sources: Points, targets: Points, size: tuple[int, int]) -> list[Bend]:
    """The warps that take the points of a figure to other places, and leave what is not around it where it is.

    Eyeballs and teeth do not shrink with the opening that they are seen in: lids and lips cover them, which no smooth
    map can do. So what is seen in an opening that gets smaller is pasted by itself, and so is the lower lid or lip of
    one that closes.

    Args:
        figure: the figure.
        sources: (N, 2), where its points are, in pixels; NaN where they are not known.
        targets: (N, 2), where they are to be.
        size: (height, width) of the drawing.

    Returns:
        The warps, to be pasted in this order.
    """
    known = ~np.isnan(sources[:, 0]) & ~np.isnan(targets[:, 0])
    rim = _rim(np.concatenate([sources[known], targets[known]]))
    around = _inside(rim, size)
    ends = [_Ends(rim, rim)]
    followed, closed, pasted = known.copy(), [], []
    for opening in _openings(figure, known):
        before, after = (_area(points[opening.contour]) for points in (sources, targets))
        if before < _SEEN_PX or after > _SMALLER * before:
            continue
        followed[opening.within] = False
        if after > _CLOSED * before:
            corners = [opening.upper[0], opening.upper[-1]]
            shift = (targets - sources)[corners].mean(axis=0)
            pasted.append(Bend(around, _inside(targets[opening.contour], size), rim, rim + shift))
        else:
            followed[opening.lower[1:-1]] = False
            below = opening.below(sources, targets)
            ends.append(_Ends(*(points[1:-1] for points in below)))
            closed.append((opening, below))
    for opening, below in closed:
        lid = followed.copy()
        lid[opening.lower], lid[opening.upper[1:-1]] = True, False
        seam = targets.copy()
        seam[opening.lower] = targets[opening.upper]
        mask, onto = (
            _inside(np.concatenate([points, end[::-1]]), size)
            for points, end in zip((sources[opening.lower], seam[opening.lower]), below, strict=True)
        )
        pasted.append(Bend(mask, onto, *_controls(sources[lid], seam[lid], ends)))
    return [Bend(around, None, *_controls(sources[followed], targets[followed], ends)), *pasted]


class _Ends(NamedTuple):
    """Points and where they go to."""

    sources: Points
    targets: Points


class _Opening(NamedTuple):
    """The contour of an eye or a mouth, its halves from corner to corner, what is seen in it, and the lip around it."""

    contour: list[int]
    upper: list[int]
    lower: list[int]
    within: list[int]
    outer: list[int] | None

    def below(self, sources: Points, targets: Points) -> _Ends:
        """The lower border of the lower lip or lid, from corner to corner."""
        if self.outer is not None:
            return _Ends(sources[self.outer], targets[self.outer])
        border = sources[self.lower] + _LOWER_LID * (sources[self.lower] - sources[self.upper])
        return _Ends(border, border + targets[self.lower] - sources[self.lower])


def _openings(figure: Figure, known: Bool[np.ndarray, " n"]) -> Iterator[_Opening]:
    curves = {curve.name: list(curve.points) for curve in figure.curves}
    for name, within in _OPENINGS.items():
        contour = curves.get(name, [])
        if contour and known[contour].all():
            half = len(contour) // 2
            upper = [contour[0], *contour[:half:-1], contour[half]]
            outer = curves["outer lips"][: half + 1] if name == "inner lips" else None
            if outer is None or known[outer].all():
                yield _Opening(contour, upper, contour[: half + 1], curves.get(within or "", []), outer)


def _area(contour: Points) -> float:
    """The area inside a contour, in pixels."""
    x, y = contour.T
    return abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2


def _rim(points: Points) -> Float[np.ndarray, "directions 2"]:
    """Points around all others, at a distance."""
    angles = np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS
    directions = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    centre = (points.min(axis=0) + points.max(axis=0)) / 2
    reach = ((points - centre) @ directions.T).max(axis=0)
    return np.asarray(centre + _MARGIN * np.maximum(reach, 1.0)[:, None] * directions)


def _controls(sources: Points, targets: Points, others: list[_Ends]) -> _Ends:
    """All ends in one, without targets that would coincide: what moves most is what was asked for."""
    sources = np.concatenate([sources, *(each.sources for each in others)])
    targets = np.concatenate([targets, *(each.targets for each in others)])
    kept: list[int] = []
    for number in np.argsort(-np.hypot(*(targets - sources).T), kind="stable"):
        if not kept or np.hypot(*(targets[kept] - targets[number]).T).min() >= _APART_PX:
            kept.append(int(number))
    return _Ends(sources[kept], targets[kept])


def _inside(contour: Points, size: tuple[int, int]) -> Mask:
    """The pixels whose centres are inside a contour."""
    return np.asarray(polygon2mask(size, contour[:, ::-1] - 0.5))
