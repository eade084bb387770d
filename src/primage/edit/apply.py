"""Replays edits on a primitive: every layer is edited alike, and stays what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy import ndimage
from skimage.draw import line, polygon2mask

from primage.edit.records import (
    Copy,
    Edit,
    Ellipse,
    Erase,
    Fill,
    LabelRegion,
    Move,
    Paint,
    Point,
    Polygon,
    Rectangle,
    Scale,
    Swap,
    Warp,
)
from primage.errors import PrimitiveError
from primage.labels import LabelMap
from primage.primitive.edges import distance_to_edges, thin
from primage.primitive.primitive import Primitive
from primage.warp.tps import evaluate, fit

Mask = Bool[np.ndarray, "h w"]
#: See `primage.warp.augment`: sampling the distance keeps lines whole where they shrink.
_LINE_REACH_PX = 0.75
#: Corners beyond this are brought back to it: far outside any picture, and still a number that can be drawn with.
_FAR_PX = 1e6
#: Beyond this many widths or heights all places are alike: out of the picture.
_FAR = 1e6


def apply_edits(primitive: Primitive, edits: Sequence[Edit]) -> Primitive:
    """Replay edits in order.

    Args:
        primitive: the drawing to edit; not changed.
        edits: the records.

    Returns:
        The edited drawing, same size and labels.

    Raises:
        PrimitiveError: a region is empty, a label is not in the palette, or handles do not make a warp.
    """
    for edit in edits:
        primitive = _apply(primitive, edit)
    if edits and primitive.edges is not None:
        # Where lines were cut or laid against others they are no longer thin, as those read from a file are.
        primitive = replace(primitive, edges=thin(primitive.edges))
    return primitive


def _apply(primitive: Primitive, edit: Edit) -> Primitive:
    if isinstance(edit, Paint):
        return _paint(primitive, edit)
    if isinstance(edit, Warp):
        return _place(primitive, primitive, _warped_places(edit, primitive.size), np.ones(primitive.size, bool))
    mask = region_mask(primitive, edit.region)
    if isinstance(edit, Erase):
        return _emptied(primitive, mask)
    if isinstance(edit, Fill):
        return _fill(primitive, mask, edit.label)
    centre, size, same = _centre(mask), primitive.size, np.eye(2)
    if isinstance(edit, Copy):
        return _place(primitive, primitive, _places(size, same, centre, _shift(edit, size)), mask)
    if isinstance(edit, Swap):
        other = region_mask(primitive, edit.other)
        shift = _centre(other) - centre
        out = _emptied(primitive, mask | other)
        out = _place(primitive, out, _places(size, same, centre, shift), mask)
        return _place(primitive, out, _places(size, same, centre, -shift), other)
    if isinstance(edit, Move):
        places = _places(size, same, centre, _shift(edit, size))
    elif isinstance(edit, Scale):
        places = _places(size, same * edit.factor, centre, np.zeros(2))
    else:
        mirror = np.diag([1.0, -1.0] if edit.axis == "horizontal" else [-1.0, 1.0])
        places = _places(size, mirror, centre, np.zeros(2))
    covers_all = _covered(places, mask).all()
    return _place(primitive, primitive if covers_all else _emptied(primitive, mask), places, mask)


def region_mask(primitive: Primitive, region: Rectangle | Ellipse | Polygon | LabelRegion) -> Mask:
    """The pixels of a region.

    Args:
        primitive: gives the size, and the labels.
        region: what to mark.

    Returns:
        (H, W) bool, at least one pixel.

    Raises:
        PrimitiveError: no pixel lies in it, or it asks for labels that are not there.
    """
    height, width = primitive.size
    y = (np.arange(height)[:, None] + 0.5) / height
    x = (np.arange(width)[None, :] + 0.5) / width
    if isinstance(region, Rectangle):
        (left, top), (right, bottom) = region.top_left, region.bottom_right
        mask = (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
    elif isinstance(region, Ellipse):
        (cx, cy), (rx, ry) = (np.clip(np.array(pair), -_FAR, _FAR) for pair in (region.centre, region.radii))
        mask = ((x - cx) / max(rx, 1e-9)) ** 2 + ((y - cy) / max(ry, 1e-9)) ** 2 <= 1
    elif isinstance(region, Polygon):
        corners = np.array([(py * height - 0.5, px * width - 0.5) for px, py in region.points])
        mask = np.asarray(polygon2mask((height, width), np.clip(corners, -_FAR_PX, _FAR_PX)))
    else:
        if primitive.segments is None:
            raise PrimitiveError("the region is given by labels, but the primitive has none")
        mask = np.isin(primitive.segments.index, region.labels)
    if not mask.any():
        raise PrimitiveError(f"the region of an edit is empty: {region!r}")
    return mask


def _emptied(primitive: Primitive, mask: Mask) -> Primitive:
    """Close a region from around it: the nearest label or colour outside, no lines."""
    if mask.all():
        raise PrimitiveError("an edit may not empty the whole primitive: nothing would be left to close it from")
    nearest = ndimage.distance_transform_edt(mask, return_distances=False, return_indices=True)
    rows, columns = nearest[0], nearest[1]
    segments, colours = primitive.segments, primitive.colours
    return Primitive(
        primitive.kind,
        segments=None if segments is None else LabelMap(segments.index[rows, columns], segments.palette),
        edges=None if primitive.edges is None else primitive.edges & ~mask,
        colours=None if colours is None else colours[rows, columns],
    )


def _fill(primitive: Primitive, mask: Mask, label: int) -> Primitive:
    segments = primitive.segments
    if segments is None or label >= len(segments.palette.labels):
        raise PrimitiveError(f"there is no label {label} to fill with")
    index = segments.index.copy()
    index[mask] = label
    edges = None if primitive.edges is None else primitive.edges & ~mask
    return Primitive(primitive.kind, LabelMap(index, segments.palette), edges, primitive.colours)


def _centre(mask: Mask) -> Float[np.ndarray, 2]:
    rows, columns = np.nonzero(mask)
    return np.array([(rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2])


def _shift(edit: Move | Copy, size: tuple[int, int]) -> Float[np.ndarray, 2]:
    share: Float[np.ndarray, 2] = np.clip(np.array(edit.by[::-1]), -_FAR, _FAR)
    return share * size


def _places(
    size: tuple[int, int],
    matrix: Float[np.ndarray, "2 2"],
    centre: Float[np.ndarray, 2],
    shift: Float[np.ndarray, 2],
) -> Float[np.ndarray, "h w 2"]:
    """Where (row, column) each pixel comes from under p ↦ matrix · (p − centre) + centre + shift."""
    grid = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1]), indexing="ij"), axis=-1)
    places: Float[np.ndarray, "h w 2"] = (grid - centre - shift) @ np.linalg.inv(matrix).T + centre
    return places


def _warped_places(edit: Warp, size: tuple[int, int]) -> Float[np.ndarray, "h w 2"]:
    """The same for the thin-plate spline that takes each handle's target back to its source."""
    pins = [(x, y) for x in (0.0, 0.5, 1.0) for y in (0.0, 0.5, 1.0) if (x, y) != (0.5, 0.5)] * edit.pin_border
    pixels = np.array([size[1], size[0]])  # isotropic, so that bending costs the same in both directions
    source, target = (
        torch.from_numpy(np.clip(np.array([getattr(h, end) for h in edit.handles] + pins), -_FAR, _FAR) * pixels)
        for end in ("source", "target")
    )
    if len(target) < 3:  # a shift, or a shift and turn: splines begin at three points
        raise PrimitiveError("a warp wants three handles or more where the border is not pinned")
    try:
        weights = fit(target, source - target)
    except ValueError as error:
        raise PrimitiveError(f"the handles of a warp do not make one: {error}") from error
    y, x = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5, indexing="ij")
    at = torch.from_numpy(np.stack([x, y], axis=-1).reshape(-1, 2))
    moved = torch.cat([evaluate(target, weights, part) for part in at.split(1 << 16)])
    places = (at + moved).numpy().reshape(*size, 2)[..., ::-1] - 0.5
    # What a warp brings in from outside is the border again: nothing is left open.
    return np.clip(places, 0, np.array(size) - 1)


def _covered(places: Float[np.ndarray, "h w 2"], mask: Mask) -> Mask:
    """The pixels whose place lies in a region."""
    height, width = mask.shape
    nearest = np.rint(places).astype(int)
    inside = ((nearest >= 0) & (nearest < [height, width])).all(axis=-1)
    rows, columns = (np.clip(nearest[..., axis], 0, side - 1) for axis, side in ((0, height), (1, width)))
    return np.asarray(inside & mask[rows, columns])


def _place(primitive: Primitive, base: Primitive, places: Float[np.ndarray, "h w 2"], mask: Mask) -> Primitive:
    """Put a region of ``primitive`` onto ``base``, seen through ``places``: where each pixel comes from."""
    height, width = primitive.size
    target = _covered(places, mask)
    nearest = np.rint(places).astype(int)
    rows, columns = np.clip(nearest[..., 0], 0, height - 1), np.clip(nearest[..., 1], 0, width - 1)
    segments, edges, colours = base.segments, base.edges, base.colours
    if segments is not None and primitive.segments is not None:
        index = np.where(target, primitive.segments.index[rows, columns], segments.index)
        segments = LabelMap(index, segments.palette)
    if edges is not None and primitive.edges is not None:
        distance = distance_to_edges(primitive.edges & mask)
        moved = ndimage.map_coordinates(distance, np.moveaxis(places, -1, 0), order=1, mode="nearest")
        # Pixels lie further apart in the source where a region shrinks.
        apart = [np.linalg.norm(np.gradient(places, axis=axis), axis=-1) for axis in (0, 1) if mask.shape[axis] > 1]
        reach = _LINE_REACH_PX * np.maximum.reduce([np.ones_like(moved), *apart])
        edges = np.where(target, thin((moved < reach) & target), edges)
    if colours is not None and primitive.colours is not None:
        colours = np.where(target[..., None], primitive.colours[rows, columns], colours)
    return Primitive(primitive.kind, segments, edges, colours)


def _paint(primitive: Primitive, edit: Paint) -> Primitive:
    mask = np.zeros(primitive.size, dtype=bool)
    pixels = [_pixel(point, primitive.size) for point in edit.points]
    for a, b in zip(pixels, pixels[1:] or pixels, strict=False):
        rows, columns = line(*a, *b)
        inside = (rows >= 0) & (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
        mask[rows[inside], columns[inside]] = True
    if edit.label is None:
        if primitive.edges is None:
            raise PrimitiveError("a stroke without a label is a line, but the primitive has no lines")
        return Primitive(primitive.kind, primitive.segments, primitive.edges | mask, primitive.colours)
    radius = max(0.5, edit.radius * mask.shape[1])
    if mask.any():  # by distance, since a wide brush would take minutes to slide along the stroke
        mask = ndimage.distance_transform_edt(~mask) < radius + 0.5
    return _fill(primitive, mask, edit.label)


def _pixel(point: Point, size: tuple[int, int]) -> tuple[int, int]:
    bound = 4 * max(size)  # a far-off point would draw an endless line
    return (
        int(np.clip(np.floor(point[1] * size[0]), -bound, bound)),
        int(np.clip(np.floor(point[0] * size[1]), -bound, bound)),
    )
