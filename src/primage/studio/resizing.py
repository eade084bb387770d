"""The studio's drawing on a larger or smaller canvas: what it shows stays, and so does where that comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from primage.origin.plane import Origin
from primage.origin.transforms import Affine
from primage.primitive.margins import NO_MARGINS, Margins
from primage.studio.drawing import Drawing, Pixels
from primage.studio.layers import channels_of
from primage.studio.objects import Content, Kept, Objects, PlacedObject, Point, Stack
from primage.studio.origin import index_of, layer_of
from primage.studio.schemas import Patch


def origin_on(drawing: Drawing) -> Origin:
    """Where the pixels of a drawing come from, on its canvas.

    Args:
        drawing: with an origin.
    """
    return Origin(index_of(drawing.layers["origin"]), drawing.pieces, drawing.margins)


def shrunk(drawing: Drawing, margins: Margins) -> Drawing:
    """A drawing on a smaller canvas.

    Args:
        drawing: the drawing.
        margins: of the new canvas, on no side more than those of the drawing.
    """
    by = drawing.margins.minus(margins)
    if not by.any:
        return drawing
    place = by.photo((drawing.size.height, drawing.size.width))
    layers = {name: np.ascontiguousarray(layer[place]) for name, layer in drawing.layers.items()}
    pieces = drawing.pieces
    if drawing.has_origin:
        origin = origin_on(drawing).shrunk(by)
        layers["origin"], pieces = layer_of(origin.index), origin.pieces
    return Drawing(layers, pieces, _shifted(drawing.stack, drawing, margins), margins)


def photo_part(drawing: Drawing) -> Drawing:
    """The part of a drawing that the photo has, without objects of its own.

    Args:
        drawing: on any canvas.
    """
    return shrunk(replace(drawing, stack=Stack()), NO_MARGINS)


def extended(drawing: Drawing, continued: dict[str, np.ndarray], margins: Margins) -> Drawing:
    """A drawing on a larger canvas.

    Args:
        drawing: the drawing.
        continued: the layers that continue beyond its borders, of the new size; others are 0 there.
        margins: of the new canvas, on no side less than those of the drawing.
    """
    by = margins.minus(drawing.margins)
    if not by.any:
        return drawing
    inside = by.photo(by.around((drawing.size.height, drawing.size.width)))
    layers = {}
    for name, layer in drawing.layers.items():
        layers[name] = np.pad(layer, by.padding(layer.ndim))
        if name in continued:
            layers[name] = continued[name].copy()
            layers[name][inside] = layer
    origin = origin_on(drawing).extended(by)
    layers["origin"] = layer_of(origin.index)
    return Drawing(layers, origin.pieces, _shifted(drawing.stack, drawing, margins), margins)


def whole(drawing: Drawing) -> tuple[Patch, ...]:
    """Each layer of a drawing as one rectangle.

    Args:
        drawing: the drawing.
    """
    size = drawing.size.model_dump()
    return tuple(Patch.model_validate({"layer": name, "x": 0, "y": 0, **size}) for name in drawing.layers)


def of_whole(patches: Sequence[Patch], pixels: Pixels, margins: Margins) -> Drawing:
    """The drawing, without objects, that consists of some pixels.

    Args:
        patches: each layer as one rectangle (`whole`).
        pixels: of each.
        margins: of its canvas.
    """
    layers: dict[str, np.ndarray] = {}
    for patch in patches:
        channels = channels_of(patch.layer)
        layers[patch.layer] = np.zeros((patch.height, patch.width, *((channels,) if channels > 1 else ())), np.uint8)
    drawing = Drawing(layers, margins=margins)
    drawing.put(patches, pixels)
    return drawing


def _shifted(stack: Stack, drawing: Drawing, margins: Margins) -> Stack:
    """The objects of a drawing on a canvas with other margins."""
    if not stack.objects.placed:
        return stack
    before = drawing.margins
    x, y = margins.left - before.left, margins.top - before.top
    old, new = (side.around(before.within((drawing.size.height, drawing.size.width))) for side in (before, margins))
    # From shares of the new canvas to shares of the old one.
    seen = Affine(matrix=(new[1] / old[1], 0, 0, new[0] / old[0], -x / old[1], -y / old[0]))
    contents = [_content(kept, x, y, seen) for kept in stack.contents.values()]
    names = dict(zip(stack.contents, (kept.content.id for kept in contents), strict=True))
    placed = tuple(
        one.model_copy(update={"content": names[one.content], **_placement(one, x, y)}) for one in stack.objects.placed
    )
    below = None if stack.objects.below is None else names[stack.objects.below]
    return Stack(Objects(placed=placed, below=below), {kept.content.id: kept for kept in contents})


def _content(kept: Kept, x: int, y: int, seen: Affine) -> Kept:
    """A content that was moved by whole pixels; it is another one, as contents never change."""
    content = kept.content
    name = hashlib.sha256(f"{content.id} {x} {y} {seen.matrix}".encode()).hexdigest()[:16]
    pieces = tuple(piece.seen_from(seen) for piece in content.pieces)
    moved: Content = content.model_copy(update={"id": name, "x": content.x + x, "y": content.y + y, "pieces": pieces})
    return Kept(moved, kept.pixels)


def _placement(placed: PlacedObject, x: int, y: int) -> dict[str, object]:
    """What places an object whose content and canvas were moved."""
    a, b, c, d, e, f = placed.matrix

    def moved(point: Point) -> Point:
        return point[0] + x, point[1] + y

    return {
        "matrix": (a, b, c, d, e + x - a * x - c * y, f + y - b * x - d * y),
        "warp": tuple((moved(source), moved(target)) for source, target in placed.warp),
    }
