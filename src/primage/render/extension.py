"""Drawings on a canvas larger than the photo: the photo is rendered as ever, and continued beyond its borders."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from primage.edit.apply import Edited
from primage.errors import PrimitiveError
from primage.model import Model
from primage.origin.plane import FIRST, Origin
from primage.origin.sampling import piece_colours
from primage.primitive.margins import Margins
from primage.primitive.primitive import Primitive
from primage.render.blending import blend
from primage.render.full_size import FullSize, WorkingResult
from primage.render.variants import working_results
from primage.synthesis.extension import extending
from primage.synthesis.options import RenderOptions
from primage.synthesis.polish import Polished
from primage.synthesis.steps import finished

Image = UInt8[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]


@dataclass(frozen=True, eq=False)
class ExtendedResult:
    """A result on a larger canvas, at the working size.

    Attributes:
        margins: what the canvas has beyond the photo's borders.
        inside: the result on the photo.
        canvas: the result on the whole canvas. Its sources are in pixels of the canvas.
    """

    margins: Margins
    inside: WorkingResult
    canvas: WorkingResult

    @property
    def image(self) -> Image:
        """The picture of the whole canvas."""
        return self.canvas.image

    def place(self, photo: tuple[int, int]) -> tuple[slice, slice]:
        """Rows and columns of the photo in the canvas.

        Args:
            photo: (height, width) of the photo.
        """
        margins = self._around(photo)
        return margins.photo(margins.around(photo))

    def painted(self, photo: np.ndarray, from_srgb: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """The whole canvas at the photo's own size. Inside, it is what would be painted without margins.

        Args:
            photo: (H, W, 3) uint8 or uint16, at full size, in any RGB space.
            from_srgb: converts pictures to that space.

        Returns:
            (H', W', 3), of the photo's type.
        """
        size = photo.shape[0], photo.shape[1]
        margins = self._around(size)
        padded = np.pad(photo, margins.padding(3), mode="symmetric")
        full = FullSize(padded, replace(self.canvas, image=from_srgb(self.canvas.image)))
        out = np.empty_like(padded)
        for window in margins.sides(full.size):
            out[window] = full.window(window)
        inside = FullSize(photo, replace(self.inside, image=from_srgb(self.inside.image)))
        out[margins.photo(full.size)] = inside.picture()
        return out

    def _around(self, photo: tuple[int, int]) -> Margins:
        return self.margins.scaled(self.margins.within(_size(self.image)), photo)


def check_canvas(model: Model, primitive: Primitive, origin: Origin) -> None:
    """Check that a drawing lies around the photo as its origin says.

    Args:
        model: the trained model.
        primitive: the drawing, at the working size.
        origin: where its pixels come from.

    Raises:
        PrimitiveError: it does not.
    """
    if origin.margins.around(model.size) != primitive.size or origin.size != primitive.size:
        (height, width), (tall, wide) = origin.margins.around(model.size), primitive.size
        raise PrimitiveError(
            f"the drawing is {wide}×{tall} px, but the photo with its margins {width}×{height} px; extend the training "
            "drawing again with `primage edit`"
        )


def extended_results(
    model: Model,
    drawing: Edited,
    variants: Sequence[RenderOptions],
    excluded: Bool[np.ndarray, "h2 w2"] | None = None,
) -> Iterator[tuple[ExtendedResult, Polished]]:
    """Render a drawing that is larger than the photo.

    Args:
        model: the trained model.
        drawing: the drawing and its origin, which says where the photo lies, at the working size.
        variants: how each picture is rendered. What is beyond the photo is always synthesised.
        excluded: (H', W'), places of the photo that nothing new is copied from.

    Yields:
        The result, and what was synthesised of the canvas; its incoherence is that of the network's picture, inside.

    Raises:
        PrimitiveError: the drawing does not fit the photo, or no place of the photo is left to copy from.
    """
    primitive, origin = drawing
    check_canvas(model, primitive, origin)
    margins, size = origin.margins, primitive.size
    photo = margins.photo(size)
    cropped, known = primitive.cropped(*photo), origin.of_photo
    moves = known if known.moves else None
    for (inside, polished), options in zip(
        working_results(model, cropped, variants, moves, excluded), variants, strict=True
    ):
        picture = inside.image if moves is not None else blend(model.photo, inside.image, inside.weight)
        image = np.pad(picture, margins.padding(3), mode="symmetric")
        beyond = margins.mask(size)
        copied = beyond & (origin.index >= FIRST)
        _copy(image, copied, origin, np.pad(model.photo, margins.padding(3), mode="symmetric"))
        hole = beyond & ~copied
        reference = model.reference(model.size, options.strength)
        image, sources = finished(extending(reference, primitive, image, hole, margins, excluded, options.seed))
        canvas = _on_canvas(image, sources, hole, copied, inside, origin)
        unlike = np.zeros(size, np.float32)
        if polished is not None:
            unlike[photo] = polished.incoherence
        assert canvas.field is not None
        assert canvas.synthesised is not None
        whole = Polished(canvas.image, canvas.field, canvas.synthesised, unlike)
        yield ExtendedResult(margins, inside, canvas), whole


def _copy(image: Image, where: Mask, origin: Origin, photo: Image) -> None:
    """Copy what was moved beyond the borders."""
    for value in np.unique(origin.index[where]):
        part = where & (origin.index == value)
        image[part] = np.rint(piece_colours(photo, origin.piece(int(value)), origin.places(part), origin.size))


def _on_canvas(
    image: Image,
    sources: Float32[np.ndarray, "h w 2"],
    hole: Mask,
    copied: Mask,
    inside: WorkingResult,
    origin: Origin,
) -> WorkingResult:
    """The result of the whole canvas."""
    size, margins = _size(image), origin.margins
    photo, first = margins.photo(size), np.array([margins.top, margins.left], np.float32)
    field = np.moveaxis(np.indices(size), 0, -1).astype(np.float32)
    if inside.field is not None:
        field[photo] = inside.field + first
    field[hole] = sources[hole] + first
    field[copied] = origin.coords(size)[copied]
    synthesised = hole.copy()
    if inside.synthesised is not None:
        synthesised[photo] |= inside.synthesised
    everywhere = np.ones(size, np.float32)
    return WorkingResult(image, everywhere, field, synthesised, everywhere, origin if copied.any() else None)


def _size(image: Image) -> tuple[int, int]:
    return image.shape[0], image.shape[1]
