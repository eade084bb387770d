"""Results of the studio at the photo's own size."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from jaxtyping import Float32, UInt8

from primage.origin.plane import Origin
from primage.render.blending import changed_weight
from primage.render.full_size import FullSize, WorkingResult
from primage.render.pasted import Pasted
from primage.render.photo_files import PhotoFile
from primage.studio.workers.painter import Synthesised, Unpolished


def at_full_size(
    photo: PhotoFile,
    small: UInt8[np.ndarray, "h w 3"],
    image: UInt8[np.ndarray, "h w 3"],
    weight: Float32[np.ndarray, "h w"],
    unpolished: Unpolished | None,
    origin: Origin | None,
    synthesised: Synthesised | None,
    gain: Float32[np.ndarray, "h w 3"] | None,
    parts: tuple[Pasted, ...] = (),
    before: FullSize | None = None,
) -> FullSize:
    """Prepare a result for painting at the photo's size.

    Args:
        photo: the photo.
        small: the photo at the working size.
        image: the picture, with what was synthesised, before it is blended with the photo.
        weight: its weight in the result.
        unpolished: what the network says about it; None if that is unknown.
        origin: where the drawing's pixels come from; None if nothing was moved or removed.
        synthesised: the pixels that were synthesised; None without synthesis.
        gain: fits the light of moved pieces; None to leave it.
        parts: those of other pictures.
        before: an earlier result on the same photo, if there is one.
    """
    result = _result(small, image, weight, unpolished, origin, synthesised)
    pasted = tuple(part.in_colours(photo.from_srgb) for part in parts)
    result = replace(result, image=photo.from_srgb(image), light=gain, pasted=pasted)
    return FullSize(photo.pixels, result) if before is None else before.with_result(result)


def with_synthesised(image: UInt8[np.ndarray, "h w 3"], synthesised: Synthesised | None) -> UInt8[np.ndarray, "h w 3"]:
    """A render with the pixels that were synthesised.

    Args:
        image: the render.
        synthesised: None without synthesis.
    """
    return image if synthesised is None else np.where(synthesised.pixels[..., None], synthesised.image, image)


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
