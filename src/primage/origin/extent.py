"""Finds how far a moved part of a drawing extends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64
from scipy import ndimage
from skimage.measure import label
from skimage.morphology import convex_hull_image

from primage.origin.features import Features, agreement
from primage.origin.matching import Pose, explained

Mask = Bool[np.ndarray, "h w"]

#: Costs of a pixel of border: anywhere, and along what is drawn. A pixel that is not explained costs 1.
_BORDER, _DRAWN_BORDER = 0.3, 0.05
_ITERATIONS = 120
#: Gain of a pixel that may have moved, but more likely shows what surrounds a place that something left.
_COVERED = -0.5
#: Gain of a pixel there that shows the same as before, or from which just a line is gone.
_STAYS = -0.1
#: Gain of a pixel that just a line is gone from.
_ERASED = 0.3
#: Gaps of this half width are closed in the first guess.
_ROUGH_PX = 3
#: An area of which more than this contradicts a move did not move as a whole.
_CONTRADICTED = 0.03
#: Smallest share of the borders of an area that agree with a move if it is the rim of what moved.
_FITTING = 0.8
#: Points, and share of the borders, that a move must explain more than if the area had stayed.
_MIN_FRESH, _FRESH = 4, 0.05
#: How far a part may extend beyond its points: pixels, and share of its size.
_BEYOND_PX, _BEYOND = 8, 0.5
#: How far the outline of a thing is blurred in the photo, in pixels of the training drawing.
OUTLINE_PX = 2.0
#: How far outside the lines that moved people draw a selection.
_SELECTION_PX = 3.0
#: Gaps of this half width are closed.
_GAP_PX = 2
_MAX_RIMS = 3
#: A separate piece of a part has at least this many points.
_MIN_CAME = 8
_EIGHT = np.ones((3, 3), bool)


@dataclass(frozen=True, eq=False)
class Change:
    """An edited drawing beside the training drawing.

    Attributes:
        edited: the edited drawing.
        original: the training drawing.
    """

    edited: Features
    original: Features

    @cached_property
    def same(self) -> Mask:
        """(H, W): where both show the same."""
        return agreement(self.edited, self.original, None, 1.0)

    @cached_property
    def new(self) -> Bool[np.ndarray, " n"]:
        """(N,): the points of the edited drawing that the training drawing does not have there."""
        return _unpaired(self.edited, self.original)

    @cached_property
    def gone(self) -> Bool[np.ndarray, " m"]:
        """(M,): the points of the training drawing that the edited drawing does not have there."""
        return _unpaired(self.original, self.edited)

    @cached_property
    def areas(self) -> Int64[np.ndarray, "h w"]:
        """(H, W): numbers of the connected areas between lines and borders of the edited drawing; 0 on lines."""
        codes = self.edited.areas - self.edited.areas.min() + 1
        return np.asarray(label(np.where(self.edited.lines, 0, codes), connectivity=1, background=0), np.int64)

    def borders(self, chosen: Bool[np.ndarray, " n"]) -> Int64[np.ndarray, " a"]:
        """How many points, of some of the edited drawing's, are beside each of `areas`.

        Args:
            chosen: (N,), the points that count.
        """
        count = np.zeros(int(self.areas.max()) + 1, np.int64)
        points = self.edited.points[chosen]
        for step in (*np.eye(2), *-np.eye(2)):
            count += np.bincount(
                _within(self.areas, *np.rint(points + 0.75 * step).astype(int).T), minlength=len(count)
            )
        return count

    @cached_property
    def has_areas(self) -> bool:
        """Whether there are areas at all, not just lines."""
        return bool(np.ptp(self.original.areas) > 0)

    @cached_property
    def drawn(self) -> Mask:
        """(H, W): lines and borders of the edited drawing."""
        return np.asarray(self.edited.borders | self.edited.lines)


def _within(array: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The values at those of some pixels that are inside an array."""
    inside = (rows >= 0) & (rows < array.shape[0]) & (columns >= 0) & (columns < array.shape[1])
    return np.asarray(array[rows[inside], columns[inside]])


def _unpaired(one: Features, other: Features) -> Bool[np.ndarray, " n"]:
    if not len(one.points) or not len(other.points):
        return np.ones(len(one.points), bool)
    return ~explained(one.part(np.arange(len(one.points))), other, Pose(np.eye(2), np.zeros(2)))


class _Areas(NamedTuple):
    """Areas that agree with a move all over, (H, W) each.

    Attributes:
        whole: all of them.
        fresh: those that the move explains better than that they stayed.
        fitting: those whose borders agree, too.
        came: (N, 2), the new points that come from there.
    """

    whole: Mask
    fresh: Mask
    fitting: Mask
    came: Float64[np.ndarray, "n 2"]


def extent(change: Change, pose: Pose, seen: Float64[np.ndarray, "n 2"], known: Mask, vacated: Sequence[Mask]) -> Mask:
    """The pixels of an edited drawing that moved.

    Args:
        change: the drawings.
        pose: where they came from.
        seen: (N, 2), points that came from there.
        known: (H, W), the pixels that need no other explanation.
        vacated: (H, W) each, places that other parts left.

    Returns:
        (H, W).
    """
    size = known.shape
    coords = pose(_pixels(size))
    moved = agreement(change.edited, change.original, coords, pose.scale)
    margin = _BEYOND_PX + _BEYOND * float(np.ptp(seen, axis=0).max())
    low = np.maximum(seen.min(axis=0) - margin, 0).astype(int)
    high = (seen.max(axis=0) + margin + 2).astype(int)
    box = slice(low[0], high[0]), slice(low[1], high[1])
    areas = _areas(change, pose, moved)
    gain, seeds = _gain(change, pose, moved, areas, known, vacated, box, int(margin / 3))
    start = filled(seeds, int(4 + margin / 9)) & (gain > _COVERED)
    region = segmented(gain, change.drawn[box], start)
    parts, _ = ndimage.label(ndimage.binary_dilation(region, _EIGHT), _EIGHT)
    rows, columns = np.floor(areas.came).astype(int).T
    held = np.bincount(_within(parts, rows - low[0], columns - low[1]), minlength=int(parts.max()) + 1) >= _MIN_CAME
    held[0] = False
    region = filled(region & held[parts], _GAP_PX)
    region = _with_rim(region, change.areas[box], areas.fitting[box])
    if not change.has_areas and region.any():
        # Lines enclose no areas that could be picked: what moved was a selection drawn around them.
        region = convex_hull_image(region)
    # The outline comes along.
    margin_px = (OUTLINE_PX if change.has_areas else _SELECTION_PX) / pose.scale + 0.5
    region = ndimage.distance_transform_edt(~region) <= margin_px if region.any() else region
    out = np.zeros(size, bool)
    out[box] = region & moved[box]
    return out


def _gain(
    change: Change,
    pose: Pose,
    moved: Mask,
    areas: _Areas,
    known: Mask,
    vacated: Sequence[Mask],
    box: tuple[slice, slice],
    gap_px: int,
) -> tuple[Float32[np.ndarray, "r c"], Bool[np.ndarray, "r c"]]:
    """What speaks for each pixel of a box having moved, or against it, and the pixels to start from."""
    evidence = (moved & ~known)[box]
    # Places that something left show its surroundings, which may agree with the move by accident.
    rough = np.zeros(moved.shape, bool)
    # Something may stand before it, so gaps are closed, too.
    rough[box] = filled(filled(evidence, _ROUGH_PX) & moved[box], gap_px)
    left = np.any([footprint(rough, pose), *vacated], axis=0)[box]
    around = (~areas.whole & ~change.edited.lines)[box]
    other = (change.edited.areas != change.original.areas)[box]
    covered = evidence & around & left & other
    erased = evidence & around & ~other
    evidence = evidence & ~covered & ~erased | (areas.fresh & moved)[box]
    if not change.has_areas:
        erased &= ~left
        left = np.zeros_like(left)
    gains = {1.0: evidence, _COVERED: covered, -1.0: ~moved[box], _STAYS: around & left, _ERASED: erased}
    gain = np.select(list(gains.values()), list(gains), 0.0).astype(np.float32)
    return gain, evidence if change.has_areas else evidence | erased


def _pixels(size: tuple[int, ...]) -> Float64[np.ndarray, "h w 2"]:
    """(row, column) of each pixel."""
    return np.moveaxis(np.indices(size), 0, -1).astype(float)


def _areas(change: Change, pose: Pose, moved: Mask) -> _Areas:
    edited, areas = change.edited, change.areas
    sizes = np.bincount(areas.ravel())
    whole = np.bincount(areas[~moved], minlength=len(sizes)) <= _CONTRADICTED * sizes
    # What reaches the edge of the picture is the ground.
    whole[np.unique(np.concatenate([areas[0], areas[-1], areas[:, 0], areas[:, -1]]))] = False
    whole[0] = False
    came = explained(edited.part(np.arange(len(edited.points))), change.original, pose)
    borders, agreeing, stayed = (change.borders(chosen) for chosen in (np.ones(len(came), bool), came, ~change.new))
    fits = whole & (agreeing >= _FITTING * borders)
    fresh = fits & (agreeing >= stayed + np.maximum(_MIN_FRESH, _FRESH * borders))
    return _Areas(whole[areas], fresh[areas], fits[areas], edited.points[came & change.new])


def _with_rim(region: Mask, areas: Int64[np.ndarray, "h w"], fitting: Mask) -> Mask:
    """A region with the areas all around it that fit the move, such as the frame of a mirrored print."""
    for _ in range(_MAX_RIMS):
        near = ndimage.binary_dilation(region, _EIGHT, iterations=_GAP_PX + 1) & ~region & fitting
        for number in np.unique(areas[near]):
            with_inside = ndimage.binary_fill_holes(areas == number)
            if (region & ~with_inside).sum() <= _CONTRADICTED * region.sum():
                region = region | with_inside
                break
        else:
            break
    return region


def footprint(region: Mask, pose: Pose) -> Mask:
    """The pixels of the training drawing that a region comes from."""
    size = region.shape
    back = pose.inverse(_pixels(size))
    rows, columns = np.moveaxis(np.rint(back).astype(int), -1, 0)
    inside = (rows >= 0) & (rows < size[0]) & (columns >= 0) & (columns < size[1])
    return np.asarray(inside & region[rows.clip(0, size[0] - 1), columns.clip(0, size[1] - 1)])


def filled(mask: Mask, radius_px: int) -> Mask:
    """A mask with gaps up to twice a radius closed, and without holes."""
    padded = np.pad(mask, radius_px + 1)
    if not mask.any():
        return mask
    near = ndimage.distance_transform_edt(~padded) <= radius_px
    closed = ndimage.distance_transform_edt(near) > radius_px
    inside = slice(radius_px + 1, -radius_px - 1)
    return np.asarray(ndimage.binary_fill_holes(closed[inside, inside] | mask))


def segmented(gain: Float32[np.ndarray, "h w"], drawn: Mask, start: Mask) -> Mask:
    """The region with the largest gain less the cost of its border.

    Args:
        gain: (H, W), of each pixel.
        drawn: (H, W), lines and borders of areas, along which the region's border costs little.
        start: (H, W), the first guess; where nothing speaks for or against a pixel, it hardly changes.

    Source:
        Chan, Esedoglu & Nikolova 2006 (the convex problem); Chambolle & Pock 2011, algorithm 1.
    """
    step = np.float32(1 / np.sqrt(8))
    down = np.where(drawn[1:] | drawn[:-1], _DRAWN_BORDER, _BORDER).astype(np.float32)
    right = np.where(drawn[:, 1:] | drawn[:, :-1], _DRAWN_BORDER, _BORDER).astype(np.float32)
    x = start.astype(np.float32)
    ahead = x.copy()
    flow_down, flow_right = np.zeros_like(down), np.zeros_like(right)
    for _ in range(_ITERATIONS):
        flow_down = np.clip(flow_down + step * (ahead[1:] - ahead[:-1]), -down, down)
        flow_right = np.clip(flow_right + step * (ahead[:, 1:] - ahead[:, :-1]), -right, right)
        spread = gain.copy()
        spread[:-1] += flow_down
        spread[1:] -= flow_down
        spread[:, :-1] += flow_right
        spread[:, 1:] -= flow_right
        new = np.clip(x + step * spread, 0, 1).astype(np.float32)
        ahead = 2 * new - x
        x = new
    return np.asarray(x > 0.5)
