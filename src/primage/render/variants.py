"""Variants of the picture of a drawing: the network runs once for all of them, the synthesis for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from primage.model import Model
from primage.origin.plane import Origin
from primage.primitive.primitive import Primitive, visible_difference
from primage.render.blending import blend_mask, changed_weight
from primage.render.full_size import WorkingResult
from primage.synthesis.copies import Plate
from primage.synthesis.options import RenderOptions
from primage.synthesis.polish import Polished, Render
from primage.synthesis.stage import completed
from primage.tensors import to_image

Image = UInt8[np.ndarray, "h w 3"]
Excluded = Bool[np.ndarray, "h2 w2"]


def pictures(
    model: Model,
    primitive: Primitive,
    variants: Sequence[RenderOptions],
    origin: Origin | None = None,
    excluded: Excluded | None = None,
    plate: Plate | None = None,
) -> Iterator[tuple[Image, Polished | None]]:
    """Render a primitive at its own size, once for each variant.

    Args:
        model: the trained model.
        primitive: the drawing.
        variants: how each is rendered.
        origin: where the primitive's pixels come from, of its size; None if it is not known.
        excluded: (H', W'), places of the photo that nothing new is copied from.
        plate: of its size, what is shown where something was removed; see `primage.render.plates`.

    Yields:
        As `Model.rendered`.
    """
    painted = model.paint(primitive)
    render = model.unpolished(primitive, painted)
    for options in variants:
        if render is None:
            yield to_image(painted.image.cpu()), None
        else:
            reference = model.reference(primitive.size, options.strength)
            yield completed(reference, render, options, origin, excluded, plate)[:2]


def working_results(
    model: Model,
    primitive: Primitive,
    variants: Sequence[RenderOptions],
    origin: Origin | None = None,
    excluded: Excluded | None = None,
) -> Iterator[tuple[WorkingResult, Polished | None]]:
    """Render a primitive at the working size, with all that is needed to paint it at full size.

    Args:
        model: the trained model.
        primitive: the drawing, of the model's size.
        variants: how each is rendered.
        origin: where the primitive's pixels come from; None if it is not known.
        excluded: (H, W), places of the photo that nothing new is copied from.

    Yields:
        The result, and what was synthesised; None if the network's picture is used as it is.
    """
    painted = model.paint(primitive)
    render = model.unpolished(primitive, painted)
    origin = None if origin is None else origin.without_pictures
    if origin is not None and origin.moves and render is not None:
        for options in variants:
            yield _moved(model, render, options, origin, excluded)
        return
    image = to_image(painted.image.cpu())
    weight = _weight(model, primitive, image)
    for options in variants:
        if render is None:
            yield WorkingResult(image, weight), None
            continue
        found = model.polish(primitive, painted, weight > 0, None, options, excluded) if options.polish else None
        if found is None:
            yield WorkingResult(image, weight, render.field, None, render.confidence), None
        else:
            yield WorkingResult(found.image, weight, found.field, found.synthesised, render.confidence), found


def _moved(
    model: Model, render: Render, options: RenderOptions, origin: Origin, excluded: Excluded | None
) -> tuple[WorkingResult, Polished | None]:
    reference = model.reference(render.primitive.size, options.strength)
    image, polished, gain = completed(reference, render, options, origin, excluded)
    weight = changed_weight(image, model.photo, origin)
    if polished is None:
        return WorkingResult(image, weight, render.field, None, render.confidence, origin, gain), None
    kept = polished.synthesised, render.confidence, origin, gain
    return WorkingResult(image, weight, polished.field, *kept), polished


def _weight(model: Model, primitive: Primitive, image: Image) -> Float32[np.ndarray, "h w"]:
    """Where the network's picture replaces the photo."""
    changed = visible_difference(primitive, model.primitive, model.record.spec.line_colour)
    if not changed.any():
        return np.zeros(changed.shape, np.float32)
    return blend_mask(changed, image, to_image(model.paint(model.primitive).image.cpu()))
