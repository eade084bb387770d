"""OpenRaster files: a zip file of PNG pictures and a list of the layers.

Source:
    OpenRaster specification 0.0.5, https://www.openraster.org.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from primage.primitive.primitive import Primitive, draw
from primage.render.photo_files import PhotoFile, encode_photo
from primage.render.picture_layers import Box, LayeredPicture, PictureLayer, drawing_layers
from primage.seal import BLANK

_MIMETYPE = "image/openraster"
#: Longest side of the thumbnail.
_THUMBNAIL_PX = 256
#: Times of the zip file's members: they never change, so that equal pictures are equal files.
_DATE = (1980, 1, 1, 0, 0, 0)


def write_open_raster(path: Path, picture: LayeredPicture, text: dict[str, str] | None = None) -> None:
    """Write a picture with its layers as an OpenRaster file.

    The patch is a transparent layer of its own size. A hidden layer shows it as a mask. Each picture has the profile.

    Args:
        path: the file; not atomically.
        picture: the picture. 16 bits are kept.
        text: stored in the merged picture; the place for the seal is the zip file's comment.

    Raises:
        OSError: the file cannot be written.
    """
    mask = PictureLayer("Mask", picture.patch.box, lambda: _white(_opaque(picture.patch)), visible=False)
    layers = (*reversed(picture.drawing), mask, picture.patch, picture.original)
    _write(path, layers, picture.merged, picture.photo, text)


def write_drawing(
    path: Path,
    drawing: Primitive,
    photo: UInt8[np.ndarray, "h w 3"],
    line_colour: tuple[int, int, int] = (0, 0, 0),
) -> None:
    """Write a drawing with its layers as an OpenRaster file, to be edited and read again.

    Args:
        path: the file; not atomically. The place for its seal is the zip file's comment.
        drawing: the drawing. Its lines lie over its labels; lines alone lie on white.
        photo: the photo, of the same size: a hidden layer on top, to trace.
        line_colour: colour of lines over labels.

    Raises:
        OSError: the file cannot be written.
    """
    box = (0, 0, *drawing.size)
    layers = [PictureLayer("Photo", box, lambda: photo, visible=False)]
    for name, colours, opaque in reversed(drawing_layers(drawing, line_colour)):
        layers.append(_layer(name, box, colours, opaque))
    if layers[-1].opacity is not None:
        layers.append(PictureLayer("Paper", box, lambda: np.full((*drawing.size, 3), 255, np.uint8)))
    merged = draw(drawing, line_colour)
    _write(path, layers, merged, PhotoFile(merged), None)


def _layer(name: str, box: Box, colours: np.ndarray, opaque: np.ndarray) -> PictureLayer:
    return PictureLayer(name, box, lambda: colours, None if opaque.all() else lambda: opaque)


def _write(
    path: Path, layers: Sequence[PictureLayer], merged: np.ndarray, photo: PhotoFile, text: dict[str, str] | None
) -> None:
    """Write layers, from front to back."""
    height, width = merged.shape[:2]
    image = ElementTree.Element("image", {"version": "0.0.5", "w": str(width), "h": str(height)})
    stack = ElementTree.SubElement(image, "stack")
    for number, layer in enumerate(layers):
        attributes = {"name": layer.name, "src": _source(number), "x": str(layer.box[1]), "y": str(layer.box[0])}
        attributes |= {"opacity": "1.0", "composite-op": "svg:src-over"}
        attributes["visibility"] = "visible" if layer.visible else "hidden"
        ElementTree.SubElement(stack, "layer", attributes)
    plain = PhotoFile(photo.pixels, photo.profile)
    with zipfile.ZipFile(path, "w") as file:  # nothing is compressed again
        file.comment = "".join(BLANK.values()).encode()
        _add(file, "mimetype", _MIMETYPE.encode())
        _add(file, "stack.xml", ElementTree.tostring(image, "UTF-8", xml_declaration=True))
        for number, layer in enumerate(layers):
            _add(file, _source(number), encode_photo(_pixels(layer), plain))
        _add(file, "mergedimage.png", encode_photo(merged, photo, text))
        _add(file, "Thumbnails/thumbnail.png", _thumbnail(merged, photo))


def _source(number: int) -> str:
    return f"data/layer{number}.png"


def _add(file: zipfile.ZipFile, name: str, data: bytes) -> None:
    file.writestr(zipfile.ZipInfo(name, _DATE), data)


def _pixels(layer: PictureLayer) -> np.ndarray:
    colours = layer.colours()
    if layer.opacity is None:
        return colours
    opacity = layer.opacity() * np.array(np.iinfo(colours.dtype).max, colours.dtype)
    return np.dstack([colours, opacity])


def _opaque(layer: PictureLayer) -> np.ndarray:
    assert layer.opacity is not None
    return layer.opacity()


def _white(mask: np.ndarray) -> np.ndarray:
    return np.repeat((mask * np.uint8(255))[..., None], 3, axis=2)


def _thumbnail(pixels: np.ndarray, photo: PhotoFile) -> bytes:
    step = max(1, min(pixels.shape[:2]) // (2 * _THUMBNAIL_PX))
    image = Image.fromarray(photo.to_srgb(pixels[::step, ::step]))
    image.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
