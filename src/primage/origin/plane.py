"""The origin of each pixel of an edited drawing: where in the photo it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64, UInt16

from primage.errors import PrimitiveError
from primage.image import from_nearest_outside
from primage.origin.transforms import Affine, Piece, Spline
from primage.primitive.layer import nearest_pixels
from primage.primitive.margins import NO_MARGINS, Margins

#: Values of `Origin.index`: the pixel is where it is in the photo; it was drawn and comes from nowhere; something was
#: removed there. From `FIRST` on, they number the pieces.
UNMOVED, DRAWN, REMOVED, FIRST = 0, 1, 2, 3
#: Lines of a part that was pasted reach no further beyond it, in pixels of the drawing.
_RIM_PX = 2
#: More pieces cannot be numbered.
MAX_PIECES = 2**16 - FIRST

Index = UInt16[np.ndarray, "h w"]
Mask = Bool[np.ndarray, "h w"]


def _grown(mask: Mask, distance_px: int) -> Mask:
    from scipy import ndimage  # imported lazily: the studio's server does without

    return np.asarray(ndimage.binary_dilation(mask, np.ones((3, 3), bool), iterations=distance_px))


def _place(margins: Margins, size: tuple[int, int]) -> Affine:
    """From shares of a canvas to shares of a drawing of some size, which it has margins around."""
    height, width = margins.around(size)
    x, y = width / size[1], height / size[0]
    return Affine(matrix=(x, 0, 0, y, -margins.left / size[1], -margins.top / size[0]))


@dataclass(frozen=True)
class Origin:
    """Where each pixel of an edited drawing comes from. Immutable.

    Attributes:
        index: (H, W), `UNMOVED`, `DRAWN`, `REMOVED`, or `FIRST` plus the number of a piece.
        pieces: where the pixels of each piece come from. Places are shares of the whole canvas. Those of a picture that
            was pasted do not come from the photo (`primage.origin.pictures`).
        margins: what the canvas has beyond the photo's borders; nothing there comes from where it is.

    Raises:
        PrimitiveError: a pixel has the number of a piece that does not exist.
    """

    index: Index
    pieces: tuple[Piece, ...] = ()
    margins: Margins = NO_MARGINS

    def __post_init__(self) -> None:
        if self.index.size and int(self.index.max()) >= FIRST + len(self.pieces):
            raise PrimitiveError(
                f"an origin of {len(self.pieces)} pieces contains a pixel of piece {int(self.index.max()) - FIRST + 1}"
            )

    @classmethod
    def unmoved(cls, size: tuple[int, int]) -> Origin:
        """The origin of an unedited drawing.

        Args:
            size: (height, width).
        """
        return cls(np.zeros(size, np.uint16))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        height, width = self.index.shape
        return height, width

    @property
    def known(self) -> Mask:
        """(H, W): the pixels that come from a certain place of the photo."""
        return np.asarray(((self.index == UNMOVED) | (self.index >= FIRST)) & ~self.pasted_over)

    @property
    def pasted_over(self) -> Mask:
        """(H, W): the pixels that come from pictures other than the photo."""
        numbers = [FIRST + i for i, piece in enumerate(self.pieces) if piece.picture is not None]
        return np.isin(self.index, numbers) if numbers else np.zeros(self.size, bool)

    @property
    def beneath(self) -> Origin:
        """The origin without what was pasted from other pictures: what is around that continues beneath it.

        Lines of a part reach a little beyond it. They count as drawn, but belong to it.
        """
        pasted = self.pasted_over
        if not pasted.any():
            return self
        others = self.index != DRAWN
        near = [_grown(mask, _RIM_PX) for mask in (pasted, others & ~pasted)]
        pasted |= ~others & near[0] & near[1]
        index = np.zeros_like(self.index) if pasted.all() else from_nearest_outside(self.index, pasted)
        return replace(self, index=index).compact()

    @property
    def without_pictures(self) -> Origin:
        """The origin with what was pasted from other pictures counting as drawn."""
        pasted = self.pasted_over
        return self._set(pasted, DRAWN) if pasted.any() else self

    @property
    def removed(self) -> Mask:
        """(H, W): where something was removed, or moved away from. What fills it must not come from there."""
        return np.asarray(self.index == REMOVED)

    @property
    def moves(self) -> bool:
        """Whether anything was moved or removed."""
        return bool((self.index >= REMOVED).any())

    @property
    def sources(self) -> list[int]:
        """The values in `index` that stand for a place of the photo."""
        values = [int(value) for value in np.unique(self.index) if value not in (DRAWN, REMOVED)]
        return [value for value in values if self.piece(value).picture is None]

    @property
    def pasted_values(self) -> list[int]:
        """The values in `index` that stand for a place of another picture."""
        used = [int(value) for value in np.unique(self.index) if value >= FIRST]
        return [value for value in used if self.piece(value).picture is not None]

    def piece(self, value: int) -> Piece:
        """The map of the pixels with a value of `sources` or `pasted_values`."""
        return Piece(transforms=()) if value == UNMOVED else self.pieces[value - FIRST]

    def places(self, mask: Mask) -> Float64[np.ndarray, "n 2"]:
        """The centres of some pixels, (x, y) in shares of width and height, row by row.

        Args:
            mask: (H, W), the pixels.
        """
        rows, columns = np.nonzero(mask)
        return np.stack([(columns + 0.5) / self.size[1], (rows + 0.5) / self.size[0]], axis=1)

    def drawn(self, mask: Mask) -> Origin:
        """The origin after something was drawn. What is drawn where something was removed guides what fills the place.

        Args:
            mask: (H, W), the pixels that changed.
        """
        return self._set(mask & ~self.removed, DRAWN)

    def emptied(self, mask: Mask) -> Origin:
        """The origin after something was removed.

        Args:
            mask: (H, W), the pixels that it covered.
        """
        return self._set(mask, REMOVED)

    def pasted(
        self, source: Origin, coords: Float[np.ndarray, "h w 2"], target: Mask, transform: Affine | Spline
    ) -> Origin:
        """The origin after a part of a drawing was pasted onto this one.

        Args:
            source: origin of the drawing that the part was cut from, of the same size.
            coords: (H, W, 2), the source (row, column) of each pixel.
            target: (H, W), the pixels to replace.
            transform: the map behind ``coords``.

        Raises:
            PrimitiveError: there would be too many pieces.
        """
        rows, columns = nearest_pixels(coords, source.size)
        cut = source.index[rows[target], columns[target]]
        pieces = list(self.pieces)
        numbers = np.arange(FIRST + len(source.pieces), dtype=np.int64)
        for value in np.unique(cut):
            if value in (DRAWN, REMOVED):
                continue
            moved = source.piece(int(value)).after(transform)
            if moved == Piece(transforms=()):
                numbers[value] = UNMOVED
                continue
            if moved not in pieces:
                pieces.append(moved)
            numbers[value] = FIRST + pieces.index(moved)
        if len(pieces) > MAX_PIECES:
            raise PrimitiveError(f"an edited drawing consists of at most {MAX_PIECES} pieces")
        index = self.index.copy()
        index[target] = numbers[cut]
        return replace(self, index=index, pieces=tuple(pieces)).compact()

    def extended(self, margins: Margins) -> Origin:
        """The origin on a larger canvas: what is beyond its borders counts as drawn.

        Args:
            margins: what to add.
        """
        index = np.pad(self.index, margins.padding(2), constant_values=DRAWN)
        pieces = tuple(piece.seen_from(_place(margins, self.size)) for piece in self.pieces)
        return Origin(index, pieces, self.margins.plus(margins))

    def on_canvas(self, points: Float64[np.ndarray, "n 2"]) -> Float64[np.ndarray, "n 2"]:
        """Places of the photo in the canvas around it, whatever was moved since.

        Args:
            points: (N, 2), (x, y) in shares of the photo's width and height.

        Returns:
            (N, 2), in shares of those of the canvas.
        """
        if not self.margins.any:
            return points
        return _place(self.margins, self.margins.within(self.size)).inverse(points)

    def shrunk(self, by: Margins) -> Origin:
        """The origin on a smaller canvas; the inverse of `extended`.

        Args:
            by: what to take away, no more than its margins.
        """
        if not by.any:
            return self
        place = _place(by, by.within(self.size)).inverse
        index = np.ascontiguousarray(self.index[by.photo(self.size)])
        pieces = tuple(piece.seen_from(place) for piece in self.pieces)
        return Origin(index, pieces, self.margins.minus(by)).compact()

    @property
    def of_photo(self) -> Origin:
        """The part of the canvas that the photo has, in shares of the photo."""
        return self.shrunk(self.margins)

    def compact(self) -> Origin:
        """The same origin without pieces that no pixel belongs to."""
        used = np.unique(self.index)
        used = used[used >= FIRST]
        if len(used) == len(self.pieces):
            return self
        numbers = np.arange(FIRST + len(self.pieces), dtype=np.uint16)
        numbers[used] = FIRST + np.arange(len(used))
        return replace(self, index=numbers[self.index], pieces=tuple(self.pieces[i - FIRST] for i in used))

    def resized(self, size: tuple[int, int]) -> Origin:
        """The origin at another size, each pixel that of the nearest one.

        Args:
            size: (height, width).
        """
        if size == self.size:
            return self
        rows, columns = (
            ((np.arange(new) + 0.5) * old / new).astype(int) for new, old in zip(size, self.size, strict=True)
        )
        margins = self.margins.scaled(self.size, size)
        return replace(self, index=self.index[np.ix_(rows, columns)], margins=margins).compact()

    def coords(self, photo_size: tuple[int, int]) -> Float32[np.ndarray, "h w 2"]:
        """Where the pixels come from.

        Args:
            photo_size: (height, width) of the photo.

        Returns:
            (H, W, 2), (y, x) in pixels of the photo, 0 at the centre of the first; NaN where it is not known.
        """
        out = np.full((*self.size, 2), np.nan, np.float32)
        for value in self.sources:
            where = self.index == value
            x, y = self.piece(value)(self.places(where)).T
            out[where] = np.stack([y * photo_size[0] - 0.5, x * photo_size[1] - 0.5], axis=1)
        return out

    def _set(self, mask: Mask, value: int) -> Origin:
        index = self.index.copy()
        index[mask] = value
        return replace(self, index=index).compact()
