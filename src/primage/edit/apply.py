"""Replays edits on a primitive: every layer is edited alike, and stays what it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage
from skimage.draw import line, polygon2mask

from primage.edit.records import (
    Copy,
    Edit,
    Ellipse,
    Erase,
    Fill,
    Flip,
    LabelRegion,
    Move,
    Paint,
    Point,
    Polygon,
    Rectangle,
    Scale,
)
from primage.errors import PrimitiveError
from primage.labels import LabelMap
from primage.primitive.edges import distance_to_edges, thin
from primage.primitive.primitive import Primitive

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
        PrimitiveError: a region is empty, or a label is not in the palette.
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
    mask = region_mask(primitive, edit.region)
    if isinstance(edit, Erase):
        return _empty(primitive, mask)
    if isinstance(edit, Fill):
        return _fill(primitive, mask, edit.label)
    height, width = primitive.size
    rows, columns = np.nonzero(mask)
    centre = np.array([(rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2])
    if isinstance(edit, Move | Copy):
        share = np.clip(np.array(edit.by[::-1]), -_FAR, _FAR)
        shift = share * [height, width]
        return _transform(primitive, mask, np.eye(2), centre, shift, keep=isinstance(edit, Copy))
    if isinstance(edit, Scale):
        return _transform(primitive, mask, np.eye(2) * edit.factor, centre, np.zeros(2))
    assert isinstance(edit, Flip)
    mirror = np.diag([1.0, -1.0] if edit.axis == "horizontal" else [-1.0, 1.0])
    return _transform(primitive, mask, mirror, centre, np.zeros(2))


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


def _empty(primitive: Primitive, mask: Mask) -> Primitive:
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


def _transform(
    primitive: Primitive,
    mask: Mask,
    matrix: Float[np.ndarray, "2 2"],
    centre: Float[np.ndarray, 2],
    shift: Float[np.ndarray, 2],
    keep: bool = False,
) -> Primitive:
    """Put a region elsewhere: (row, column) ↦ matrix · (p − centre) + centre + shift."""
    height, width = primitive.size
    grid = np.stack(np.meshgrid(np.arange(height), np.arange(width), indexing="ij"), axis=-1)
    source = (grid - centre - shift) @ np.linalg.inv(matrix).T + centre
    nearest = np.rint(source).astype(int)
    inside = ((nearest >= 0) & (nearest < [height, width])).all(axis=-1)
    rows = np.clip(nearest[..., 0], 0, height - 1)
    columns = np.clip(nearest[..., 1], 0, width - 1)
    target = inside & mask[rows, columns]
    base = primitive if keep or target.all() else _empty(primitive, mask)

    segments, edges, colours = base.segments, base.edges, base.colours
    if segments is not None and primitive.segments is not None:
        index = np.where(target, primitive.segments.index[rows, columns], segments.index)
        segments = LabelMap(index, segments.palette)
    if edges is not None and primitive.edges is not None:
        distance = distance_to_edges(primitive.edges & mask)
        moved = ndimage.map_coordinates(distance, np.moveaxis(source, -1, 0), order=1, mode="nearest")
        # Pixels lie further apart in the source where a region shrinks.
        reach = _LINE_REACH_PX * max(1.0, float(np.linalg.norm(np.linalg.inv(matrix), 2)))
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
