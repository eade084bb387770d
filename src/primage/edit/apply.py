"""Applies recorded edits to a primitive, consistently in every layer."""

from __future__ import annotations

from collections.abc import Sequence

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
from primage.labels.label_map import LabelMap
from primage.primitive.layer import nearest_pixels
from primage.primitive.primitive import Primitive
from primage.warp.tps import evaluate, fit

Mask = Bool[np.ndarray, "h w"]
#: Corners are clamped to this: outside any picture, but small enough to rasterise.
_FAR_PX = 1e6
#: Coordinates are clamped to this many widths or heights, which is outside any picture.
_FAR = 1e6


def apply_edits(primitive: Primitive, edits: Sequence[Edit]) -> Primitive:
    """Apply edits in order.

    Args:
        primitive: the primitive to edit; it is not changed.
        edits: the edits.

    Returns:
        The edited primitive, with the same size and labels.

    Raises:
        PrimitiveError: a region is empty, a label is not in the palette, or handles do not define a warp.
    """
    for edit in edits:
        primitive = _apply(primitive, edit)
    return primitive.map(lambda layer, data: layer.clean(data)) if edits else primitive


def _apply(primitive: Primitive, edit: Edit) -> Primitive:
    if isinstance(edit, Paint):
        return _paint(primitive, edit)
    if isinstance(edit, Warp):
        return _paste(primitive, primitive, _warped_coords(edit, primitive.size), np.ones(primitive.size, bool))
    mask = region_mask(primitive, edit.region)
    if isinstance(edit, Erase):
        return _emptied(primitive, mask)
    if isinstance(edit, Fill):
        return _fill(primitive, mask, edit.label)
    centre, size, same = _centre(mask), primitive.size, np.eye(2)
    if isinstance(edit, Copy):
        return _paste(primitive, primitive, _source_coords(size, same, centre, _shift(edit, size)), mask)
    if isinstance(edit, Swap):
        other = region_mask(primitive, edit.other)
        shift = _centre(other) - centre
        out = _emptied(primitive, mask | other)
        out = _paste(primitive, out, _source_coords(size, same, centre, shift), mask)
        return _paste(primitive, out, _source_coords(size, same, centre, -shift), other)
    if isinstance(edit, Move):
        coords = _source_coords(size, same, centre, _shift(edit, size))
    elif isinstance(edit, Scale):
        coords = _source_coords(size, same * edit.factor, centre, np.zeros(2))
    else:
        mirror = np.diag([1.0, -1.0] if edit.axis == "horizontal" else [-1.0, 1.0])
        coords = _source_coords(size, mirror, centre, np.zeros(2))
    covers_all = _covered(coords, mask).all()
    return _paste(primitive, primitive if covers_all else _emptied(primitive, mask), coords, mask)


def region_mask(primitive: Primitive, region: Rectangle | Ellipse | Polygon | LabelRegion) -> Mask:
    """The pixels of a region.

    Args:
        primitive: provides the size and the labels.
        region: the region.

    Returns:
        (H, W) bool, with at least one pixel.

    Raises:
        PrimitiveError: the region is empty, or is given by labels and the primitive has none.
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
    """Remove lines from a region, and fill it with the nearest label or colour outside it."""
    if mask.all():
        raise PrimitiveError("an edit cannot erase the whole primitive, as nothing would be left to fill it from")
    return primitive.map(lambda layer, data: layer.close(data, mask))


def _fill(primitive: Primitive, mask: Mask, label: int) -> Primitive:
    """Give a region one label and remove its lines; other layers are unchanged."""
    segments = primitive.segments
    if segments is None or label >= len(segments.palette.labels):
        raise PrimitiveError(f"there is no label {label} to fill with")
    index = segments.index.copy()
    index[mask] = label
    filled = primitive.replace(segments=LabelMap(index, segments.palette))
    return filled if filled.edges is None else filled.replace(edges=filled.edges & ~mask)


def _centre(mask: Mask) -> Float[np.ndarray, 2]:
    rows, columns = np.nonzero(mask)
    return np.array([(rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2])


def _shift(edit: Move | Copy, size: tuple[int, int]) -> Float[np.ndarray, 2]:
    share: Float[np.ndarray, 2] = np.clip(np.array(edit.by[::-1]), -_FAR, _FAR)
    return share * size


def _source_coords(
    size: tuple[int, int],
    matrix: Float[np.ndarray, "2 2"],
    centre: Float[np.ndarray, 2],
    shift: Float[np.ndarray, 2],
) -> Float[np.ndarray, "h w 2"]:
    """Source (row, column) of each pixel under p ↦ matrix · (p − centre) + centre + shift."""
    grid = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1]), indexing="ij"), axis=-1)
    coords: Float[np.ndarray, "h w 2"] = (grid - centre - shift) @ np.linalg.inv(matrix).T + centre
    return coords


def _warped_coords(edit: Warp, size: tuple[int, int]) -> Float[np.ndarray, "h w 2"]:
    """The same for the thin-plate spline that maps each handle's target to its source."""
    pins = [(x, y) for x in (0.0, 0.5, 1.0) for y in (0.0, 0.5, 1.0) if (x, y) != (0.5, 0.5)] * edit.pin_border
    pixels = np.array([size[1], size[0]])  # isotropic: bending costs the same in both directions
    source, target = (
        torch.from_numpy(np.clip(np.array([getattr(h, end) for h in edit.handles] + pins), -_FAR, _FAR) * pixels)
        for end in ("source", "target")
    )
    if len(target) < 3:  # splines need three points
        raise PrimitiveError("a warp needs at least three handles if the border is not pinned")
    try:
        weights = fit(target, source - target)
    except ValueError as error:
        raise PrimitiveError(f"the handles of a warp do not define one: {error}") from error
    y, x = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5, indexing="ij")
    at = torch.from_numpy(np.stack([x, y], axis=-1).reshape(-1, 2))
    displacement = torch.cat([evaluate(target, weights, part) for part in at.split(1 << 16)])
    coords = (at + displacement).numpy().reshape(*size, 2)[..., ::-1] - 0.5
    # Outside the picture the border is replicated, so that no gap is left.
    return np.clip(coords, 0, np.array(size) - 1)


def _covered(coords: Float[np.ndarray, "h w 2"], mask: Mask) -> Mask:
    """The pixels whose source is in a region."""
    rows, columns = nearest_pixels(coords, mask.shape)
    inside = (np.rint(coords) == np.stack([rows, columns], axis=-1)).all(axis=-1)
    return np.asarray(inside & mask[rows, columns])


def _paste(primitive: Primitive, base: Primitive, coords: Float[np.ndarray, "h w 2"], mask: Mask) -> Primitive:
    """Paste a region of ``primitive`` onto ``base``; ``coords`` holds the source of each pixel."""
    target = _covered(coords, mask)
    return base.map(lambda layer, data: layer.paste(data, primitive.layers[layer.name], coords, target, mask))


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
        return primitive.replace(edges=primitive.edges | mask)
    radius = max(0.5, edit.radius * mask.shape[1])
    if mask.any():  # by distance: stamping a wide brush along the stroke would take minutes
        mask = ndimage.distance_transform_edt(~mask) < radius + 0.5
    return _fill(primitive, mask, edit.label)


def _pixel(point: Point, size: tuple[int, int]) -> tuple[int, int]:
    bound = 4 * max(size)  # rasterising a line to a distant point would take very long
    return (
        int(np.clip(np.floor(point[1] * size[0]), -bound, bound)),
        int(np.clip(np.floor(point[0] * size[1]), -bound, bound)),
    )
