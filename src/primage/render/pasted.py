"""Parts of other pictures in a result: painted last, with the pixels and the opacity of the pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from scipy import ndimage

from primage.origin.pictures import Picture
from primage.origin.plane import UNMOVED, Origin
from primage.origin.transforms import Piece
from primage.render.outlines import Outline, Points, outline
from primage.render.upsampling import enlarged
from primage.synthesis.light import lit, pasted_light

#: A drawing has whole pixels. This far around a part, in its pixels, the picture's own opacity says where it ends.
_BORDER_PX = 2
#: Opacities below and above these are none and full.
_LEAST, _FULL = 1e-3, 0.999
_BINOMIAL = np.array([1, 2, 1]) / 4
_EIGHT = np.ones((3, 3), bool)

#: A part of the picture: its rows and columns.
Window = tuple[slice, slice]
#: Pixels of a window, (y, x), with their opacity and colours.
Painted = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Pasted:
    """A part of a drawing that comes from another picture than the photo.

    Attributes:
        picture: the picture, in the colours of the result.
        piece: where its pixels come from.
        mask: (H, W), the pixels of the drawing that are the part's.
        covered: (H, W), these and those around them that it covers in part.
        light: (H, W, 3), the gain that fits it to its place; None for none.
    """

    picture: Picture
    piece: Piece
    mask: Bool[np.ndarray, "h w"]
    covered: Bool[np.ndarray, "h w"]
    light: Float32[np.ndarray, "h w 3"] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the drawing."""
        return self.mask.shape[0], self.mask.shape[1]

    def fitted(self, image: UInt8[np.ndarray, "h w 3"]) -> Pasted:
        """The part with the light of its place.

        Args:
            image: the result without it, at the size of the drawing.
        """
        gain = pasted_light(self.picture, self.piece, image, self.mask)
        if not gain.any():
            return self
        near = ndimage.distance_transform_edt(~self.mask, return_distances=False, return_indices=True)
        return replace(self, light=gain[near[0], near[1]])

    def in_colours(self, convert: Callable[[UInt8[np.ndarray, "h w 3"]], UInt8[np.ndarray, "h w 3"]]) -> Pasted:
        """The part in another colour space.

        Args:
            convert: from sRGB.
        """
        before = self.picture.colours
        if (colours := convert(before)) is before:
            return self
        pixels = np.concatenate([colours, self.picture.pixels[..., 3:]], axis=2)
        return replace(self, picture=Picture(pixels))

    def small(self) -> Painted:
        """The part at the size of the drawing."""
        share = self.covered.astype(np.float32)
        for axis in (0, 1):
            share = ndimage.convolve1d(share, _BINOMIAL, axis=axis, mode="nearest")
        at = np.argwhere(share > _LEAST)
        colours, opacity = self._at(at, self.size)
        if self.light is not None:
            colours = lit(colours, self.light[at[:, 0], at[:, 1]])
        return at, opacity * share[at[:, 0], at[:, 1]], colours

    def tile(self, window: Window, size: tuple[int, int], unit: float) -> Painted:
        """The part in a window of the result at another size.

        Args:
            window: rows and columns.
            size: (height, width) of the result.
            unit: a grey level of 8 bits in the result's units.
        """
        cover = self._outline(size).cover(*window)
        at = np.argwhere(cover.alpha > _LEAST)
        if not len(at):
            return at, np.zeros(0, np.float32), np.zeros((0, 3), np.float32)
        corner = np.array([part.start for part in window])
        colours, opacity = self._at(at + corner, size)
        shift = cover.shift[at[:, 0], at[:, 1]]
        beside = shift.any(axis=1)
        if beside.any():  # where it was cut out of the picture, colours are mixed with what is beside it there
            colours[beside] = self._at(at[beside] + corner + shift[beside], size)[0]
        if self.light is not None:
            colours = lit(colours, enlarged(self.light, at + corner, size))
        return at, opacity * cover.alpha[at[:, 0], at[:, 1]], colours * np.float32(unit)

    def _at(self, pixels: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        points = ((pixels + 0.5) / np.array(size))[:, ::-1]
        return self.picture.at(self.piece, points, size)

    @cached_property
    def _outlines(self) -> dict[tuple[int, int], Outline]:
        return {}

    def _outline(self, size: tuple[int, int]) -> Outline:
        if size not in self._outlines:
            shape = np.array(self.picture.pixels.shape[:2])

            def source(places: Points) -> Points:
                return np.asarray(self.piece(((places + 0.5) / np.array(size))[:, ::-1])[:, ::-1] * shape - 0.5)

            self._outlines[size] = outline(self.covered, self.picture.colours, source, size)
        return self._outlines[size]


def pasted_parts(origin: Origin, pictures: Mapping[str, Picture]) -> tuple[Pasted, ...]:
    """The parts of a drawing that come from pictures.

    Args:
        origin: of the drawing.
        pictures: by id; parts of others are left out.
    """
    found = []
    for value in origin.pasted_values:
        piece = origin.piece(value)
        picture = pictures.get(piece.picture or "")
        if picture is not None:
            mask = origin.index == value
            found.append(Pasted(picture, piece, mask, _covered(origin, mask, piece, picture)))
    return tuple(found)


def with_parts(image: UInt8[np.ndarray, "h w 3"], parts: Iterable[Pasted]) -> UInt8[np.ndarray, "h w 3"]:
    """A result with parts of other pictures.

    Args:
        image: the result without them, at the size of the drawing.
        parts: the parts.
    """
    out = image
    for part in parts:
        at, opacity, colours = part.small()
        out = out.copy()
        below = out[at[:, 0], at[:, 1]]
        out[at[:, 0], at[:, 1]] = np.rint(below + opacity[:, None] * (colours - below)).clip(0, 255)
    return out


def _covered(origin: Origin, mask: Bool[np.ndarray, "h w"], piece: Piece, picture: Picture) -> Bool[np.ndarray, "h w"]:
    """The pixels of a part, and those that it covers in part: soft shadows, and its border."""
    _, opacity = picture.at(piece, origin.places(np.ones(mask.shape, bool)), origin.size)
    share = opacity.reshape(mask.shape)
    soft = (share > _LEAST) & (share < _FULL) & (origin.index == UNMOVED)
    grown = ndimage.binary_propagation(mask, _EIGHT, mask=mask | soft)
    border = ndimage.binary_dilation(grown, _EIGHT, iterations=_BORDER_PX) & (share < _FULL)
    return np.asarray(grown | border)
