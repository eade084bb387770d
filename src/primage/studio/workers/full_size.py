"""Results of the studio at the photo's own size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float32, UInt8

from primage.origin.plane import Origin
from primage.primitive.primitive import Primitive
from primage.render.full_size import FullSize, WorkingResult
from primage.render.original import changed_weight
from primage.render.photo_files import PhotoFile
from primage.studio.workers.painter import Synthesised, Unpolished
from primage.synthesis.light import light
from primage.synthesis.reference import Reference


def at_full_size(
    photo: PhotoFile,
    small: UInt8[np.ndarray, "h w 3"],
    image: UInt8[np.ndarray, "h w 3"],
    weight: Float32[np.ndarray, "h w"],
    unpolished: Unpolished | None,
    origin: Origin | None,
    synthesised: Synthesised | None,
    before: FullSize | None = None,
    lighting: tuple[Reference, Primitive] | None = None,
) -> FullSize:
    """Prepare a result for painting at the photo's size.

    Args:
        photo: the photo.
        small: the photo at the working size.
        image: the render, before it is blended with the photo.
        weight: its weight in the result.
        unpolished: what the network says about it; None if that is unknown.
        origin: where the drawing's pixels come from; None if nothing was moved or removed.
        synthesised: the pixels that were synthesised; None without synthesis.
        before: an earlier result on the same photo, if there is one.
        lighting: the photo and the drawing, to fit the light of moved pieces; None to leave it.
    """
    if synthesised is not None:
        image = np.where(synthesised.pixels[..., None], synthesised.image, image)
    result = _result(small, image, weight, unpolished, origin, synthesised)
    gain = None if lighting is None or origin is None else light(lighting[0], image, origin, lighting[1])
    result = replace(result, image=photo.from_srgb(image), light=gain)
    return FullSize(photo.pixels, result) if before is None else before.with_result(result)


def _result(
    small: np.ndarray,
    image: np.ndarray,
    weight: np.ndarray,
    unpolished: Unpolished | None,
    origin: Origin | None,
    synthesised: Synthesised | None,
) -> WorkingResult:
    if unpolished is None:
        return WorkingResult(image, weight)
    field, confidence = unpolished.field, unpolished.confidence
    if origin is not None:
        weight = changed_weight(image, small, origin)
    if synthesised is None:
        return WorkingResult(image, weight, field, None, confidence, origin)
    pixels = synthesised.pixels
    if synthesised.field is None:  # its detail is not known
        return WorkingResult(image, weight, field, None, np.where(pixels, np.float32(0), confidence), origin)
    field = np.where(pixels[..., None], synthesised.field, field)
    return WorkingResult(image, weight, field, pixels, confidence, origin)
