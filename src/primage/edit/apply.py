"""Applies recorded edits to a primitive, consistently in every layer, and to the origin of its pixels."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, UInt8
from pydantic import ValidationError
from scipy import ndimage
from skimage.draw import line, polygon2mask

from primage.detection.figures import Figure, find_figures
from primage.edit.bending import bends
from primage.edit.landmarks import edits_of, moved
from primage.edit.records import (
    Copy,
    DrawingEdit,
    Edit,
    Ellipse,
    Erase,
    Extend,
    Fill,
    LabelRegion,
    Landmarks,
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
from primage.origin.places import places_of
from primage.origin.plane import Origin
from primage.origin.transforms import Affine, Spline
from primage.primitive.layer import nearest_pixels
from primage.primitive.primitive import Primitive

log = logging.getLogger(__name__)

Mask = Bool[np.ndarray, "h w"]
#: Corners are clamped to this: outside any picture, but small enough to rasterise.
_FAR_PX = 1e6
#: Coordinates are clamped to this many widths or heights, which is outside any picture.
_FAR = 1e6
#: Largest canvas, in areas of the photo.
_MOST_TIMES = 9


class Edited(NamedTuple):
    """An edited drawing.

    Attributes:
        primitive: the drawing.
        origin: where its pixels come from.
    """

    primitive: Primitive
    origin: Origin


def apply_edits(
    primitive: Primitive, edits: Sequence[Edit], photo: UInt8[np.ndarray, "h2 w2 3"] | None = None
) -> Primitive:
    """Apply edits in order.

    Args:
        primitive: the primitive to edit; it is not changed.
        edits: the edits.
        photo: (H', W', 3) uint8, the photo that it was extracted from: edits of landmarks need it.

    Returns:
        The edited primitive, with the same labels, and of the same size unless the canvas is extended.

    Raises:
        PrimitiveError: a region is empty, a label is not in the palette, handles do not define a warp, or there are
            edits of landmarks without a photo, or of somebody it does not show.
        ConfigError, WeightsError: nobody can be looked for.
    """
    find = None if photo is None else partial(find_figures, photo)
    return edited(Edited(primitive, Origin.unmoved(primitive.size)), edits, find).primitive


def edited(drawing: Edited, edits: Sequence[Edit], find: Callable[[], Sequence[Figure]] | None = None) -> Edited:
    """Apply edits in order, and follow where the pixels come from.

    Args:
        drawing: the primitive to edit and its origin, of the same size; not changed.
        edits: the edits.
        find: finds the people in the photo; called if there are edits of landmarks. None if there is no photo.

    Returns:
        The edited drawing.

    Raises:
        PrimitiveError: as for `apply_edits`; or the photo does not show what an edit of landmarks is about.
        ConfigError, WeightsError: from ``find``, which cannot look.
    """
    waiting: list[Landmarks] = []
    for edit in edits:
        if isinstance(edit, Landmarks):
            waiting.append(edit)
            continue
        drawing = _apply(_bent(drawing, waiting, find), edit)
        waiting = []
    drawing = _bent(drawing, waiting, find)
    primitive, origin = drawing
    return Edited(primitive.map(lambda layer, data: layer.clean(data)) if edits else primitive, origin)


def removed(drawing: Edited, mask: Mask) -> Edited:
    """Remove what a mask covers: lines there disappear, labels and colours are filled from its surroundings.

    Args:
        drawing: the drawing and its origin.
        mask: (H, W), of the drawing's size.

    Returns:
        The edited drawing.

    Raises:
        PrimitiveError: the mask is empty, or covers everything.
    """
    if not mask.any():
        raise PrimitiveError("the mask is empty: make what is to be removed white, and the rest black")
    primitive, origin = emptied(drawing, mask)
    return Edited(primitive.map(lambda layer, data: layer.clean(data)), origin)


def _apply(drawing: Edited, edit: DrawingEdit) -> Edited:
    if isinstance(edit, Paint):
        return _paint(drawing, edit)
    size = drawing.primitive.size
    if isinstance(edit, Extend):
        _check_canvas(drawing.origin.margins.within(size), size, edit)
        margins = edit.margins(size)
        return Edited(drawing.primitive.extended(margins), drawing.origin.extended(margins))
    if isinstance(edit, Warp):
        return pasted(drawing, drawing, _spline(edit, size), np.ones(size, bool))
    mask = region_mask(drawing.primitive, edit.region)
    if isinstance(edit, Erase):
        return emptied(drawing, mask)
    if isinstance(edit, Fill):
        return _fill(drawing, mask, edit.label)
    centre, same = _centre(mask), np.eye(2)
    if isinstance(edit, Copy):
        return pasted(drawing, drawing, _affine(size, same, centre, _shift(edit, size)), mask)
    if isinstance(edit, Swap):
        other = region_mask(drawing.primitive, edit.other)
        shift = _centre(other) - centre
        out = emptied(drawing, mask | other)
        out = pasted(drawing, out, _affine(size, same, centre, shift), mask)
        return pasted(drawing, out, _affine(size, same, centre, -shift), other)
    if isinstance(edit, Move):
        placement = _affine(size, same, centre, _shift(edit, size))
    elif isinstance(edit, Scale):
        placement = _affine(size, same * edit.factor, centre, np.zeros(2))
    else:
        mirror = np.diag([1.0, -1.0] if edit.axis == "horizontal" else [-1.0, 1.0])
        placement = _affine(size, mirror, centre, np.zeros(2))
    covers_all = _covered(placement.coords, mask).all()
    return pasted(drawing, drawing if covers_all else emptied(drawing, mask), placement, mask)


def _check_canvas(photo: tuple[int, int], size: tuple[int, int], edit: Extend) -> None:
    times = size[0] * (1 + edit.top + edit.bottom) * size[1] * (1 + edit.left + edit.right) / (photo[0] * photo[1])
    if times > _MOST_TIMES:
        raise PrimitiveError(f"the canvas would have {times:.0f} times the photo's area; make it at most {_MOST_TIMES}")


def _bent(drawing: Edited, edits: Sequence[Landmarks], find: Callable[[], Sequence[Figure]] | None) -> Edited:
    """Move points of people, those of each figure at once, however many edits there are."""
    if not edits:
        return drawing
    if find is None:
        raise PrimitiveError(
            "edits of landmarks need the photo, to find its faces, hands and bodies; apply them with `primage edit`"
        )
    size = drawing.primitive.size
    scale = np.array([size[1], size[0]], float)
    for figure, own in edits_of(find(), edits):
        sources = places_of(drawing.origin, np.array(figure.points)) * scale
        if np.isnan(sources).all():
            log.warning("the edits of %s are left out: the drawing shows nothing of it any more", figure.name)
            continue
        targets = sources
        for edit in own:
            targets = moved(figure, targets, edit, size)
        if np.array_equal(sources, targets, equal_nan=True):
            continue
        before = drawing
        for bend in bends(figure, sources, targets, size):
            within = bend.mask if bend.onto is None else ndimage.binary_dilation(bend.onto, iterations=2)
            placement = spline_placement(bend.sources / scale, bend.targets / scale, size, within)
            drawing = pasted(before, drawing, placement, bend.mask, bend.onto)
    return drawing


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
            raise PrimitiveError(
                "the region is given by labels, but the primitive has none; give a rectangle, an ellipse or a polygon"
            )
        mask = np.isin(primitive.segments.index, region.labels)
    if not mask.any():
        raise PrimitiveError(f"the region of an edit is empty (coordinates are shares from 0 to 1): {region!r}")
    return mask


def emptied(drawing: Edited, mask: Mask) -> Edited:
    """Remove lines from a region, and fill it with the nearest label or colour outside it.

    Args:
        drawing: the drawing.
        mask: (H, W), the region.

    Raises:
        PrimitiveError: it is the whole drawing.
    """
    if mask.all():
        raise PrimitiveError("an edit cannot erase the whole primitive, as nothing would be left to fill it from")
    return Edited(drawing.primitive.map(lambda layer, data: layer.close(data, mask)), drawing.origin.emptied(mask))


def _fill(drawing: Edited, mask: Mask, label: int) -> Edited:
    """Give a region one label and remove its lines; other layers are unchanged."""
    primitive, origin = drawing
    segments = primitive.segments
    if segments is None or label >= len(segments.palette.labels):
        known = f"the labels are 0 to {len(segments.palette.labels) - 1}" if segments else "the primitive has no labels"
        raise PrimitiveError(f"there is no label {label} to fill with; {known}")
    index = segments.index.copy()
    index[mask] = label
    filled = primitive.replace(segments=LabelMap(index, segments.palette))
    if filled.edges is not None:
        filled = filled.replace(edges=filled.edges & ~mask)
    return Edited(filled, origin.drawn(filled.differs(primitive)))


def _clipped(point: Point) -> Point:
    x, y = np.clip(point, -_FAR, _FAR)
    return float(x), float(y)


def _centre(mask: Mask) -> Float[np.ndarray, 2]:
    rows, columns = np.nonzero(mask)
    return np.array([(rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2])


def _shift(edit: Move | Copy, size: tuple[int, int]) -> Float[np.ndarray, 2]:
    share: Float[np.ndarray, 2] = np.clip(np.array(edit.by[::-1]), -_FAR, _FAR)
    return share * size


class Placement(NamedTuple):
    """Where the pixels of a pasted part come from.

    Attributes:
        coords: (H, W, 2), the source (row, column) of each pixel.
        transform: the same as a formula.
    """

    coords: Float[np.ndarray, "h w 2"]
    transform: Affine | Spline


def _affine(
    size: tuple[int, int],
    matrix: Float[np.ndarray, "2 2"],
    centre: Float[np.ndarray, 2],
    shift: Float[np.ndarray, 2],
) -> Placement:
    """The placement of a part under p ↦ matrix · (p − centre) + centre + shift."""
    grid = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1]), indexing="ij"), axis=-1)
    back = np.linalg.inv(matrix)
    coords: Float[np.ndarray, "h w 2"] = (grid - centre - shift) @ back.T + centre
    return Placement(coords, Affine.of_pixels(back, centre - back @ (centre + shift), size))


def _spline(edit: Warp, size: tuple[int, int]) -> Placement:
    """The placement under the thin-plate spline that maps each handle's target to its source."""
    pins = [(x, y) for x in (0.0, 0.5, 1.0) for y in (0.0, 0.5, 1.0) if (x, y) != (0.5, 0.5)] * edit.pin_border
    sources, targets = (
        tuple(_clipped(getattr(handle, end)) for handle in edit.handles) + tuple(pins) for end in ("source", "target")
    )
    if len(targets) < 3:  # splines need three points
        raise PrimitiveError("a warp needs at least three handles if the border is not pinned")
    return spline_placement(np.array(sources), np.array(targets), size)


def spline_placement(
    sources: Float[np.ndarray, "n 2"],
    targets: Float[np.ndarray, "n 2"],
    size: tuple[int, int],
    within: Mask | None = None,
) -> Placement:
    """The placement under the thin-plate spline that maps each target to its source.

    Args:
        sources: (N, 2), (x, y) in shares of width and height.
        targets: (N, 2), likewise.
        size: (height, width) of the drawing.
        within: (H, W), the pixels that matter; None for all.

    Raises:
        PrimitiveError: these points define no spline.
    """
    points, places = (tuple((float(x), float(y)) for x, y in ends) for ends in (targets, sources))
    try:
        spline = Spline(points=points, sources=places, aspect=size[1] / size[0])
    except ValidationError as error:
        message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise PrimitiveError(f"the handles of a warp do not define one: {message}") from error
    coords = np.moveaxis(np.mgrid[: size[0], : size[1]].astype(float), 0, -1)
    where = np.ones(size, bool) if within is None else within
    coords[where] = spline((coords[where][:, ::-1] + 0.5) / size[::-1])[:, ::-1] * size - 0.5
    # Outside the picture the border is replicated, so that no gap is left.
    return Placement(np.clip(coords, 0, np.array(size) - 1), spline)


def _covered(coords: Float[np.ndarray, "h w 2"], mask: Mask) -> Mask:
    """The pixels whose source is in a region."""
    rows, columns = nearest_pixels(coords, mask.shape)
    inside = (np.rint(coords) == np.stack([rows, columns], axis=-1)).all(axis=-1)
    return np.asarray(inside & mask[rows, columns])


def pasted(drawing: Edited, base: Edited, placement: Placement, mask: Mask, onto: Mask | None = None) -> Edited:
    """Paste a region of a drawing onto another one.

    Args:
        drawing: what is cut from.
        base: what is pasted onto.
        placement: where the pixels come from.
        mask: (H, W), the region to cut out.
        onto: (H, W), the pixels to replace; None for those whose source is in the region.
    """
    coords, transform = placement
    target = _covered(coords, mask) if onto is None else onto
    layers = drawing.primitive.layers
    primitive = base.primitive.map(lambda layer, data: layer.paste(data, layers[layer.name], coords, target, mask))
    return Edited(primitive, base.origin.pasted(drawing.origin, coords, target, transform))


def _paint(drawing: Edited, edit: Paint) -> Edited:
    primitive, origin = drawing
    mask = np.zeros(primitive.size, dtype=bool)
    pixels = [_pixel(point, primitive.size) for point in edit.points]
    for a, b in zip(pixels, pixels[1:] or pixels, strict=False):
        rows, columns = line(*a, *b)
        inside = (rows >= 0) & (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
        mask[rows[inside], columns[inside]] = True
    if edit.label is None:
        if primitive.edges is None:
            raise PrimitiveError("a stroke without a label is a line, but the primitive has no lines")
        return Edited(primitive.replace(edges=primitive.edges | mask), origin.drawn(mask & ~primitive.edges))
    radius = max(0.5, edit.radius * mask.shape[1])
    if mask.any():  # by distance: stamping a wide brush along the stroke would take minutes
        mask = ndimage.distance_transform_edt(~mask) < radius + 0.5
    return _fill(drawing, mask, edit.label)


def _pixel(point: Point, size: tuple[int, int]) -> tuple[int, int]:
    bound = 4 * max(size)  # rasterising a line to a distant point would take very long
    return (
        int(np.clip(np.floor(point[1] * size[0]), -bound, bound)),
        int(np.clip(np.floor(point[0] * size[1]), -bound, bound)),
    )
