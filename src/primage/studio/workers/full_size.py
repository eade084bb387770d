"""Results of the studio at the photo's own size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32, UInt8

from primage.origin.plane import Origin
from primage.render.blending import changed_weight
from primage.render.extension import Continued, ExtendedResult, FullCanvas, mirrored
from primage.render.full_size import FullSize, WorkingResult
from primage.render.pasted import Pasted, with_parts
from primage.render.photo_files import PhotoFile
from primage.studio.workers.painter import Synthesised, Unpolished


@dataclass(frozen=True)
class Extension:
    """What lies beyond the photo's borders.

    Attributes:
        continued: the picture with it.
        origin: where the pixels of the canvas come from.
        parts: those of other pictures.
    """

    continued: Continued
    origin: Origin
    parts: tuple[Pasted, ...] = ()

    @property
    def image(self) -> UInt8[np.ndarray, "h w 3"]:
        """The picture at the working size."""
        return with_parts(self.continued.image, self.parts)

    def on(self, inside: WorkingResult, photo: PhotoFile) -> ExtendedResult:
        """The result on the whole canvas, to be painted at the photo's size.

        Args:
            inside: the result on the photo.
            photo: the photo.
        """
        found = self.continued.on(inside, self.origin)
        pasted = tuple(part.in_colours(photo.from_srgb) for part in self.parts)
        return replace(found, canvas=replace(found.canvas, pasted=pasted))


def on_canvas(
    picture: UInt8[np.ndarray, "h w 3"],
    photo: UInt8[np.ndarray, "h w 3"],
    origin: Origin,
    synthesised: Synthesised | None,
) -> Extension:
    """A result on a larger canvas, at the working size.

    Args:
        picture: the result on the photo.
        photo: the photo.
        origin: where the pixels of the canvas come from.
        synthesised: what was synthesised; its mirror image continues the picture if nothing was beyond it.
    """
    continued = mirrored(picture, photo, origin)
    beyond = None if synthesised is None else synthesised.beyond
    if beyond is not None:
        image = np.where(beyond.pixels[..., None], beyond.image, continued.image)
        sources = np.where(beyond.pixels[..., None], beyond.field, continued.sources)
        continued = replace(continued, image=image, sources=sources)
    return Extension(continued, origin)


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
    canvas: Extension | None = None,
    before: FullSize | FullCanvas | None = None,
) -> FullSize | FullCanvas:
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
        canvas: what lies beyond the photo; None for a canvas of its size.
        before: an earlier result on the same photo, if there is one.
    """
    pasted = tuple(part.in_colours(photo.from_srgb) for part in parts)
    result = _result(small, image, weight, unpolished, origin, synthesised)
    result = replace(result, light=gain, pasted=pasted)
    if canvas is not None:
        return canvas.on(result, photo).full_size(photo.pixels, photo.from_srgb, before)
    result = replace(result, image=photo.from_srgb(image))
    known = before.inside if isinstance(before, FullCanvas) else before
    return FullSize(photo.pixels, result) if known is None else known.with_result(result)


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
