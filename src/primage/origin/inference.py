"""Infers the origin of a drawing that was edited in another program.

Points of lines and borders that the training drawing does not have there are grouped; for each group, the place of the
training drawing that looks alike is found (`matching`, `support`), then the pixels that came from there (`extent`).
What cannot be explained so was drawn or removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, UInt16
from scipy import ndimage
from skimage.morphology import convex_hull_image

from primage.image import from_nearest_outside
from primage.origin.extent import OUTLINE_PX, Change, extent, filled, footprint
from primage.origin.features import features, is_edit
from primage.origin.matching import all_poses, explained, is_same, simple_poses, simplest, stretched_poses
from primage.origin.plane import DRAWN, FIRST, REMOVED, UNMOVED, Origin
from primage.origin.support import Match, best_match, largest_group
from primage.origin.transforms import Affine, Piece
from primage.primitive.primitive import Primitive

Mask = Bool[np.ndarray, "h w"]
Index = UInt16[np.ndarray, "h w"]

#: Groups of points that are looked at, and searches at every angle and scale, which take longest.
_MAX_GROUPS, _MAX_SEARCHES = 16, 3
#: Support that needs no further search.
_GOOD = 0.8
#: Smaller groups of points look like something at some angle and scale.
_MIN_SEARCHED = 40
#: Fewer changed pixels are noise; so are changes of areas thinner than two pixels.
_MIN_CHANGED = 4
#: Gaps that are closed within a removed thing, in pixels.
_GAP_PX = 6
#: Smallest share of a changed place that shows its nearest surroundings if something was removed there.
_CLOSED = 0.7
#: Smaller changes, in pixels, are not taken for selections. Their surroundings that are looked at, and the share of
#: pixels of lines inside that is none.
_MIN_SELECTED, _AROUND_PX, _FEW_LINES = 100, 8, 0.01
#: Changes this close to each other, in pixels, are one.
_TOGETHER_PX = 4
#: A change of more parts (of more than one if any was not just shifted), or with a larger drawn share, is not that of
#: moved things.
_MAX_PARTS, _MAX_DRAWN = 2, 0.08


def inferred_if_edited(primitive: Primitive, training: Primitive) -> Origin | None:
    """Infer where the pixels of a drawing come from, unless it was made from another picture, such as a video's frame.

    Args:
        primitive: any drawing.
        training: the training drawing, of the same kind, size and labels.

    Returns:
        As for `inferred`; None if the drawing is not an edit of the training drawing.

    Raises:
        PrimitiveError: as for `inferred`.
    """
    change = Change(*features(primitive, training))
    return _inferred(change) if is_edit(change.edited, change.original) else None


def is_worth_obeying(origin: Origin, primitive: Primitive) -> bool:
    """Whether a picture along an inferred origin is better than the matcher's.

    It is if something was moved. A thing that was just removed is also found by its labels
    (`primage.synthesis.closed`); what the drawing does not show of it, such as its shadow, is then removed, too.

    Args:
        origin: inferred.
        primitive: the drawing.
    """
    return bool(origin.pieces) or (origin.moves and primitive.segments is None)


def inferred(primitive: Primitive, training: Primitive) -> Origin:
    """Infer where the pixels of an edited drawing come from.

    Where the drawings are equal, nothing moved. A changed part that is a copy of a place of the training drawing,
    possibly mirrored, turned or scaled, comes from there, with everything it encloses. Where something is gone and
    its surroundings are shown, it was removed. Everything else was drawn, also what could come from several places.
    Lines and borders may be off by a pixel.

    Args:
        primitive: the edited drawing, from any program.
        training: the training drawing, of the same kind, size and labels.

    Returns:
        The origin; its pieces are affine maps.

    Raises:
        PrimitiveError: the drawings differ in kind, size or labels.
    """
    return _inferred(Change(*features(primitive, training)))


def _inferred(change: Change) -> Origin:
    size = change.edited.lines.shape
    index = np.full(size, UNMOVED, np.uint16)
    if change.same.all():
        return Origin(index)
    matches, regions = _matches(change)
    _place(change, matches, regions, index)
    _mark_rest(change, index)
    _mark_bent(index, [match.pose.is_shift for match in matches])
    maps = (Affine.of_pixels(match.pose.linear, match.pose.offset, size) for match in matches)
    return Origin(index, tuple(Piece(transforms=(transform,)) for transform in maps)).compact()


def _matches(change: Change) -> tuple[list[Match], list[Mask]]:
    """The parts that moved, each with its source, and about where they are."""
    edited, original = change.edited, change.original
    pending = change.new & np.isin(edited.kinds, original.kinds)
    known = change.same.copy()
    matches: list[Match] = []
    regions: list[Mask] = []
    searches = 0
    for _ in range(_MAX_GROUPS if len(original.points) else 0):
        group = largest_group(edited, pending)
        if group is None:
            break
        part = edited.part(group)
        poses = simple_poses(part, original)
        match = best_match(edited, original, group, change.gone, poses)
        unclear = match is None or match.support < _GOOD
        if unclear and searches < _MAX_SEARCHES and len(group) >= _MIN_SEARCHED:
            searches += 1
            poses += all_poses(part, original)
            match = best_match(edited, original, group, change.gone, poses)
            if match is None or match.support < _GOOD:
                poses += stretched_poses(part, original)
                match = best_match(edited, original, group, change.gone, poses)
        if match is None:
            pending[group] = False
            continue
        match = replace(match, pose=simplest(edited.part(match.points), original, match.pose))
        same = next((i for i, other in enumerate(matches) if is_same(part, match.pose, other.pose)), len(matches))
        if same < len(matches):  # another side of the same part
            match = replace(matches[same], points=np.union1d(matches[same].points, match.points))
        region = extent(change, match.pose, edited.points[match.points], known, ())
        matches[same : same + 1], regions[same : same + 1] = (
            [match],
            [region | np.any(regions[same : same + 1], axis=0)],
        )
        known |= region
        near = np.flatnonzero(pending & ndimage.binary_dilation(region, np.ones((3, 3), bool))[edited.pixels])
        pending[near[explained(edited.part(near), original, match.pose)]] = False
        pending[match.points] = False
    return matches, regions


def _place(change: Change, matches: list[Match], regions: list[Mask], index: Index) -> None:
    """Number the pixels of each part; what left a place without being copied is removed there."""
    known = change.same.copy()
    left = [footprint(region, match.pose) for region, match in zip(regions, matches, strict=True)]
    left = [place for place in left if _is_gone(change, place)]
    for number, match in enumerate(matches, start=FIRST):
        region = extent(change, match.pose, change.edited.points[match.points], known, left)
        index[region & (index == UNMOVED)] = number
        known |= region
    for number, match in enumerate(matches, start=FIRST):
        place = footprint(index == number, match.pose) & (index < FIRST)
        if _is_gone(change, place):
            index[place] = REMOVED


def _is_gone(change: Change, place: Mask) -> bool:
    """Whether most points of the training drawing are gone from a place."""
    there = place[change.original.pixels]
    return bool(there.any() and change.gone[there].mean() > 0.5)


def _mark_rest(change: Change, index: Index) -> None:
    """Mark changes that no part explains as removed or drawn."""
    edited, original = change.edited, change.original
    wrong = ~change.same & (index == UNMOVED)
    lines = edited.lines | original.lines
    wrong = ndimage.binary_opening(wrong, np.ones((2, 2), bool)) | (wrong & lines)
    parts, count = ndimage.label(ndimage.binary_dilation(wrong, np.ones((5, 5), bool)), np.ones((3, 3), bool))
    hole = filled(wrong, _GAP_PX)
    shown = edited.areas == from_nearest_outside(edited.areas, hole) if not hole.all() else np.zeros_like(hole)
    sizes, closed = (np.bincount(parts[mask], minlength=count + 1) for mask in (wrong, wrong & shown))
    new, gone = (
        np.bincount(parts[drawing.pixels][chosen], minlength=count + 1)
        for drawing, chosen in ((edited, change.new & (edited.kinds < 0)), (original, change.gone))
    )
    free = index == UNMOVED
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        if sizes[number] < _MIN_CHANGED:
            continue
        here = wrong[box] & (parts[box] == number)
        fewer = gone[number] > 1.5 * new[number]
        as_outlined = fewer and closed[number] > _CLOSED * sizes[number]
        if fewer and sizes[number] >= _MIN_SELECTED and not (as_outlined and change.has_areas):
            selected = _emptied(change, wrong & (parts == number))
            if selected is not None:
                index[selected & free] = REMOVED
                continue
        if as_outlined:
            place = filled(here, _GAP_PX)
            place = ndimage.distance_transform_edt(~place) <= OUTLINE_PX + 0.5
            index[box][place & free[box] & ~(edited.lines[box] & change.same[box])] = REMOVED
        else:
            index[box][here & free[box]] = DRAWN


def _emptied(change: Change, wrong: Mask) -> Mask | None:
    """The selection that was emptied if a change is that: it has no lines, and the areas around it continue inside.

    Nothing changed where the areas inside were the same before. So the selection is larger than the change; it is taken
    to be convex.
    """
    edited = change.edited
    around = tuple(
        slice(max(0, int(at.min()) - _AROUND_PX), int(at.max()) + _AROUND_PX + 1) for at in np.nonzero(wrong)
    )
    here, areas = wrong[around], edited.areas[around]
    hull = np.asarray(convex_hull_image(here))
    inside = ndimage.binary_erosion(hull, np.ones((3, 3), bool), iterations=2)
    if hull.all() or not inside.any() or (edited.lines[around] & inside).sum() > _FEW_LINES * inside.sum():
        return None
    shown = areas == from_nearest_outside(areas, hull)
    if shown[here].mean() < _CLOSED or shown[hull].mean() < _CLOSED:
        return None
    place = ndimage.distance_transform_edt(~(hull & (shown | here))) <= OUTLINE_PX + 0.5
    out = np.zeros(wrong.shape, bool)
    out[around] = place & ~(edited.lines & change.same)[around]
    return out


def _mark_bent(index: Index, shifted: Sequence[bool]) -> None:
    """Mark changes as drawn that moves and removals explain only in patches: the outline of a thing was reshaped."""
    changed = index != UNMOVED
    if not changed.any():
        return
    near = ndimage.distance_transform_edt(~changed) <= _TOGETHER_PX
    groups, _ = ndimage.label(near, np.ones((3, 3), bool))
    for number, box in enumerate(ndimage.find_objects(groups), start=1):
        here = changed[box] & (groups[box] == number)
        values, sizes = np.unique(index[box][here], return_counts=True)
        parts = [shifted[value - FIRST] for value in values if value >= FIRST]
        drawn = float(sizes[values == DRAWN].sum() / sizes.sum())
        if len(parts) > (_MAX_PARTS if all(parts) else 1) or drawn > _MAX_DRAWN:
            index[box][here] = DRAWN
