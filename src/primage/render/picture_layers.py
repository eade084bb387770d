"""A result as a stack of layers: the photo, the patch that replaces a part of it, and the drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, UInt8
from scipy import ndimage

from primage.primitive.open_raster import TITLES
from primage.primitive.primitive import Primitive
from primage.render.photo_files import PhotoFile, Pixels

#: Pixels of a patch that equal the photo's by chance belong to it up to this distance from others.
_CLOSED_PX = 2

#: Top, left, bottom, right, in pixels; half open.
Box = tuple[int, int, int, int]
Place = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class PictureLayer:
    """A layer of a picture.

    Attributes:
        name: in ASCII.
        box: where it is.
        colours: returns its (H, W, 3) pixels, uint8 or uint16, which are computed when they are needed.
        opacity: returns (H, W), where it is opaque; None if it is opaque everywhere.
        visible: whether it is shown at first.
    """

    name: str
    box: Box
    colours: Callable[[], np.ndarray]
    opacity: Callable[[], Bool[np.ndarray, "h w"]] | None = None
    visible: bool = True


@dataclass(frozen=True, eq=False)
class LayeredPicture:
    """A picture and its layers. Shown together, the layers are the picture.

    Attributes:
        photo: the photo, whose profile and EXIF data describe the picture, too; never grey.
        merged: (H, W, 3), the picture.
        patch: the layer that replaces a part of the photo, which is below it.
        drawing: the layers of the drawing, from back to front; hidden.
        place: rows and columns of the photo in the picture; None for all.
    """

    photo: PhotoFile
    merged: Pixels
    patch: PictureLayer
    drawing: tuple[PictureLayer, ...]
    place: Place | None = None

    @property
    def original(self) -> PictureLayer:
        """The photo as a layer."""
        rows, columns = self.place or (slice(0, self.merged.shape[0]), slice(0, self.merged.shape[1]))
        box = rows.start, columns.start, rows.stop, columns.stop
        return PictureLayer("Original", box, lambda: self.photo.pixels)


def changed_pixels(picture: Pixels, photo: np.ndarray, place: Place | None = None) -> Bool[np.ndarray, "h w"]:
    """The pixels that an edit has replaced.

    Args:
        picture: the result.
        photo: (H, W, 3), the photo, of the same size and type.
        place: rows and columns of a photo that is smaller; None for all.

    Returns:
        (H, W): where they differ, and what is between such pixels.
    """
    changed = np.zeros(picture.shape[:2], bool)
    if place is not None:
        changed[:] = True
        changed[place] = changed_pixels(picture[place], photo)
        return changed
    for channel in range(3):
        changed |= picture[..., channel] != photo[..., channel]
    top, left, bottom, right = _box(changed)
    part = np.pad(changed[top:bottom, left:right], _CLOSED_PX)
    closed = ndimage.binary_closing(part, iterations=_CLOSED_PX)
    changed[top:bottom, left:right] = closed[_CLOSED_PX:-_CLOSED_PX, _CLOSED_PX:-_CLOSED_PX]
    return changed


def patch_alone(picture: Pixels, photo: np.ndarray, place: Place | None = None) -> np.ndarray:
    """The pixels that an edit has replaced, on a transparent canvas of the picture's size.

    Args:
        picture: the result.
        photo: (H, W, 3), the photo, of the same type.
        place: rows and columns of the photo in the picture; None for all.

    Returns:
        (H, W, 4), of the picture's type. Transparent pixels are black.
    """
    changed = changed_pixels(picture, photo, place)
    out = np.zeros((*changed.shape, 4), picture.dtype)
    out[..., :3][changed] = picture[changed]
    out[..., 3] = changed * np.iinfo(picture.dtype).max
    return out


def layered(
    photo: PhotoFile,
    picture: Pixels,
    drawing: Primitive,
    line_colour: tuple[int, int, int] = (0, 0, 0),
    place: Place | None = None,
) -> LayeredPicture:
    """Arrange a result in layers.

    Args:
        photo: the photo.
        picture: the result, in the photo's colour space and of its size.
        drawing: the edited drawing, of any size: it is enlarged to the picture's without new colours.
        line_colour: colour of its lines over labels.
        place: rows and columns of the photo in the picture; None for all.

    Returns:
        The layers. Those of a grey photo are in sRGB, so that the drawing can be in colour.
    """
    changed = changed_pixels(picture, photo.pixels, place)
    if photo.grey:
        picture = _srgb(picture, photo)
        photo = replace(photo, pixels=_srgb(photo.pixels, photo), profile=None, grey=False)
    box = _box(changed)
    part = np.s_[box[0] : box[2], box[1] : box[3]]
    patch = PictureLayer("Result", box, lambda: picture[part], lambda: changed[part])
    size = changed.shape[0], changed.shape[1]
    layers = tuple(_enlarged(*content, size, photo) for content in drawing_layers(drawing, line_colour))
    return LayeredPicture(photo, picture, patch, layers, place)


def drawing_layers(
    drawing: Primitive, line_colour: tuple[int, int, int]
) -> list[tuple[str, UInt8[np.ndarray, "h w 3"], Bool[np.ndarray, "h w"]]]:
    """The layers of a drawing.

    Args:
        drawing: the drawing.
        line_colour: colour of its lines over labels.

    Returns:
        From back to front: name, colours, and where they cover what is below.
    """
    out = []
    for layer, data in drawing:
        black, white = (
            layer.draw(data, np.full((*drawing.size, 3), value, np.uint8), line_colour) for value in (0, 255)
        )
        out.append((TITLES.get(layer.name, layer.name), black, (black == white).all(axis=2)))
    return out


def _enlarged(
    name: str,
    colours: UInt8[np.ndarray, "h w 3"],
    opaque: Bool[np.ndarray, "h w"],
    size: tuple[int, int],
    photo: PhotoFile,
) -> PictureLayer:
    """A layer of the drawing, enlarged."""
    small = photo.from_srgb(colours)
    at = np.ix_(*(((np.arange(n) + 0.5) * m / n).astype(int) for n, m in zip(size, opaque.shape, strict=True)))
    opacity = None if opaque.all() else lambda: opaque[at]
    return PictureLayer(name, (0, 0, *size), lambda: small[at], opacity, visible=False)


def _srgb(pixels: Pixels, photo: PhotoFile) -> Pixels:
    """Convert the pixels of a grey photo to sRGB, by the curve of its profile."""
    levels = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    curve = photo.to_srgb(levels)[0, :, 0]
    limit = np.iinfo(pixels.dtype).max
    table = np.interp(np.linspace(0, 255, limit + 1), np.arange(256), curve) * (limit / 255)
    return np.asarray(np.rint(table).astype(pixels.dtype)[pixels])


def _box(mask: Bool[np.ndarray, "h w"]) -> Box:
    """Around all true pixels; a single pixel if there are none."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return 0, 0, 1, 1
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1
