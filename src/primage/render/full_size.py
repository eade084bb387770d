"""A result of the working size, painted at the photo's own size: any window of it, or the whole, tile by tile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from primage.origin.plane import DRAWN, FIRST, REMOVED, UNMOVED, Origin
from primage.origin.sampling import piece_colours
from primage.origin.transforms import Piece
from primage.render.outlines import Outline, Points, Source, outline
from primage.render.pasted import Pasted
from primage.render.upsampling import Copies, copied_colours, copies, enlarged, resized
from primage.synthesis.light import lit

#: Side of the tiles. The studio's editor asks for these: parts of them may differ from the whole by a grey level.
TILE_PX = 256
#: What fills the place of something that was removed reaches this much further, in pixels of the photo, so that nothing
#: of its border is left.
_GROW_PX = 1.5
#: Pieces continue this far, in working-size pixels, beneath those before them.
_BENEATH_PX = 2
#: Weights below this are 0.
_LEAST = 1e-3

#: A part of the picture: its rows and columns.
Window = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class WorkingResult:
    """A result at the working size.

    Attributes:
        image: (H, W, 3), the picture, before it is blended with the photo.
        weight: (H, W) in [0, 1], where it replaces the photo. With an origin: where it replaces pixels that are where
            they were in the photo.
        field: (H, W, 2), (y, x) of the source of each pixel in the photo at working size, in pixels; None if nothing
            was copied.
        synthesised: (H, W), pixels that were synthesised from patches; None for none.
        confidence: (H, W) in [0, 1], share of the copy in other pixels, the rest being the network's own; None for 1.
        origin: where pixels were moved from; None if it is not known.
        light: (H, W, 3), the gain of the pieces (`primage.synthesis.light`); None for none.
        pasted: parts of other pictures, in the colours of the photo; the origin says what is beneath them.
    """

    image: UInt8[np.ndarray, "h w 3"]
    weight: Float32[np.ndarray, "h w"]
    field: Float32[np.ndarray, "h w 2"] | None = None
    synthesised: Bool[np.ndarray, "h w"] | None = None
    confidence: Float32[np.ndarray, "h w"] | None = None
    origin: Origin | None = None
    light: Float32[np.ndarray, "h w 3"] | None = None
    pasted: tuple[Pasted, ...] = ()


class Shrunk:
    """A photo at the working size: computed when it is first needed, once for all results on the photo.

    Args:
        photo: (H, W, 3), at full size.
    """

    def __init__(self, photo: np.ndarray) -> None:
        self._photo = photo
        self._small: Float32[np.ndarray, "h w 3"] | None = None

    def to(self, size: tuple[int, int]) -> Float32[np.ndarray, "h w 3"]:
        """The photo at another size, in its own units.

        Args:
            size: (height, width).
        """
        if self._small is None or self._small.shape[:2] != size:
            self._small = resized(self._photo, size)
        return self._small


@dataclass(frozen=True, eq=False)
class FullSize:
    """A result at the size of the photo. What was not edited is the photo itself; nothing is computed in advance.

    Attributes:
        photo: (H, W, 3) uint8 or uint16, at full size, in any RGB space.
        result: the result. Its image is in the photo's space, 8 bits.
        shrunk: the photo at the working size, to share it with other results; None for one of its own.
    """

    photo: np.ndarray
    result: WorkingResult
    shrunk: Shrunk | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(height, width)."""
        return self.photo.shape[0], self.photo.shape[1]

    def window(self, window: Window) -> np.ndarray:
        """Paint a part of the picture.

        Args:
            window: rows and columns, within the picture.

        Returns:
            (h, w, 3), of the photo's type.
        """
        rows, columns = window
        out = np.array(self.photo[rows, columns])
        for part in self._tiles(window):
            if self._changes(part):
                place = tuple(slice(s.start - w.start, s.stop - w.start) for s, w in zip(part, window, strict=True))
                out[place] = self._painted(part)
        return out

    def picture(self) -> np.ndarray:
        """Paint the whole picture, (H, W, 3) of the photo's type."""
        height, width = self.size
        return self.window((slice(0, height), slice(0, width)))

    def with_result(self, result: WorkingResult) -> FullSize:
        """Another result on the same photo; what depends on the photo alone is not computed again.

        Args:
            result: the result.
        """
        return FullSize(self.photo, result, self._shrunk)

    @property
    def changed(self) -> list[Window]:
        """The tiles in which anything may differ from the photo."""
        height, width = self.size
        return [tile for tile in self._tiles((slice(0, height), slice(0, width))) if self._changes(tile)]

    @cached_property
    def _scale(self) -> np.ndarray:
        return np.asarray(np.array(self.size) / np.array(self.result.image.shape[:2]))

    @property
    def _unit(self) -> np.float32:
        """A grey level of 8 bits in the photo's units."""
        return np.float32(np.iinfo(self.photo.dtype).max / 255)

    @cached_property
    def _filled(self) -> Bool[np.ndarray, "h w"] | None:
        """What was matched or synthesised, with an origin: what comes from nowhere."""
        origin = self.result.origin
        if origin is None:
            return None
        replaced = self.result.weight > 0.5
        if self.result.synthesised is not None:
            replaced |= self.result.synthesised
        out = (origin.index == DRAWN) | (origin.index == REMOVED) | (replaced & (origin.index == UNMOVED))
        return np.asarray(out)

    @cached_property
    def _near(self) -> np.ndarray | None:
        """For each pixel, the nearest one that was matched or synthesised: it continues beneath what covers it."""
        if self._filled is None or not self._filled.any():
            return None
        found = ndimage.distance_transform_edt(~self._filled, return_distances=False, return_indices=True)
        return np.asarray(found)

    @cached_property
    def _image(self) -> Float32[np.ndarray, "h w 3"]:
        image = self.result.image.astype(np.float32) * self._unit
        return image if self._near is None else image[self._near[0], self._near[1]]

    @cached_property
    def _confidence(self) -> Float32[np.ndarray, "h w"] | None:
        confidence = self.result.confidence
        if confidence is None:
            return None
        if self.result.synthesised is not None:
            confidence = np.where(self.result.synthesised, np.float32(1), confidence)
        return confidence if self._near is None else confidence[self._near[0], self._near[1]]

    @cached_property
    def _shrunk(self) -> Shrunk:
        return Shrunk(self.photo) if self.shrunk is None else self.shrunk

    @cached_property
    def _copies(self) -> Copies | None:
        field, part = self.result.field, self._filled
        if field is None or (part is not None and not part.any()):
            return None
        if part is None and self.size == self.result.image.shape[:2]:
            return None  # the picture itself has all detail
        small = self._shrunk.to(self.result.image.shape[:2])
        return copies(self.result.image.astype(np.float32) * self._unit, field, small, part)

    @cached_property
    def _hole(self) -> Outline | None:
        """The outline of what was matched or synthesised, continued beneath the pieces."""
        filled, origin = self._filled, self.result.origin
        if filled is None or origin is None or not filled.any():
            return None
        still = origin.index < FIRST
        near = ndimage.distance_transform_edt(~still, return_distances=False, return_indices=True)
        return outline(filled[near[0], near[1]], self.photo, lambda places: places, self.size)

    @cached_property
    def _pieces(self) -> list[tuple[Piece, Outline, Float32[np.ndarray, "h w 3"] | None]]:
        """The pieces, from back to front, and their gains."""
        origin = self.result.origin
        if origin is None:
            return []
        found = []
        for number, piece in enumerate(origin.pieces, start=FIRST):
            mask = origin.index == number
            # It continues a little beneath the pieces before it, so that nothing shows between them.
            mask |= ndimage.binary_dilation(mask, iterations=_BENEATH_PX) & (origin.index > number)
            border = outline(mask, self.photo, self._source(piece), self.size)
            found.append((piece, border, self._light(origin.index == number)))
        return found

    def _light(self, piece: Bool[np.ndarray, "h w"]) -> Float32[np.ndarray, "h w 3"] | None:
        """The gain of a piece, continued beyond its outline; None for none."""
        light = self.result.light
        if light is None or not light[piece].any():
            return None
        near = ndimage.distance_transform_edt(~piece, return_distances=False, return_indices=True)
        return np.asarray(light[near[0], near[1]])

    def _source(self, piece: Piece) -> Source:
        size = np.array(self.size)

        def source(places: Points) -> Points:
            return np.asarray(piece(((places + 0.5) / size)[:, ::-1])[:, ::-1] * size - 0.5)

        return source

    @cached_property
    def _touched(self) -> Bool[np.ndarray, "h w"]:
        """(H, W) at the working size: where the picture may differ from the photo."""
        origin, filled = self.result.origin, self._filled
        changed = self.result.weight > 0
        if origin is not None and filled is not None:
            changed = filled | (origin.index >= FIRST)
        for part in self.result.pasted:
            changed = changed | part.covered
        # Outlines are looked for in a band around the drawing's, and edges have a width.
        return np.asarray(ndimage.binary_dilation(changed, np.ones((3, 3), bool), iterations=3))

    def _tiles(self, window: Window) -> Iterator[Window]:
        """The tiles of a window, on a grid that does not depend on it."""
        starts = [range(part.start // TILE_PX * TILE_PX, part.stop, TILE_PX) for part in window]
        for top in starts[0]:
            for left in starts[1]:
                yield tuple(  # type: ignore[misc]
                    slice(max(first, part.start), min(first + TILE_PX, part.stop))
                    for first, part in zip((top, left), window, strict=True)
                )

    def _changes(self, tile: Window) -> bool:
        box = tuple(
            slice(int(part.start / scale), int(np.ceil(part.stop / scale)))
            for part, scale in zip(tile, self._scale, strict=True)
        )
        return bool(self._touched[box].any())

    def _painted(self, tile: Window) -> np.ndarray:
        """A tile: the photo, over it what was matched or synthesised, over that the pieces, then other pictures."""
        rows, columns = tile
        photo = self.photo[rows, columns]
        out = photo.astype(np.float32)
        changed = np.zeros(photo.shape[:2], bool)
        corner = np.array([rows.start, columns.start])

        def put(shares: np.ndarray, at: np.ndarray, colours: np.ndarray) -> None:
            out[at[:, 0], at[:, 1]] += shares[:, None] * (colours - out[at[:, 0], at[:, 1]])
            changed[at[:, 0], at[:, 1]] = True

        weight = self._weight(tile)
        at = np.argwhere(weight > _LEAST)
        if len(at):
            put(weight[at[:, 0], at[:, 1]], at, self._fill(at + corner))
        for piece, border, light in self._pieces:
            cover = border.cover(rows, columns)
            at = np.argwhere(cover.alpha > _LEAST)
            if not len(at):
                continue
            beside = cover.shift[at[:, 0], at[:, 1]].any(axis=1)
            for part in (at[~beside], at[beside]):  # what is at whole pixels stays there
                shares = (part + corner + cover.shift[part[:, 0], part[:, 1]] + 0.5) / np.array(self.size)
                colours = piece_colours(self.photo, piece, shares[:, ::-1], self.size)
                if light is not None:
                    colours = lit(colours, enlarged(light, part + corner, self.size), float(self._unit))
                put(cover.alpha[part[:, 0], part[:, 1]], part, colours)
        for pasted in self.result.pasted:
            at, opacity, colours = pasted.tile(tile, self.size, float(self._unit))
            put(opacity, at, colours)
        limit = np.iinfo(self.photo.dtype).max
        painted = np.rint(out).clip(0, limit).astype(self.photo.dtype)
        return np.where(changed[..., None], painted, photo)

    def _weight(self, tile: Window) -> Float32[np.ndarray, "h w"]:
        rows, columns = tile
        if self.result.origin is not None:
            if self._hole is None:
                return np.zeros((rows.stop - rows.start, columns.stop - columns.start), np.float32)
            return self._hole.cover(rows, columns, _GROW_PX).alpha
        y, x = (
            (np.arange(part.start, part.stop) + 0.5) / scale - 0.5
            for part, scale in zip(tile, self._scale, strict=True)
        )
        return _bilinear(self.result.weight, y, x)

    def _fill(self, pixels: np.ndarray) -> Float32[np.ndarray, "n 3"]:
        """Colours of pixels that were matched, synthesised or painted by the network."""
        if self._copies is None:
            return enlarged(self._image, pixels, self.size)
        copied = copied_colours(self.photo, self._copies, pixels)
        if self._confidence is None:
            return copied
        three = np.repeat(self._confidence[..., None], 3, axis=2)
        share = enlarged(three, pixels, self.size).clip(0, 1)
        return np.asarray(share * copied + (1 - share) * enlarged(self._image, pixels, self.size), np.float32)


def rendered_window(photo: np.ndarray, result: WorkingResult, window: Window) -> np.ndarray:
    """Paint a part of a result at the photo's size; keep a `FullSize` to paint several.

    Args:
        photo: (H, W, 3) uint8 or uint16, at full size.
        result: the result at the working size.
        window: rows and columns.

    Returns:
        (h, w, 3), of the photo's type; where nothing was edited, the photo's own values.
    """
    return FullSize(photo, result).window(window)


def _bilinear(array: Float32[np.ndarray, "h w"], y: np.ndarray, x: np.ndarray) -> Float32[np.ndarray, "h2 w2"]:
    """Interpolate an array at a grid of places; 0 stays exactly 0."""
    out = array
    for axis, places in ((0, y), (1, x)):
        at = np.clip(places, 0, array.shape[axis] - 1)
        low = np.minimum(at.astype(int), max(array.shape[axis] - 2, 0))
        high = np.minimum(low + 1, array.shape[axis] - 1)
        shape = [1, 1]
        shape[axis] = -1
        share = (at - low).astype(np.float32).reshape(shape)
        out = np.take(out, low, axis) * (1 - share) + np.take(out, high, axis) * share
    return np.asarray(out, np.float32)
