"""The stage that follows the network: copy what is known, synthesise what is wrong, fit the light of moved pieces."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from primage.errors import PrimitiveError
from primage.image import resize_mask
from primage.origin.plane import Origin
from primage.synthesis.copies import Plate, completing, composed
from primage.synthesis.light import fitted, light
from primage.synthesis.options import RenderOptions
from primage.synthesis.polish import Polished, Render, polishing
from primage.synthesis.reference import Reference
from primage.synthesis.steps import finished


def completed(
    reference: Reference,
    render: Render,
    options: RenderOptions,
    origin: Origin | None = None,
    excluded: Bool[np.ndarray, "h2 w2"] | None = None,
    plate: Plate | None = None,
) -> tuple[UInt8[np.ndarray, "h w 3"], Polished | None, Float32[np.ndarray, "h w 3"] | None]:
    """Complete a render.

    Args:
        reference: what patches are taken from, of the options' strength.
        render: the generator's output.
        options: what to do.
        origin: where the drawing's pixels come from, of the render's size; None if it is not known.
        excluded: (H', W'), places of the photo, at any size, that nothing new is copied from.
        plate: of the render's size, what holes are filled from; see `completing`.

    Returns:
        The picture; what was synthesised, None if nothing was to be; the gain that the light of pieces was fitted with
        (`primage.synthesis.light`), None if it was not.

    Raises:
        PrimitiveError: the canvas is larger than the photo.
    """
    origin = None if origin is None else origin.without_pictures
    if origin is not None and origin.margins.any:
        raise PrimitiveError("the drawing is larger than the photo; render it with primage.render.extension")
    if excluded is not None:
        excluded = resize_mask(excluded, reference.primitive.size)
    if origin is None or not origin.moves:
        if not options.polish:
            return render.image, None, None
        polished = finished(polishing(reference, render, excluded=excluded, seed=options.seed))
        return polished.image, polished, None
    found = None
    if options.polish:
        found = finished(completing(reference, render, origin, excluded, seed=options.seed, plate=plate)).polished
    image = composed(render, origin, reference.photo) if found is None else found.image
    if not options.fit_light:
        return image, found, None
    gain = light(reference, image, origin, render.primitive)
    return fitted(image, gain), found, gain
