"""Drawings on a canvas larger than the photo: the photo is rendered as ever, and continued beyond its borders."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from primage.edit.apply import Edited
from primage.errors import PrimitiveError
from primage.model import Model
from primage.origin.plane import FIRST, Origin
from primage.origin.sampling import piece_colours
from primage.primitive.margins import Margins
from primage.primitive.primitive import Primitive
from primage.render.blending import blend
from primage.render.full_size import FullSize, Window, WorkingResult
from primage.render.variants import working_results
from primage.synthesis.extension import extending
from primage.synthesis.options import RenderOptions
from primage.synthesis.polish import Polished
from primage.synthesis.reference import Reference
from primage.synthesis.search import RADIUS
from primage.synthesis.steps import finished

Image = UInt8[np.ndarray, "h w 3"]
Mask = Bool[np.ndarray, "h w"]

#: Known pixels that differ by more than this (grey levels) have changed.
_CHANGED_LEVELS = 6


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

    def full_size(
        self,
        photo: np.ndarray,
        from_srgb: Callable[[np.ndarray], np.ndarray],
        before: FullSize | FullCanvas | None = None,
    ) -> FullCanvas:
        """The whole canvas at the photo's own size, to be painted in parts.

        Args:
            photo: (H, W, 3) uint8 or uint16, at full size, in any RGB space.
            from_srgb: converts pictures to that space.
            before: an earlier result on the same photo, if there is one.
        """
        margins = self._around((photo.shape[0], photo.shape[1]))
        padded = np.pad(photo, margins.padding(3), mode="symmetric")
        known = before.inside if isinstance(before, FullCanvas) else before or FullSize(photo, self.inside)
        inside = known.with_result(replace(self.inside, image=from_srgb(self.inside.image)))
        canvas = FullSize(padded, replace(self.canvas, image=from_srgb(self.canvas.image)))
        return FullCanvas(margins, inside, canvas)

    def painted(self, photo: np.ndarray, from_srgb: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """The whole canvas at the photo's own size. Inside, it is what would be painted without margins.

        Args:
            photo: (H, W, 3) uint8 or uint16, at full size, in any RGB space.
            from_srgb: converts pictures to that space.

        Returns:
            (H', W', 3), of the photo's type.
        """
        return self.full_size(photo, from_srgb).picture()

    def _around(self, photo: tuple[int, int]) -> Margins:
        return self.margins.scaled(self.margins.within(_size(self.image)), photo)


@dataclass(frozen=True, eq=False)
class FullCanvas:
    """A result on a larger canvas at the photo's own size.

    Attributes:
        margins: what the canvas has beyond the photo's borders, at that size.
        inside: the result on the photo.
        canvas: the result on the whole canvas, of which only what is beyond the photo is used.
    """

    margins: Margins
    inside: FullSize
    canvas: FullSize

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.canvas.size

    def window(self, window: Window) -> np.ndarray:
        """Paint a part of the picture.

        Args:
            window: rows and columns, within the picture.

        Returns:
            (h, w, 3), of the photo's type.
        """
        out = np.empty((*(part.stop - part.start for part in window), 3), self.inside.photo.dtype)
        photo = self.margins.photo(self.size)
        for painted, side, first in (
            (self.inside, photo, (photo[0].start, photo[1].start)),
            *((self.canvas, side, (0, 0)) for side in self.margins.sides(self.size)),
        ):
            part = [slice(max(a.start, b.start), min(a.stop, b.stop)) for a, b in zip(side, window, strict=True)]
            if any(each.start >= each.stop for each in part):
                continue
            rows, columns = (slice(a.start - b, a.stop - b) for a, b in zip(part, first, strict=True))
            y, x = (slice(a.start - b.start, a.stop - b.start) for a, b in zip(part, window, strict=True))
            out[y, x] = painted.window((rows, columns))
        return out

    def picture(self) -> np.ndarray:
        """Paint the whole picture, (H, W, 3) of the photo's type."""
        return self.window((slice(0, self.size[0]), slice(0, self.size[1])))


@dataclass(frozen=True, eq=False)
class Continued:
    """A picture of the photo's part, continued beyond its borders.

    Attributes:
        image: (H, W, 3), the whole canvas.
        sources: (H, W, 2), (y, x) of the source in the photo of what is beyond it, in pixels.
        hole: (H, W), what was synthesised.
        copied: (H, W), what was moved there.
    """

    image: Image
    sources: Float32[np.ndarray, "h w 2"]
    hole: Mask
    copied: Mask

    def on(self, inside: WorkingResult, origin: Origin) -> ExtendedResult:
        """The result on the whole canvas.

        Args:
            inside: the result on the photo.
            origin: where the pixels of the canvas come from.
        """
        canvas = _on_canvas(self.image, self.sources, self.hole, self.copied, inside, origin.beneath)
        return ExtendedResult(origin.margins, inside, canvas)


def mirrored(picture: Image, photo: Image, origin: Origin) -> Continued:
    """Continue a picture by its mirror image, and copy what was moved beyond the borders.

    Args:
        picture: the result on the photo.
        photo: the photo, of the same size.
        origin: where the pixels of the canvas come from.
    """
    margins, origin = origin.margins, origin.beneath
    image = np.pad(picture, margins.padding(3), mode="symmetric")
    beyond = margins.mask(origin.size)
    copied = beyond & (origin.index >= FIRST)
    _copy(image, copied, origin, np.pad(photo, margins.padding(3), mode="symmetric"))
    places = np.moveaxis(np.indices(_size(picture)), 0, -1).astype(np.float32)
    return Continued(image, np.pad(places, margins.padding(3), mode="symmetric"), beyond & ~copied, copied)


def continuing(
    reference: Reference,
    primitive: Primitive,
    start: Continued,
    margins: Margins,
    excluded: Bool[np.ndarray, "h2 w2"] | None = None,
    seed: int = 0,
    before: tuple[Primitive, Continued] | None = None,
) -> Generator[float, None, Continued]:
    """Synthesise what continues a picture, as an iterator that can be closed between its steps.

    Args:
        reference: what patches are taken from.
        primitive: the drawing, of the size of the canvas.
        start: from `mirrored`.
        margins: of the canvas around the photo.
        excluded: (H', W'), places of the photo that nothing new is copied from.
        seed: of the random search, 0 or more.
        before: another drawing on the same canvas and its result, which stays where nothing has changed nearby.

    Yields:
        The share of the work that is done, after each step.

    Returns:
        The result.

    Raises:
        PrimitiveError: no place of the photo is left to copy from, or the canvas does not fit the photo.
    """
    image, sources, hole = start.image.copy(), start.sources.copy(), start.hole
    if before is not None:
        kept = _kept(primitive, start, *before, reference.config.multiple * RADIUS)
        image[kept], sources[kept] = before[1].image[kept], before[1].sources[kept]
        hole = hole & ~kept
    if hole.any():
        image, found = yield from extending(reference, primitive, image, hole, margins, excluded, seed)
        sources[hole] = found[hole]
    return replace(start, image=image, sources=sources)


def _kept(primitive: Primitive, start: Continued, drawn: Primitive, result: Continued, reach_px: float) -> Mask:
    """What was synthesised for another drawing and stays."""
    known = ~start.hole
    changed = primitive.differs(drawn) | (start.hole != result.hole)
    changed |= known & (np.abs(start.image.astype(np.int16) - result.image).max(axis=2) > _CHANGED_LEVELS)
    if changed.any():
        changed = ndimage.distance_transform_edt(~changed) <= reach_px
    return np.asarray(start.hole & result.hole & ~changed)


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
        start, reference = mirrored(picture, model.photo, origin), model.reference(model.size, options.strength)
        continued = finished(continuing(reference, primitive, start, margins, excluded, options.seed))
        result = continued.on(inside, origin)
        canvas = result.canvas
        unlike = np.zeros(size, np.float32)
        if polished is not None:
            unlike[photo] = polished.incoherence
        assert canvas.field is not None
        assert canvas.synthesised is not None
        whole = Polished(canvas.image, canvas.field, canvas.synthesised, unlike)
        yield result, whole


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
