"""Replays edits on a primitive: every layer is edited alike, and stays what it is."""

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
#: Corners beyond this are brought back to it: far outside any picture, and still a number that can be drawn with.
_FAR_PX = 1e6
#: Beyond this many widths or heights all coords are alike: out of the picture.
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
    """Fill a region from around it: the nearest label or colour outside, no lines."""
    if mask.all():
        raise PrimitiveError("an edit may not empty the whole primitive: nothing would be left to fill it from")
    return primitive.map(lambda layer, data: layer.close(data, mask))


def _fill(primitive: Primitive, mask: Mask, label: int) -> Primitive:
    """Give a region one label; lines in it go, other layers stay."""
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
    """Where (row, column) each pixel comes from under p ↦ matrix · (p − centre) + centre + shift."""
    grid = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1]), indexing="ij"), axis=-1)
    coords: Float[np.ndarray, "h w 2"] = (grid - centre - shift) @ np.linalg.inv(matrix).T + centre
    return coords


def _warped_coords(edit: Warp, size: tuple[int, int]) -> Float[np.ndarray, "h w 2"]:
    """The same for the thin-plate spline that takes each handle's target back to its source."""
    pins = [(x, y) for x in (0.0, 0.5, 1.0) for y in (0.0, 0.5, 1.0) if (x, y) != (0.5, 0.5)] * edit.pin_border
    pixels = np.array([size[1], size[0]])  # isotropic, so that bending costs the same in both directions
    source, target = (
        torch.from_numpy(np.clip(np.array([getattr(h, end) for h in edit.handles] + pins), -_FAR, _FAR) * pixels)
        for end in ("source", "target")
    )
    if len(target) < 3:  # a shift, or a shift and turn: splines begin at three points
        raise PrimitiveError("a warp needs three handles or more where the border is not pinned")
    try:
        weights = fit(target, source - target)
    except ValueError as error:
        raise PrimitiveError(f"the handles of a warp do not define one: {error}") from error
    y, x = np.meshgrid(np.arange(size[0]) + 0.5, np.arange(size[1]) + 0.5, indexing="ij")
    at = torch.from_numpy(np.stack([x, y], axis=-1).reshape(-1, 2))
    displacement = torch.cat([evaluate(target, weights, part) for part in at.split(1 << 16)])
    coords = (at + displacement).numpy().reshape(*size, 2)[..., ::-1] - 0.5
    # What a warp brings in from outside is the border again: nothing is left open.
    return np.clip(coords, 0, np.array(size) - 1)


def _covered(coords: Float[np.ndarray, "h w 2"], mask: Mask) -> Mask:
    """The pixels whose source lies in a region."""
    rows, columns = nearest_pixels(coords, mask.shape)
    inside = (np.rint(coords) == np.stack([rows, columns], axis=-1)).all(axis=-1)
    return np.asarray(inside & mask[rows, columns])


def _paste(primitive: Primitive, base: Primitive, coords: Float[np.ndarray, "h w 2"], mask: Mask) -> Primitive:
    """Put a region of ``primitive`` onto ``base``; ``coords`` says where each pixel comes from."""
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
    if mask.any():  # by distance, since a wide brush would take minutes to slide along the stroke
        mask = ndimage.distance_transform_edt(~mask) < radius + 0.5
    return _fill(primitive, mask, edit.label)


def _pixel(point: Point, size: tuple[int, int]) -> tuple[int, int]:
    bound = 4 * max(size)  # a far-off point would draw an endless line
    return (
        int(np.clip(np.floor(point[1] * size[0]), -bound, bound)),
        int(np.clip(np.floor(point[0] * size[1]), -bound, bound)),
    )
